"""Errors counted by their texts: what differs is masked, what tells them apart stays."""

from __future__ import annotations

import pytest

from mentor_common.operating.error_pattern import contains, error_pattern


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (
            "gave_up: TransientError: [Errno 28] No space left on device",
            "gave_up: TransientError: [Errno <n>] No space left on device",
        ),
        (
            "no videos/5ee0000000000000000000b1/7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8/web.mp4",
            "no videos/<id>/<id>/web.mp4",
        ),
        ("7A0CB5E5-91AB-53C9-BF6E-2E34B3F95DD8 is gone", "<id> is gone"),
        ("etag 9b2cf535f27731c974343645a3985328", "etag <id>"),
        ("token 0x7f17a0bb3910 at 0xdeadbeef1", "token <id> at <id>"),
        ("deadbeef and facade are words", "deadbeef and facade are words"),
        ("after 3 tries in 12.5 s, exit -9", "after <n> tries in <n> s, exit -<n>"),
        ("1,024 of 2048 bytes; 40 %", "<n> of <n> bytes; <n> %"),
        ("since 2026-01-05T12:00:00.123+00:00", "since <time>"),
        ("until 2026-01-05 12:00 it waits", "until <time> it waits"),
        ("10.0.12.7:8080 refused; 10.0.12.7 too", "<address> refused; <address> too"),
        (
            "GET https://cms.example.org/graphql?id=7: read timed out",
            "GET <url> read timed out",
        ),
        ("H264 at mp4a.40.2", "H264 at mp4a.<n>"),
        ("two\n  lines\tof it", "two lines of it"),
        ("Überlänge: 7 µs", "Überlänge: <n> µs"),
        ("", ""),
    ],
)
def test_what_differs_is_masked(text: str, pattern: str) -> None:
    assert error_pattern(text) == pattern
    assert error_pattern(pattern) == pattern, "a pattern is its own"


def test_a_long_text_is_cut_and_still_found_by_its_pattern() -> None:
    text = "ffmpeg said " + "x" * 1000
    pattern = error_pattern(text)
    assert (len(pattern), pattern[-1]) == (300, "…")
    assert contains(pattern, text)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("no space", True),
        ("NO SPACE left", True),
        ("Errno 28", True),
        ("Errno <n>", True),
        ("Errno 29", False),
        ("No  space", True),
        ("", True),
    ],
)
def test_a_text_is_found_by_a_part_of_it_or_of_its_pattern(sought: str, found: bool) -> None:
    assert contains(sought, "TransientError: [Errno 28] No space left on device") is found

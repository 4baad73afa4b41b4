"""Captions as GraphQL holds them: their tag is their language."""

from __future__ import annotations

import pytest

from mentor_common.jobs import captions_medium


@pytest.mark.parametrize(
    ("url", "tag"),
    [
        ("videos/m/q/u/1/en.vtt", "en"),
        ("videos/m/q/u/1/es.vtt", "es"),
        ("https://static.example/videos/m/q/u/1/yue.vtt?v=2#t", "yue"),
        ("videos/m/q/captions/20260105/en.vtt", "en"),
        ("https://elsewhere.example/answer.vtt", "en"),
        ("", "en"),
    ],
)
def test_captions_are_tagged_by_the_language_that_names_their_file(url: str, tag: str) -> None:
    assert captions_medium(url) == {"type": "subtitles", "tag": tag, "url": url}

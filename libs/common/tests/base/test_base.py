"""Settings, redaction, backoff, breakers and scratch space."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mentor_common.consumer import ReleaseBreaker, backoff
from mentor_common.settings import GraphQLSettings, describe, load
from mentor_common.telemetry.logs import redact, redact_text
from mentor_common.workdir import scratch

if TYPE_CHECKING:
    from pathlib import Path

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IngifQ.c2lnbmF0dXJl"


def test_a_missing_setting_ends_the_process_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GRAPHQL_ENDPOINT", raising=False)
    monkeypatch.setenv("API_SECRET", "very-secret")
    with pytest.raises(SystemExit) as ended:
        load(GraphQLSettings)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "GRAPHQL_ENDPOINT" in said
    assert "very-secret" not in said


def test_settings_are_printed_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_ENDPOINT", "http://localhost/graphql")
    monkeypatch.setenv("API_SECRET", "very-secret")
    shown = describe(load(GraphQLSettings))
    assert "http://localhost/graphql" in shown
    assert "very-secret" not in shown


@pytest.mark.parametrize(
    "text",
    [
        f"token {JWT} refused",
        f"Authorization: bearer {JWT}",
        "https://s3/x?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=deadbeef",
        "https://s3/x?AWSAccessKeyId=AKIAEXAMPLE&Signature=deadbeef",
    ],
)
def test_secrets_in_text_are_starred_out(text: str) -> None:
    clean = redact_text(text)
    assert JWT not in clean
    assert "deadbeef" not in clean
    assert "AKIA" not in clean


def test_secrets_deep_in_an_event_are_starred_out() -> None:
    event = {"a": [{"Authorization": "x y"}], "api_secret": "s", "note": f"see {JWT}", "n": 1}
    clean = redact(None, "info", event)
    assert clean == {"a": [{"Authorization": "[secret]"}], "api_secret": "[secret]"} | {
        "note": "see [jwt]",
        "n": 1,
    }


def test_backoff_grows_and_stays_under_its_cap() -> None:
    drawn = [backoff(n, base=5, cap=60) for n in range(1, 40) for _ in range(20)]
    assert all(1 <= seconds <= 60 for seconds in drawn)
    assert max(backoff(1, 5, 60) for _ in range(200)) <= 10


def test_a_release_that_fails_for_three_mentors_is_stopped() -> None:
    breaker = ReleaseBreaker()
    for number in range(20):
        breaker.record(f"mentor{number % 3}", failed=True)
    assert breaker.is_open
    breaker.record("mentor0", failed=False)
    assert not breaker.is_open


def test_junk_of_one_mentor_stops_nobody() -> None:
    breaker = ReleaseBreaker()
    for _ in range(50):
        breaker.record("mentor", failed=True)
    assert not breaker.is_open


def test_scratch_of_a_killed_process_is_removed_and_a_living_ones_kept(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from mentor_common.workdir import scratch\n"
        f"with scratch(pathlib.Path({str(tmp_path)!r})) as own:\n"
        "    print(own, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        theirs = tmp_path / process.stdout.readline().strip()
        with scratch(tmp_path) as mine:
            assert theirs.is_dir(), "a living process's scratch is left alone"
            assert mine.is_dir()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert theirs.is_dir()
    with scratch(tmp_path):
        assert not theirs.exists()

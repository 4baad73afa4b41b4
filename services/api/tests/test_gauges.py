"""The gauges of the queues show what the estimates say, and the log who waits for long."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from mentor_api.uploads.gauges import Gauges, WaitingLog
from mentor_common.clock import ManualClock
from mentor_common.explain import QueueEstimate
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    import pytest

    from mentor_common.events import TaskKind


class Estimates:
    """A backlog of the test's."""

    def __init__(self, **estimates: QueueEstimate | None) -> None:
        self._estimates = estimates

    def estimate(self, kind: TaskKind) -> QueueEstimate | None:
        return self._estimates[kind]


def shown(name: str, task: str) -> float:
    value = REGISTRY.get_sample_value(f"mentor_upload_{name}", {"task": task})
    assert value is not None
    return value


def run(**estimates: Any) -> None:
    metrics.exposition()  # somebody scrapes
    backlog: Any = Estimates(**estimates)
    Gauges(backlog, ManualClock(1000.0)).run()


def test_who_waits_and_who_works_is_shown() -> None:
    run(
        transcode=QueueEstimate((900.0, 990.0), working=3, waiting_since=940.0),
        transcribe=QueueEstimate(),
    )
    assert (shown("uploads_waiting", "transcode"), shown("uploads_working", "transcode")) == (2, 3)
    assert shown("oldest_waiting_seconds", "transcode") == 60
    assert shown("uploads_waiting", "transcribe") == 0
    assert shown("oldest_waiting_seconds", "transcribe") == 0


def test_what_cannot_be_read_is_no_number() -> None:
    run(transcode=QueueEstimate((940.0,)), transcribe=None)
    assert isnan(shown("uploads_waiting", "transcribe"))
    assert isnan(shown("oldest_waiting_seconds", "transcribe"))
    assert shown("uploads_waiting", "transcode") == 1


def test_nothing_is_read_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    run(transcode=QueueEstimate((940.0,)), transcribe=QueueEstimate())
    monkeypatch.setattr(metrics, "scraped_within", lambda _seconds: False)
    nothing: Any = Estimates()
    Gauges(nothing, ManualClock(1000.0)).run()
    assert isnan(shown("uploads_waiting", "transcode"))
    assert isnan(shown("uploads_working", "transcribe"))


def test_the_log_says_who_waits_for_a_minute_and_whoever_scrapes() -> None:
    backlog: Any = Estimates(
        transcode=QueueEstimate((100.0, 940.0), waiting_since=940.0),
        transcribe=QueueEstimate((941.0,), waiting_since=941.0),
    )
    with capture_logs() as lines:
        WaitingLog(backlog, ManualClock(1000.0)).run()
    said = {"event": "uploads wait", "task": "transcode", "uploads": 2, "oldest_seconds": 60}
    assert lines == [{**said, "log_level": "info"}]


def test_the_log_says_nothing_of_what_cannot_be_read() -> None:
    backlog: Any = Estimates(transcode=None, transcribe=QueueEstimate())
    with capture_logs() as lines:
        WaitingLog(backlog, ManualClock(1000.0)).run()
    assert lines == []

"""The gauges of the lines say what the lines say."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from prometheus_client import REGISTRY

from mentor_api.uploads.gauges import Gauges
from mentor_common.clock import ManualClock
from mentor_common.explain.queue_estimate import Line

if TYPE_CHECKING:
    from mentor_common.events import TaskKind


class Lines:
    """A backlog of the test's."""

    def __init__(self, **lines: Line | None) -> None:
        self._lines = lines

    def line(self, kind: TaskKind) -> Line | None:
        return self._lines[kind]


def shown(name: str, task: str) -> float:
    value = REGISTRY.get_sample_value(f"mentor_upload_{name}", {"task": task})
    assert value is not None
    return value


def run(**lines: Any) -> None:
    backlog: Any = Lines(**lines)
    Gauges(backlog, ManualClock(1000.0)).run()


def test_who_waits_and_who_works_is_shown() -> None:
    run(transcode=Line((940.0, 990.0), working=3), transcribe=Line())
    assert (shown("uploads_waiting", "transcode"), shown("uploads_working", "transcode")) == (2, 3)
    assert shown("oldest_waiting_seconds", "transcode") == 60
    assert shown("uploads_waiting", "transcribe") == 0
    assert shown("oldest_waiting_seconds", "transcribe") == 0


def test_what_cannot_be_read_is_no_number() -> None:
    run(transcode=Line((940.0,)), transcribe=None)
    assert isnan(shown("uploads_waiting", "transcribe"))
    assert isnan(shown("oldest_waiting_seconds", "transcribe"))
    assert shown("uploads_waiting", "transcode") == 1

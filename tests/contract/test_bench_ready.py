"""The benchmark of READY: where the time of an upload went, by its trace."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
from bench.pipeline.__main__ import in_order
from bench.ready.waterfall import Waterfall, busy_s, medians, tool_seconds

T = 1_000.0  # epoch seconds of the POST


def span(service: str, name: str, start: float, end: float, kind: str, **more: str) -> Any:
    times = {"started": round((T + start) * 1e9), "ended": round((T + end) * 1e9)}
    ids = {"span_id": name, "parent_id": ""} | more
    return {"service": service, "name": name, "kind": kind, **times, **ids}


TRACE = [
    span("api-web", "POST /upload/answer", 0.01, 0.2, "server"),
    span("api-web", "publish api", 0.1, 0.125, "producer"),
    span("transcoder", "process transcoder", 0.25, 4.5, "consumer"),
    span("transcoder", "run ffprobe", 0.5, 0.75, "internal"),
    span("transcoder", "run ffmpeg", 1.0, 3.0, "internal"),
    span("transcoder", "run ffprobe", 3.0, 3.5, "internal"),
    span("transcoder", "run ffprobe", 3.25, 3.75, "internal"),
    span("transcoder", "publish transcoder", 4.0, 4.25, "producer", span_id="last"),
    span("transcriber", "process transcriber", 0.25, 2.0, "consumer"),
    span("transcriber", "run recogniser", 0.5, 1.5, "internal"),
    span("transcriber", "publish transcriber", 1.75, 2.0, "producer", span_id="first"),
    span("notifier", "process notifier", 2.25, 2.5, "consumer", parent_id="first"),
    span("notifier", "process notifier", 4.5, 5.0, "consumer", parent_id="last"),
]


def test_the_steps_of_the_worker_that_was_done_last_add_up_to_the_whole() -> None:
    found = Waterfall.of(TRACE, T, T + 4.75)

    assert astuple(found) == pytest.approx((0.125, 0.125, 0.25, 3.0, 0.25, 0.5, 0.25, 0.25))
    assert found.total == pytest.approx(4.75)
    assert found.overhead == pytest.approx(1.75)


def test_a_trace_whose_last_spans_have_not_arrived_is_not_taken_for_whole() -> None:
    for missing in ("publish api", "run recogniser", "publish transcoder", "process transcoder"):
        with pytest.raises(LookupError):
            Waterfall.of([each for each in TRACE if each["name"] != missing], T, T + 4.75)
    with pytest.raises(LookupError):
        Waterfall.of(TRACE[:-1], T, T + 4.75)


def test_runs_side_by_side_count_once() -> None:
    assert busy_s([(2.0, 3.0), (0.0, 1.0), (0.5, 1.5), (0.6, 0.7)]) == pytest.approx(2.5)
    assert tool_seconds(TRACE) == pytest.approx(
        {
            "transcoder: ffprobe": 1.0,
            "transcoder: ffmpeg": 2.0,
            "transcriber: recogniser": 1.0,
        }
    )


def test_a_median_is_of_each_step() -> None:
    steps = [Waterfall.of(TRACE, T - late, T + 4.75 + late) for late in (0.0, 0.5, 2.0)]

    assert (medians(steps).post, medians(steps).switch) == pytest.approx((0.625, 0.75))


def test_the_figures_that_are_compared_come_first() -> None:
    figures = {"status_ratio": 0.9, "peers": {}, "cpu_ms": 1, "messages_per_s": 2, "aws_calls": 3}

    assert list(in_order(figures)) == [
        *("messages_per_s", "cpu_ms", "aws_calls", "peers", "status_ratio"),
    ]

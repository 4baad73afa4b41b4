"""Streams of progress: events as they change, their end, and how many there are at once."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY

from mentor_api.http.problems import Problem
from mentor_api.uploads import streaming
from mentor_api.uploads.streaming import Snapshot, Streams
from mentor_common.errors import DependencyDownError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Response


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_TICK_SECONDS", 0)


def reads(*percents: int | None) -> Callable[[], Snapshot]:
    """Return what reads one document after the other; the last one is final, ``None`` an outage."""
    left: Iterator[tuple[int, int | None]] = iter(enumerate(percents, start=1))

    def read() -> Snapshot:
        number, percent = next(left)
        if percent is None:
            raise DependencyDownError("dynamodb", "down")
        return Snapshot(f"id-{percent}", {"percent": percent}, final=number == len(percents))

    return read


def events(response: Response) -> list[tuple[str, str, int]]:
    found = []
    for text in response.response:
        assert isinstance(text, str)
        if text.startswith(":"):
            continue  # a comment, which keeps the connection open
        lines = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        found.append((lines["event"], lines["id"], json.loads(lines["data"])["percent"]))
    response.close()
    return found


def test_each_change_is_sent_once_and_the_last_document_ends_the_stream() -> None:
    response = Streams(1, 60).open("u1", reads(0, 0, 40, 40, 100), None)
    assert response.mimetype == "text/event-stream"
    assert events(response) == [
        ("status", "id-0", 0),
        ("status", "id-40", 40),
        ("over", "id-100", 100),
    ]


def test_what_the_client_has_seen_is_not_sent_again() -> None:
    assert events(Streams(1, 60).open("u1", reads(40, 100), "id-40")) == [("over", "id-100", 100)]


def test_a_stream_ends_after_its_time_and_when_the_process_ends() -> None:
    assert len(events(Streams(1, -1).open("u1", reads(0, 1, 2), None))) == 1
    ending = Streams(1, 60, stopping=lambda: True)
    assert len(events(ending.open("u1", reads(0, 1, 2), None))) == 1


def test_an_outage_ends_the_stream_and_the_client_asks_again() -> None:
    assert events(Streams(1, 60).open("u1", reads(0, None, 2), None)) == [("status", "id-0", 0)]


def test_a_stream_that_ends_leaves_its_place_to_another() -> None:
    streams = Streams(1, 60)
    first = streams.open("u1", reads(100), None)
    with pytest.raises(Problem) as problem:
        streams.open("u1", reads(100), None)
    assert (problem.value.status, problem.value.retry_after) == (503, 5)
    events(first)
    assert len(events(streams.open("u1", reads(100), None))) == 1


def test_open_streams_are_counted_for_the_autoscaler() -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("mentor_upload_event_streams") or 0

    before = counted()
    streams = Streams(5, 60)
    opened = [streams.open(upload, reads(100), None) for upload in ("u1", "u1", "u2")]
    assert counted() == before + 3
    for each in opened:
        events(each)
    assert counted() == before


def test_streams_of_an_upload_share_what_one_of_them_has_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "_TICK_SECONDS", 60)
    looks = []

    def read() -> Snapshot:
        looks.append(1)
        return Snapshot("id-1", {"percent": 1}, final=False)

    streams = Streams(5, 60, stopping=lambda: True)
    opened = [streams.open("u1", read, None) for _ in range(3)]
    other = streams.open("u2", read, None)
    assert [events(each) for each in (*opened, other)] == [[("status", "id-1", 1)]] * 4
    assert len(looks) == 2
    # Whoever watches it when all have left looks again.
    assert events(streams.open("u1", read, None)) == [("status", "id-1", 1)]
    assert len(looks) == 3


def test_the_more_uploads_are_watched_the_less_often_each_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(streaming, "time", SimpleNamespace(monotonic=lambda: now))
    looks: list[float] = []

    def read() -> Snapshot:
        looks.append(now)
        return Snapshot(f"id-{now}", {"percent": 1}, final=False)

    streams = Streams(100, 60, reads_per_second=1)
    for number in range(9):
        streams.open(f"other{number}", read, None)
    watched = iter(streams.open("u1", read, None).response)
    next(watched)
    now = 9.9
    thread = iter(streams.open("u1", read, None).response)
    assert "id-0.0" in str(next(thread))
    now = 10.0
    assert "id-10.0" in str(next(watched))
    assert "id-10.0" in str(next(thread))
    assert looks == [0.0, 10.0]

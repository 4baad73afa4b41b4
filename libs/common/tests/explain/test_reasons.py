"""Waiting in words: rounded, and silent about what is not known."""

from __future__ import annotations

import pytest

from mentor_common.explain import Position, QueueEstimate
from mentor_common.explain.reasons import rough_count, rough_duration, waiting_for_worker

WAITS = "waiting for a free transcoder"
FAILING = "most work fails now, so the transcoder tries one upload at a time"


def test_the_longer_a_time_the_rougher_it_is_said() -> None:
    said = {
        seconds: rough_duration(seconds) for seconds in (0, 29, 31, 89, 170, 630, 700, 5000, 9000)
    }
    assert said == {
        0: "less than a minute",
        29: "less than a minute",
        31: "about 1 min",
        89: "about 1 min",
        170: "about 3 min",
        630: "about 10 min",
        700: "about 10 min",
        5000: "about 85 min",
        9000: "about 2 h",
    }


def test_large_counts_are_said_to_two_digits() -> None:
    said = [rough_count(number) for number in (1, 2, 99, 100, 144, 146, 1987)]
    assert said == [
        "1 upload",
        "2 uploads",
        "99 uploads",
        "about 100 uploads",
        "about 140 uploads",
        "about 150 uploads",
        "about 2000 uploads",
    ]


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (None, WAITS),
        (Position(0), WAITS),
        (Position(0, seconds=10), f"{WAITS}: next in line, less than a minute"),
        (Position(14, seconds=170), f"{WAITS}: 14 uploads ahead, about 3 min"),
        (Position(14), f"{WAITS}: 14 uploads ahead"),
        (Position(0, halted="absent"), f"{WAITS}: next in line; no transcoder is working now"),
        (Position(1, halted="absent"), f"{WAITS}: 1 upload ahead; no transcoder is working now"),
        (
            Position(2, halted="outage"),
            f"{WAITS}: 2 uploads ahead; the transcoder waits until a service that it needs is back",
        ),
        (
            Position(0, halted="failing"),
            f"{WAITS}: next in line; {FAILING}",
        ),
        (Position(0, at_least=True), WAITS),
        (Position(1987, at_least=True), f"{WAITS}: more than 1900 uploads ahead"),
        (
            Position(1987, at_least=True, seconds=7000),
            f"{WAITS}: more than 1900 uploads ahead, at least 2 h",
        ),
        (Position(9, at_least=True, seconds=20), f"{WAITS}: more than 9 uploads ahead"),
    ],
)
def test_a_position_in_words(position: Position | None, text: str) -> None:
    assert waiting_for_worker("transcode", position) == text


def test_a_position_is_counted_by_when_uploads_were_accepted() -> None:
    queue = QueueEstimate(accepted=(1.0, 2.0, 3.0), working=1, begins=(5.0, 15.0, 25.0, 35.0))
    positions = [queue.position(at) for at in (0.5, 1.0, 2.0, 3.0, 9.0)]
    assert [one.ahead for one in positions] == [0, 0, 1, 2, 3]
    assert [one.seconds for one in positions] == [5.0, 5.0, 15.0, 25.0, 35.0]

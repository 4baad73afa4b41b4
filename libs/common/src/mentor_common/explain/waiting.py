"""Reasons why work that no worker has is not begun: where it stands in line, and who is missing.

What changes by the second is rounded, so that a polling client sees something new only when there
is something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mentor_common.explain.reason import Reason
from mentor_common.jobs.kinds import KINDS

if TYPE_CHECKING:
    from mentor_common.events.models import TaskKind
    from mentor_common.explain.queue_estimate import Halted, Position

MINUTE: Final = 60
_HOUR: Final = 3600
_EXACT_MINUTES: Final = 10
_MOST_MINUTES: Final = 90
_EXACT_COUNT: Final = 100

Purpose = Literal["begin", "continue", "retry"]
"""A worker is needed to begin a task, to continue one, or to try one again."""
_PURPOSES: Final[dict[Purpose, str]] = {
    "begin": "",
    "continue": " to go on",
    "retry": " to try again",
}
_HALTED: Final[dict[Halted, str]] = {
    "absent": "no {worker} is running",
    "outage": "the {worker} is waiting for a service that it depends on",
    "failing": "most uploads are failing, so the {worker} is trying one at a time",
}


class _Place(NamedTuple):
    """A position as it is said; ``None`` is not known, or not said beside the rest."""

    ahead: int | None = None
    is_lower_bound: bool = False
    minutes: int | None = None
    halted: Halted | None = None


def waiting_for_worker(
    kind: TaskKind, position: Position | None, purpose: Purpose = "begin"
) -> Reason:
    """Return what a unit of work waits for that no worker has.

    ``position`` is ``None`` when that could not be read.
    """
    place = _place(position)
    waits = f"waiting for a free {KINDS[kind].service}{_PURPOSES[purpose]}"
    where = _in_words(kind, place)
    return Reason.of(
        "waiting_for_worker",
        f"{waits}: {where}" if where else waits,
        purpose=purpose,
        ahead=place.ahead,
        is_lower_bound=place.is_lower_bound,
        minutes=place.minutes,
        halted=place.halted,
    )


def _place(position: Position | None) -> _Place:
    if position is None or (position.is_lower_bound and not position.ahead):
        return _Place()
    ahead, is_lower_bound, seconds, halted = position
    if is_lower_bound:
        unit = 10 ** max(0, len(str(ahead)) - 2)
        said = seconds is not None and seconds >= MINUTE
        return _Place(ahead // unit * unit, True, rough_minutes(seconds or 0) if said else None)
    minutes = None if seconds is None or halted else rough_minutes(seconds)
    return _Place(_rough(ahead), False, minutes, halted)


def _in_words(kind: TaskKind, place: _Place) -> str:
    if place.is_lower_bound:
        least = f"more than {place.ahead} uploads ahead"
        if place.minutes is None:
            return least
        return f"{least}, at least {minutes_text(place.minutes).removeprefix('about ')}"
    ahead = f"{rough_count(place.ahead)} ahead" if place.ahead else "next in line"
    if place.halted is not None:
        return f"{ahead}; {why_halted(kind, place.halted)}"
    if place.minutes is not None:
        return f"{ahead}, {minutes_text(place.minutes)}"
    return ahead if place.ahead else ""


def why_halted(kind: TaskKind, halted: Halted) -> str:
    """Return why no worker works at all."""
    return _HALTED[halted].format(worker=KINDS[kind].service)


def rough_minutes(seconds: float) -> int:
    """Return a time as people say it, in minutes: the shorter, the more exactly."""
    minutes = round(seconds / MINUTE)
    if minutes > _MOST_MINUTES:
        return round(seconds / _HOUR) * (_HOUR // MINUTE)
    if minutes > _EXACT_MINUTES:
        return 5 * round(minutes / 5)
    return minutes


def minutes_text(minutes: int) -> str:
    """Return in words what :func:`rough_minutes` has returned."""
    if minutes < 1:
        return "less than a minute"
    if minutes > _MOST_MINUTES:
        return f"about {minutes * MINUTE // _HOUR} h"
    return f"about {minutes} min"


def rough_count(uploads: int) -> str:
    """Return a number of uploads; a large one to two digits."""
    if uploads >= _EXACT_COUNT:
        return f"about {_rough(uploads)} uploads"
    return "1 upload" if uploads == 1 else f"{uploads} uploads"


def _rough(number: int) -> int:
    return round(number, 2 - len(str(number))) if number >= _EXACT_COUNT else number

"""The rate of a picture, from the times of its frames.

An average says little: a pause or a still in the recording lowers it for all the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOWEST: Final = Fraction(1)
"""Frames per second of a picture that has too few frames for a rate."""

_SAME_FRAME_S: Final = 0.002  # VP8 and VP9 put packets that show nothing beside one that does
_NEAR: Final = 1.15  # times the median: rounding to milliseconds, and not 24 for 30 a second
_LOCAL: Final = 12  # intervals over which a camera's wavering evens out
_WAVERS: Final = 1.05
_BUSY_S: Final = 1.0
_BUSIER: Final = 1.2  # times the typical rate: more than jitter can make of a second
_AGREES: Final = Fraction(1, 50)
_EXACT: Final = Fraction(1, 2500)  # less than half of what lies between 30 and NTSC's 29.97
_NTSC: Final = Fraction(1000, 1001)
_LARGEST_DENOMINATOR: Final = 1001  # of the NTSC rates


def typical_rate(times: Sequence[float], stated: Sequence[Fraction] = ()) -> Fraction:
    """Return the frames per second at which a picture moves while it moves.

    Parameters
    ----------
    times
        When each frame is shown, seconds, ascending.
    stated
        Exact rates that a header claims; the first that agrees within 2 % with the frames is
        returned instead of the measured one, or else a whole or NTSC rate that is all but it.

    Returns
    -------
    Fraction
        The inverse of the median interval, or that of the busiest second where it is far above:
        what happens in it must not be lost. `SLOWEST` for fewer than two frames.
    """
    times = _distinct(times)
    rate = _median_rate(times)
    if rate is None:
        return SLOWEST
    busiest = _busiest_second(times)
    if len(busiest) > 1 and (len(busiest) - 1) / (busiest[-1] - busiest[0]) > _BUSIER * rate:
        rate = _median_rate(busiest) or rate
    measured = Fraction(rate).limit_denominator(_LARGEST_DENOMINATOR)
    usual = Fraction(round(measured)), round(measured) * _NTSC
    agreeing = [each for each in stated if abs(each - measured) <= measured * _AGREES]
    agreeing += [each for each in usual if abs(each - measured) <= measured * _EXACT]
    return next(iter(agreeing), measured)


def within(times: Sequence[float], start: float, end: float) -> Sequence[float]:
    """Return those of the ascending ``times`` that lie in ``[start, end)``."""
    return times[bisect_left(times, start) : bisect_left(times, end)]


def _distinct(times: Sequence[float]) -> list[float]:
    kept = list(times[:1])
    kept.extend(after for before, after in pairwise(times) if after - before > _SAME_FRAME_S)
    return kept


def _median_rate(times: Sequence[float]) -> float | None:
    """Return the inverse of the median interval, of the mean of those about it.

    Where the intervals waver so much that more frames come than that, it is that of the median of
    a dozen intervals together.
    """
    if len(times) <= 1:
        return None
    intervals = sorted(after - before for before, after in pairwise(times))
    median = intervals[(len(intervals) - 1) // 2]
    first, last = bisect_left(intervals, median / _NEAR), bisect_left(intervals, median * _NEAR)
    rate = (last - first) / sum(intervals[first:last])
    dozens = sorted(after - before for before, after in zip(times, times[_LOCAL:], strict=False))
    local = _LOCAL / dozens[(len(dozens) - 1) // 2] if dozens else rate
    return local if local > _WAVERS * rate else rate


def _busiest_second(times: Sequence[float]) -> Sequence[float]:
    """Return the frames of the second that has most of them; none of less than a second."""
    busiest: Sequence[float] = ()
    most, first = 0.0, 0
    for last, time in enumerate(times):
        while first + 1 < last and time - times[first + 1] >= _BUSY_S:
            first += 1
        length = time - times[first]
        if length >= _BUSY_S and (last - first) / length > most:
            most, busiest = (last - first) / length, times[first : last + 1]
    return busiest

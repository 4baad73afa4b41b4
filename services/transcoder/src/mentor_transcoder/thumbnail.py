"""The moment of the thumbnail: the first near one second that is neither black nor blank.

The encode itself measures frames from all over the span. Only where the one near one second turns
out to be blank, a short run of its own takes another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SAMPLES: Final = "thumbnail.txt"
"""The file that the measuring filters write into the output directory."""

_AT_S: Final = 1.0
_EARLIER: Final = 4  # samples before the moment
_GROWTH_S: Final = 0.05  # the gaps between those after it are 2, 4, 6 … times as long
_ROUNDING_S: Final = 0.001
_BLANK: Final = 8.0
_FAINT_SHARE: Final = 0.25
_BEST_SHARE: Final = 0.75
_VALUES: Final = 6
_FRAME: Final = re.compile(r"frame:\d+ +pts:\S+ +pts_time:(\S+)")
_VALUE: Final = re.compile(r"lavfi\.signalstats\.([YUV])(LOW|HIGH)=(\S+)")


@dataclass(frozen=True)
class Sample:
    """A measured frame.

    Parameters
    ----------
    at_s
        Its time from the beginning of the span, seconds.
    detail
        How far apart its darkest and brightest tenths are, plus the same of both its colour
        channels: 0 for one even colour, over 100 for most scenes.
    """

    at_s: float
    detail: float


def first_moment(picture_s: float) -> float:
    """Return the preferred moment, seconds of the span, of a picture that lasts so long."""
    return min(_AT_S, picture_s / 2)


def sampling_filters(at_s: float, shown: str) -> str:
    """Return the filters that measure samples before and after a moment and write `SAMPLES`.

    ``shown`` are the filters that crop and scale a frame, for samples alone. In a picture of
    32 x 18 noise has no weight. The samples lie ever farther apart, 20 in 20 seconds, 80 in 5
    minutes, so that they cost little.
    """
    later = f"{at_s:.3f}+{_GROWTH_S}*(selected_n-{_EARLIER})*(selected_n-{_EARLIER - 1})"
    due = rf"if(lt(selected_n\,{_EARLIER})\,{at_s:.3f}*selected_n/{_EARLIER}\,{later})"
    shrunk = "scale=32:18:flags=area,format=yuv420p"
    return rf"select=gte(t\,{due}),{shown},{shrunk},signalstats,metadata=print:file={SAMPLES}"


def parse_samples(text: str) -> list[Sample]:
    """Return the samples that `sampling_filters` has written, in the order of time."""
    return list(_samples(text))


def choose_moment(samples: Sequence[Sample], at_s: float) -> float | None:
    """Return the moment to take instead, seconds of the span; ``None`` to stay.

    The best moment is the first from ``at_s`` on, or else the last before it, that has detail: at
    least 8, and at least a quarter of what is usual in this video (the median of the frames that
    are not blank), so that the beginning of a fade-in is passed over and a dark room is not. Where
    everything is dark or blank, it is the first with three quarters of the most detail there is.

    Parameters
    ----------
    samples
        Frames of the span in the order of time.
    at_s
        The moment to begin with.
    """
    later = [sample for sample in samples if sample.at_s > at_s - _ROUNDING_S]
    earlier = [sample for sample in samples if sample.at_s <= at_s - _ROUNDING_S]
    ordered = [*later, *reversed(earlier)]
    if not ordered:
        return None
    shown = [sample.detail for sample in samples if sample.detail >= _BLANK]
    bar = max(_BLANK, _FAINT_SHARE * median(shown)) if shown else _BLANK
    bar = min(bar, _BEST_SHARE * max(sample.detail for sample in samples))
    best = next(sample for sample in ordered if sample.detail >= bar)
    return None if best is ordered[0] else best.at_s


def _samples(text: str) -> Iterator[Sample]:
    at, ends = 0.0, dict[str, float]()
    for line in [*text.splitlines(), "frame:0 pts:0 pts_time:0"]:
        frame, value = _FRAME.match(line), _VALUE.match(line)
        if value:
            ends[value[1] + value[2]] = float(value[3])
        elif frame:
            if len(ends) == _VALUES:  # the last may be cut short
                detail = sum(ends[f"{plane}HIGH"] - ends[f"{plane}LOW"] for plane in "YUV")
                yield Sample(at, detail)
            at, ends = float(frame[1]), {}

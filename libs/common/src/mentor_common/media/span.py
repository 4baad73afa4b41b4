"""The part of a source that an answer shows. Renditions and captions must agree on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.errors import PermanentError

if TYPE_CHECKING:
    from mentor_common.media.source import Source

MIN_SPAN_S = 1.0
FRAME_SLACK_S = 0.05
"""A second may measure less: a WebM's last frame has no length and its times are milliseconds."""


@dataclass(frozen=True)
class Span:
    """A part inside a source: ``length`` seconds from ``start``."""

    start: float
    length: float

    @property
    def end(self) -> float:
        """Second of the source at which it ends."""
        return self.start + self.length

    def overlap(self, start: float, end: float) -> float:
        """Return how many seconds of ``[start, end)`` lie in this span."""
        return max(0.0, min(self.end, end) - max(self.start, start))


def trimmed_span(source: Source, trim: tuple[float, float] | None) -> Span:
    """Return the part of ``source`` that ``trim`` leaves.

    Parameters
    ----------
    trim
        Start and end of the part to keep, seconds of the source; ``None`` keeps everything. An end
        after the source's own is moved to it, a start before zero to zero.

    Raises
    ------
    PermanentError
        ``trim_too_short``: less than a second of picture would be left.
    """
    if trim is None:
        return Span(0.0, source.duration_s)
    start, end = trim
    if not (math.isfinite(start) and math.isfinite(end)):
        raise PermanentError(
            "trim_invalid", "The trim's start and end are not numbers. Choose the part again."
        )
    start = max(0.0, start)
    span = Span(start, min(end, source.duration_s) - start)
    # Where the sound begins first, the first picture stands until its time has come.
    if span.overlap(0.0, source.video_end_s) < MIN_SPAN_S - FRAME_SLACK_S:
        raise PermanentError(
            "trim_too_short",
            f"The trim leaves less than one second of the {source.duration_s:.1f} s video."
            " Choose a longer part.",
            seconds=round(source.duration_s, 1),
        )
    return span

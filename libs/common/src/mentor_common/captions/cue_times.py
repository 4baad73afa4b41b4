"""When cues are shown: long enough to be read, never two at once."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Final

from mentor_common.captions.cue import Cue
from mentor_common.captions.segments import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_CUE_S: Final = 7.0
"""Longest time a cue stays."""
MIN_CUE_S: Final = 1.0
"""Shortest time a cue stays, unless the next one needs its place."""
MAX_CHARS_PER_S: Final = 20.0
"""Reading speed up to which a cue lingers, in columns a second."""
LINGER_S: Final = 0.5
"""Longest time that a cue lingers after its last word to be read."""
CLOSED_GAP_S: Final = 0.5
"""A shorter gap between two cues looks like a flicker: the former stays until the next."""
MIN_GAP_S: Final = 0.08
"""Two frames at 25 a second: the shortest gap where there is one."""

_FLASH_S: Final = 0.2  # a cue that is shown for less cannot be seen


def extend_cues(cues: Sequence[Cue]) -> list[Cue]:
    """Extend cues until they can be read.

    A cue is shown for a second at least, and as long as reading takes at 20 columns a second, if
    that is no more than half a second after its last word. It ends where the next one begins, and
    stays until then if less than half a second would be empty. None stays for more than seven
    seconds; one that reaches them ends two frames before the next, or with its beginning.

    Parameters
    ----------
    cues
        Ascending, not overlapping, each from its first word to the end of its last.

    Returns
    -------
    list of Cue
        The same texts, times rounded to milliseconds. The last one may outlast the video.
    """
    followers = [*(round(cue.start, 3) for cue in cues), inf][1:]
    return [
        replace(cue, start=round(cue.start, 3), end=round(_end(cue, follower), 3))
        for cue, follower in zip(cues, followers, strict=True)
    ]


def _end(cue: Cue, follower: float) -> float:
    start = round(cue.start, 3)
    read = min(start + columns(cue.text) / MAX_CHARS_PER_S, cue.end + LINGER_S)
    latest = min(start + MAX_CUE_S, follower)
    end = min(max(cue.end, start + MIN_CUE_S, read), latest)
    gap = follower - end
    if gap < CLOSED_GAP_S and latest == follower:
        return follower
    return follower - MIN_GAP_S if 0 < gap < MIN_GAP_S else end


def spread_short_cues(cues: Sequence[Cue], end: float) -> list[Cue]:
    """Give cues that would flash by a share of the time of their neighbours, by their length.

    Text that a person added where there was no pause has no time of its own, see
    :func:`~mentor_common.captions.retime`.

    Parameters
    ----------
    cues
        Ascending, not overlapping.
    end
        Of the video, seconds: nothing is shown for longer.

    Returns
    -------
    list of Cue
        The same texts in the same order, ascending, not overlapping.
    """
    blocks: list[list[Cue]] = []
    for cue in (Cue(min(cue.start, end), min(cue.end, end), cue.text) for cue in cues):
        if blocks and (_flashes(cue) or _flashes(blocks[-1][-1])):
            blocks[-1].append(cue)
        else:
            blocks.append([cue])
    return [shared for block in blocks for shared in _shared(block)]


def _flashes(cue: Cue) -> bool:
    return cue.end - cue.start < _FLASH_S


def _shared(block: list[Cue]) -> Iterator[Cue]:
    if len(block) == 1:
        yield block[0]
        return
    start, end = block[0].start, block[-1].end
    total = sum(columns(cue.text) for cue in block)
    passed = 0
    for cue in block:
        begun = start + (end - start) * passed / total
        passed += columns(cue.text)
        ended = min(start + (end - start) * passed / total, begun + MAX_CUE_S)
        yield Cue(round(begun, 3), round(ended, 3), cue.text)

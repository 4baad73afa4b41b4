"""Captions of a part of the video, without the words that are spoken outside of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mentor_common.captions.retime import anchored, retime
from mentor_common.captions.segments import join_words
from mentor_common.captions.vtt import trim_cues

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mentor_common.captions.cues import Cue
    from mentor_common.captions.word import Word


def trim_captions(
    cues: Iterable[Cue], words: Sequence[Word], start: float, end: float
) -> list[Cue]:
    """Return the captions of a part of the video, timed from the beginning of that part.

    A cue that the part cuts through keeps the words whose middle lies in the part, as far as the
    word timings know them: what was changed or added lies between its neighbours. A cue without
    any recognised word, as in another language, stays whole.

    Parameters
    ----------
    cues
        Captions of the whole, a recogniser's or a person's.
    words
        The recognised words of the whole; empty where they are not known.
    start, end
        The part, seconds; ``end`` excluded.
    """
    kept = (_kept(cue, words, start, end) for cue in cues)
    return trim_cues((cue for cue in kept if cue.text.strip()), start, end)


def _kept(cue: Cue, words: Sequence[Word], start: float, end: float) -> Cue:
    """Return a cue with those of its words that lie in the part."""
    if (start <= cue.start and cue.end <= end) or cue.end <= start or end <= cue.start:
        return cue
    near = [word for word in words if cue.start <= (word.start + word.end) / 2 <= cue.end]
    if not near:
        return cue
    span = min(cue.start, near[0].start), max(cue.end, near[-1].end)
    timed = retime(near, cue.text, span)
    if not any(anchored(timed, near, span)):
        return cue
    lines, at = [], 0
    for line in cue.text.split("\n"):
        size = len(retime([], line, span))
        spoken = [w for w in timed[at : at + size] if start <= (w.start + w.end) / 2 < end]
        lines.append(join_words(spoken))
        at += size
    return replace(cue, text="\n".join(line for line in lines if line))

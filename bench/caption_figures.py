"""How many cues and lines of captions keep the rules of captioning.

``python -m bench.caption_figures transcript.json ...`` makes captions of the word timings that lie
beside renditions and prints their figures, all documents together.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import zip_longest
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentor_common.captions import TimedTranscript, cues_from_words
from mentor_common.captions.breaks import ends_with_function_word
from mentor_common.captions.segments import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_common.captions import Cue, Word

MAX_COLUMNS: Final = 42
MAX_LINES: Final = 2
MAX_S: Final = 7.0
CHARS_PER_S: Final = 20.0
LINGER_S: Final = 0.5
CLOSED_GAP_S: Final = 0.5
MIN_GAP_S: Final = 0.08
_ROUNDING_S: Final = 0.0015


@dataclass(frozen=True)
class CaptionFigures:
    """Counts of cues and lines; all but the first three shall be 0 or nearly so.

    Parameters
    ----------
    cues, lines
        All there are.
    fast
        Cues of more than 20 columns a second.
    fast_with_room
        Those of them that end before the next begins and before they have lingered for half a
        second after their last word.
    function_word_ends
        Lines that end with an article, preposition, conjunction or auxiliary.
    oversized
        Cues of more than two lines, a line over 42 columns or more than seven seconds.
    overlapping
        Cues that end after the next begins.
    flickering
        Cues with less than half a second between them and the next, but some; less than two frames
        where closing the gap would show them for more than seven seconds.
    top_heavy
        Cues of two lines of which the first is the longer.
    """

    cues: int
    lines: int
    fast: int
    fast_with_room: int
    function_word_ends: int
    oversized: int
    overlapping: int
    flickering: int
    top_heavy: int


def caption_figures(
    cues: Sequence[Cue], spoken_until: Sequence[float], language: str | None = None
) -> CaptionFigures:
    """Count how captions keep the rules.

    Parameters
    ----------
    cues
        In the order of their starts.
    spoken_until
        The end of each cue's last word, seconds.
    language
        BCP 47; English where it is not known.
    """
    lines = [line for cue in cues for line in cue.text.split("\n")]
    gaps = [
        following.start - cue.end if following else LINGER_S
        for cue, following in zip_longest(cues, cues[1:])
    ]
    fast = [_is_fast(cue) for cue in cues]
    return CaptionFigures(
        cues=len(cues),
        lines=len(lines),
        fast=sum(fast),
        fast_with_room=sum(
            is_fast and gap > _ROUNDING_S and cue.end < until + LINGER_S - _ROUNDING_S
            for cue, is_fast, gap, until in zip(cues, fast, gaps, spoken_until, strict=True)
        ),
        function_word_ends=sum(ends_with_function_word(line, language) for line in lines),
        oversized=sum(_is_oversized(cue) for cue in cues),
        overlapping=sum(gap < -_ROUNDING_S for gap in gaps),
        flickering=sum(_flickers(cue, gap) for cue, gap in zip(cues, gaps, strict=True)),
        top_heavy=sum(_is_top_heavy(cue) for cue in cues),
    )


def _is_fast(cue: Cue) -> bool:
    return columns(cue.text) > CHARS_PER_S * (cue.end - cue.start + _ROUNDING_S)


def _is_oversized(cue: Cue) -> bool:
    lines = cue.text.split("\n")
    return (
        len(lines) > MAX_LINES
        or max(map(columns, lines)) > MAX_COLUMNS
        or cue.end - cue.start > MAX_S + _ROUNDING_S
    )


def _flickers(cue: Cue, gap: float) -> bool:
    can_close = cue.end + gap - cue.start <= MAX_S
    return _ROUNDING_S < gap < (CLOSED_GAP_S if can_close else MIN_GAP_S) - _ROUNDING_S


def _is_top_heavy(cue: Cue) -> bool:
    upper, _, lower = cue.text.partition("\n")
    return bool(lower) and columns(upper) > columns(lower)


def ends_of_speech(cues: Sequence[Cue], words: Sequence[Word]) -> list[float]:
    """Return the end of each cue's last word, seconds."""
    followers = [*(cue.start for cue in cues[1:]), inf]
    return [
        max(word.end for word in words if word.start < follower - _ROUNDING_S)
        for follower in followers[: len(cues)]
    ]


def main() -> None:
    """Print the figures of the documents that the command line names, as JSON."""
    total: Counter[str] = Counter()
    for path in sys.argv[1:]:
        timings = TimedTranscript.from_json(Path(path).read_text(encoding="utf-8"))
        cues = cues_from_words(timings.words, timings.language)
        ends = ends_of_speech(cues, timings.words)
        total.update(asdict(caption_figures(cues, ends, timings.language)))
    print(json.dumps(total))


if __name__ == "__main__":
    main()

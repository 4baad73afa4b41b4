"""Times of recognised words, corrected by forced alignment where that is credible.

Whisper's own are off by a quarter of a second at times; the aligner's by a few hundredths. It works
through stretches between pauses, so that a sentence it cannot follow does not lose the others.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mentor_common.captions import primary_language
from mentor_transcriber.alignment import LANGUAGE, Stretch, an_aligner, is_available
from mentor_transcriber.spelling import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mentor_common.captions import Word
    from mentor_common.media import ToolRun
    from mentor_transcriber.alignment import ForcedAligner
    from mentor_transcriber.engines.base import Engine, Recognition

_ALIGNED: Final = "whisper"
"""The engine whose times are worth correcting."""
_PAUSE_S: Final = 0.25
_SHORTEST_S: Final = 2.0
_LONGEST_S: Final = 15.0
_MARGIN_S: Final = 0.3


async def with_aligned_times(
    recognition: Recognition,
    wav: Path,
    engine: Engine,
    *,
    aligner: ForcedAligner | None = None,
    timings: list[ToolRun] | None = None,
) -> Recognition:
    """Return a recognition with the aligner's times, where they are credible.

    Only those of an engine whose times are rough, in a language that the aligner knows. Without
    ``aligner`` one is started for this recording.
    """
    language = primary_language(recognition.language or engine.language)
    if engine.name != _ALIGNED or language != LANGUAGE or not recognition.words:
        return recognition
    if not is_available():
        return recognition
    groups = list(_groups(recognition.words))
    stretches = [_stretch(groups, index) for index in range(len(groups))]
    async with nullcontext(aligner) if aligner else an_aligner(wav.parent) as used:
        found = await used.find(wav, stretches, timings=timings)
    words: list[Word] = []
    for group, times in zip(groups, found, strict=True):
        words += _timed(group, times, words[-1].end if words else 0.0)
    return replace(recognition, words=tuple(words))


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Divide words at pauses; into groups of a few seconds."""
    group: list[Word] = []
    for word in words:
        if group:
            length = group[-1].end - group[0].start
            pause = word.start - group[-1].end
            if (pause >= _PAUSE_S and length >= _SHORTEST_S) or (
                word.end - group[0].start > _LONGEST_S
            ):
                yield group
                group = []
        group.append(word)
    yield group


def _stretch(groups: Sequence[Sequence[Word]], index: int) -> Stretch:
    """Return a group's part of the sound, to the middle of the pauses around it."""
    group = groups[index]
    before = groups[index - 1][-1].end if index else 0.0
    start = max((before + group[0].start) / 2, group[0].start - _MARGIN_S)
    end = group[-1].end + _MARGIN_S
    if index + 1 < len(groups):
        end = min(end, (group[-1].end + groups[index + 1][0].start) / 2)
    return Stretch(max(start, 0.0), end, tuple(tuple(spoken(word.text)) for word in group))


def _timed(
    group: Sequence[Word], times: Sequence[tuple[float, float] | None] | None, after: float
) -> Iterator[Word]:
    """Yield words with their times, ascending; what has no sound keeps its place."""
    for word, time in zip(group, times or [None] * len(group), strict=True):
        begun, ended = time or (word.start, word.end)
        start = max(begun, after)
        after = max(ended, start)
        yield replace(word, start=round(start, 3), end=round(after, 3))

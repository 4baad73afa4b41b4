"""Segmentation of a recording into utterances, which a recogniser is given one at a time.

Its time and memory grow faster than an utterance does, and silence that is not quite silent costs
it both words and time. So only speech is passed on, with a short margin of silence around it.
(Pocketsphinx has a ``Segmenter`` of its own, which loses speech that runs to the end of a file.)
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

FRAME_S: Final = 0.03
"""Length of a frame, seconds."""
LONGEST: Final = 1000
"""Frames of the longest utterance: 30 s."""

_MARGIN: Final = 10  # frames of silence kept before and after speech
_PAUSE: Final = 2 * _MARGIN  # frames of silence that end an utterance
_LEAST_SPEECH: Final = 4  # frames; less is a click


@dataclass(frozen=True)
class Utterance:
    """A stretch of speech.

    Parameters
    ----------
    start
        Where it begins in the recording, seconds.
    pcm
        16 bit mono samples.
    """

    start: float
    pcm: bytes


@dataclass(frozen=True)
class _Frame:
    pcm: bytes
    speech: bool


def utterances(frames: Iterable[bytes], is_speech: Callable[[bytes], bool]) -> Iterator[Utterance]:
    """Yield the utterances of a recording, in order and without overlap.

    Parameters
    ----------
    frames
        The recording in frames of `FRAME_S`; 16 bit mono samples.
    is_speech
        Tells whether somebody speaks in a frame; called once for each, in order.

    Yields
    ------
    Utterance
        Ended by a pause of 0.6 s. Who speaks on for 30 s is cut at the longest pause of the last
        15 s, or where it is quietest.
    """
    held: list[_Frame] = []
    taken = silent = 0
    for taken, pcm in enumerate(frames, 1):
        held.append(_Frame(pcm, is_speech(pcm)))
        silent = 0 if held[-1].speech else silent + 1
        if silent >= _PAUSE or len(held) == silent:
            # Either a pause after speech, or nobody has spoken yet: keep the margin only.
            keep = _MARGIN
        elif len(held) == LONGEST:
            keep = LONGEST - _quietest(held)
        else:
            continue
        yield from _speech(held[: len(held) - keep], taken - len(held))
        held = held[-keep:]
    yield from _speech(held, taken - len(held))


def _speech(frames: Sequence[_Frame], first: int) -> Iterator[Utterance]:
    if sum(frame.speech for frame in frames) >= _LEAST_SPEECH:
        yield Utterance(first * FRAME_S, b"".join(frame.pcm for frame in frames))


def _quietest(frames: Sequence[_Frame]) -> int:
    """Return where to cut: in the longest pause of the second half, or at its quietest frame."""
    half = len(frames) // 2
    best, pause = 0, 0
    middle = half
    for index in range(half, len(frames)):
        pause = 0 if frames[index].speech else pause + 1
        if pause > best:
            best, middle = pause, index - pause // 2
    if best:
        return middle
    return min(range(half, len(frames)), key=lambda index: _loudness(frames[index].pcm))


def _loudness(pcm: bytes) -> int:
    samples = array("h", pcm)
    return max(samples) - min(samples)

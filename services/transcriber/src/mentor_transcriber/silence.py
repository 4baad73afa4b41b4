"""Removal of words from digital silence: nobody has said them.

No microphone is as quiet. It is what a muted track or an editor leaves, and what stands in for
sound that begins late.
"""

from __future__ import annotations

import array
import sys
import wave
from typing import TYPE_CHECKING, Final

from mentor_common.captions import with_spacing

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.captions import Word
    from mentor_transcriber.engines.base import Recognition

_LOUDEST: Final = 32
"""Largest sample of silence, 60 dB below full scale."""
_MARGIN_S: Final = 0.3
"""Times of words are not exact."""


def without_words_in_silence(recognition: Recognition, wav: Path) -> Recognition:
    """Return a recognition without words at which a recording is silent, 0.3 s around included.

    It is the same object where nothing is dropped; else its text is joined anew from the words.

    Parameters
    ----------
    wav
        What was recognised: 16 kHz, mono, 16 bit.
    """
    if not recognition.words:
        return recognition
    spaced = with_spacing(recognition.words, recognition.text)
    with wave.open(str(wav), "rb") as sound:
        kept = tuple(word for word in spaced if not _is_silent(sound, word))
    return recognition.keeping(kept)


def _is_silent(sound: wave.Wave_read, word: Word) -> bool:
    rate, length = sound.getframerate(), sound.getnframes()
    start, end = round((word.start - _MARGIN_S) * rate), round((word.end + _MARGIN_S) * rate)
    start = min(max(start, 0), length)
    sound.setpos(start)
    samples = array.array("h", sound.readframes(min(end, length) - start))
    if sys.byteorder == "big":
        samples.byteswap()
    return not any(abs(sample) > _LOUDEST for sample in samples)

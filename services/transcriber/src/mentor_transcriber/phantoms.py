"""Removal of sentences that recognisers write over silence and noise: nobody says them.

They come of subtitles that the models were trained on (Koenecke et al., "Careless Whisper", 2024;
Barański et al., "Investigation of Whisper ASR Hallucinations Induced by Non-Speech Audio", 2025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.captions import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.captions import Word
    from mentor_transcriber.engines.base import Recognition

_KNOWN: Final = frozenset(
    {
        "bye",
        "bye bye",
        "like and subscribe",
        "please like and subscribe",
        "please subscribe",
        "please subscribe to my channel",
        "see you in the next video",
        "see you next time",
        "so",
        "subtitles by the amaraorg community",
        "subtítulos realizados por la comunidad de amaraorg",
        "thank you",
        "thank you for listening",
        "thank you for watching",
        "thank you so much for watching",
        "thank you very much",
        "thanks",
        "thanks for listening",
        "thanks for watching",
        "the end",
        "you",
    }
)
_CERTAIN: Final = 0.7
"""Mean probability from which on even such a sentence was spoken: people do say thank you."""
_PAUSE_S: Final = 1.0


def without_phantoms(recognition: Recognition) -> Recognition:
    """Return a recognition without known sentences that stand alone and are no more than a guess.

    It is the same object where nothing is dropped; else its text is joined anew from the words.
    """
    spoken = (each for each in _utterances(recognition.words) if not _is_phantom(each))
    return recognition.keeping(tuple(word for utterance in spoken for word in utterance))


def _is_phantom(utterance: Sequence[Word]) -> bool:
    text = " ".join(normalised(word.text) for word in utterance)
    certain = sum(word.confidence for word in utterance) / len(utterance)
    return text in _KNOWN and certain < _CERTAIN


def _utterances(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Divide words at pauses and at ends of sentences."""
    utterance: list[Word] = []
    for word in words:
        if utterance and (
            word.start - utterance[-1].end >= _PAUSE_S or utterance[-1].text[-1] in ".!?"
        ):
            yield utterance
            utterance = []
        utterance.append(word)
    if utterance:
        yield utterance

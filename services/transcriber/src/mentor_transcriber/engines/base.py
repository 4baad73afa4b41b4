"""Interface of a recogniser, and its result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from mentor_common.captions import join_words
from mentor_common.errors import TransientError

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.captions import Word
    from mentor_common.media import ToolRun


class RecogniserError(TransientError):
    """The recogniser's process failed."""


@dataclass(frozen=True)
class Recognition:
    """Result of speech recognition.

    Parameters
    ----------
    words
        In the order of their starts, not overlapping; seconds from the start of the audio.
    text
        The transcript as a person reads it, with whatever punctuation the recogniser writes.
        Empty, as ``words``, if nobody speaks.
    language
        BCP 47 tag of the language that was found; ``None`` for the one that the engine expects.
    translation
        The same in English, where the engine was asked for it and another language is spoken.
    """

    words: tuple[Word, ...]
    text: str
    language: str | None = None
    translation: Recognition | None = None

    def keeping(self, words: tuple[Word, ...]) -> Recognition:
        """Return it with these of its words alone, and its text joined anew from them.

        It is the same object where they are all of its words.
        """
        if len(words) == len(self.words):
            return self
        return replace(self, words=words, text=join_words(words))


class Engine(Protocol):
    """A recogniser that takes a whole recording and answers at once.

    It knows nothing of queues or buckets, keeps nothing of a recording between calls, and may be
    called for several recordings at the same time. One that answers by a message much later is no
    `Engine`: it has nothing to await.
    """

    @property
    def name(self) -> str:
        """Name of the recogniser in settings and stored transcripts."""
        ...

    @property
    def model(self) -> str | None:
        """Name of its model in stored transcripts, where it has several."""
        ...

    @property
    def language(self) -> str:
        """BCP 47 tag of the language it expects."""
        ...

    async def recognise(
        self, wav: Path, *, hints: str | None = None, timings: list[ToolRun] | None = None
    ) -> Recognition:
        """Return the words of a recording.

        Must not block the event loop. When cancelled, all it has started ends before the
        cancellation goes on.

        Parameters
        ----------
        wav
            16 kHz, mono, 16 bit; may be silent or empty.
        hints
            Words to expect, as names; an engine that cannot use them leaves them alone.
        timings
            Receives an entry named ``recogniser`` for each time it computes.

        Raises
        ------
        TransientError
            It failed, or took far too long. Whether speech is intelligible is never an error.
        """
        ...

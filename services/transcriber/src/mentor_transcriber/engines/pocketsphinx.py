"""The embedded recogniser: CMU Pocketsphinx with the US English model of its package.

It needs no network, no account and no model file. It writes neither capitals nor punctuation,
and free speech in a room costs it many words: good enough to develop and test with, and for a
first draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.captions import Word
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.engines.child import RecogniserProcess

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.media import ToolRun


class PocketsphinxEngine:
    """Runs the recogniser in a process of its own, which can be killed and leaves no memory."""

    name: Final = "pocketsphinx"
    model: Final = None
    language: Final = "en-US"
    # Measured: under a second to start, then 0.2 to 0.8 s for a second of speech.
    _process: Final = RecogniserProcess(
        name, "mentor_transcriber.engines.pocketsphinx_worker", 60.0, 5.0
    )

    async def recognise(
        self,
        wav: Path,
        *,
        hints: str | None = None,  # noqa: ARG002 -- it cannot be told what to expect
        timings: list[ToolRun] | None = None,
    ) -> Recognition:
        """Return the words of a recording, see `Engine.recognise`.

        Raises
        ------
        RecogniserError
            Its process ended with an error.
        ToolTimeoutError
            It did not end.
        """
        answer = await self._process.run(wav, str(wav), timings)
        words = tuple(Word(**word) for word in answer["words"])
        return Recognition(words, " ".join(word.text for word in words))

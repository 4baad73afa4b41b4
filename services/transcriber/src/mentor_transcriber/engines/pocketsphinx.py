"""The embedded recogniser: CMU Pocketsphinx with the US English model of its package.

It needs no network, no account and no model file. It writes neither capitals nor punctuation,
and free speech in a room costs it many words: good enough to develop and test with, and for a
first draft.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mentor_common.captions import Word
from mentor_common.media import ToolRun, run
from mentor_transcriber.engines.base import RecogniserError, Recognition

if TYPE_CHECKING:
    from pathlib import Path

_WORKER: Final = "mentor_transcriber.engines.pocketsphinx_worker"
_BYTES_PER_S: Final = 32_000
# Measured: under a second to start, then 0.2 to 0.8 s for a second of speech.
_TIMEOUT_BASE_S: Final = 60.0
_TIMEOUT_PER_S: Final = 5.0


class PocketsphinxEngine:
    """Runs the recogniser in a process of its own, which can be killed and leaves no memory."""

    name: Final = "pocketsphinx"
    language: Final = "en-US"

    async def recognise(self, wav: Path, *, timings: list[ToolRun] | None = None) -> Recognition:
        """Return the words of a recording, see `Engine.recognise`.

        Raises
        ------
        RecogniserError
            Its process ended with an error.
        ToolTimeoutError
            It did not end.
        """
        runs: list[ToolRun] = []
        try:
            done = await run(
                (sys.executable, "-P", "-m", _WORKER, str(wav)),
                timeout_s=_timeout_s(wav),
                timings=runs,
            )
        finally:
            if timings is not None:
                timings += (replace(process, tool="recogniser") for process in runs)
        if done.returncode != 0:
            raise RecogniserError(
                f"the recogniser ended with {done.returncode}: {done.stderr_tail.strip()}"
            )
        words = tuple(Word(**word) for word in json.loads(done.stdout)["words"])
        return Recognition(words, " ".join(word.text for word in words))


def _timeout_s(wav: Path) -> float:
    return _TIMEOUT_BASE_S + _TIMEOUT_PER_S * wav.stat().st_size / _BYTES_PER_S

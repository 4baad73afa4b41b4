"""Whisper by faster-whisper, an optional extra: good at free speech, and in many languages.

Needs a model in a local directory (CTranslate2 format); nothing is ever downloaded.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mentor_common.captions import Word
from mentor_common.media import Bounds, ToolRun, run
from mentor_transcriber.engines.base import RecogniserError, Recognition

if TYPE_CHECKING:
    from pathlib import Path

_WORKER: Final = "mentor_transcriber.engines.whisper_worker"
_BYTES_PER_S: Final = 32_000
# Loading a large model takes a minute; `small` on two cores then needs about a second for one.
_TIMEOUT_BASE_S: Final = 300.0
_TIMEOUT_PER_S: Final = 20.0
_MEMORY_BYTES: Final = 12 << 30


class WhisperEngine:
    """Runs the recogniser in a process of its own, which can be killed and leaves no memory.

    Parameters
    ----------
    model_dir
        Where the model is.
    language
        BCP 47 tag of what is spoken.
    vocabulary
        Words to expect, ``None`` for none.
    """

    name: Final = "whisper"

    def __init__(self, model_dir: Path, language: str, vocabulary: str | None = None) -> None:
        self._model_dir = model_dir
        self.language = language
        self._vocabulary = vocabulary

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
        asked = {
            "wav": str(wav),
            "model": str(self._model_dir),
            "language": self.language.partition("-")[0],
            "hotwords": self._vocabulary,
        }
        try:
            done = await run(
                (sys.executable, "-P", "-m", _WORKER, json.dumps(asked)),
                timeout_s=_timeout_s(wav),
                timings=runs,
                bounds=Bounds(memory_bytes=_MEMORY_BYTES),
            )
        finally:
            if timings is not None:
                timings += (replace(process, tool="recogniser") for process in runs)
        if done.returncode != 0:
            raise RecogniserError(
                f"the recogniser ended with {done.returncode}: {done.stderr_tail.strip()}"
            )
        answer = json.loads(done.stdout)
        return Recognition(tuple(Word(**word) for word in answer["words"]), answer["text"])


def _timeout_s(wav: Path) -> float:
    return _TIMEOUT_BASE_S + _TIMEOUT_PER_S * wav.stat().st_size / _BYTES_PER_S

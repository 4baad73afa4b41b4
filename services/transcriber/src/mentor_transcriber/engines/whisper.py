"""Whisper by faster-whisper, an optional extra: good at free speech, and in many languages.

Needs a model in a local directory (CTranslate2 format); nothing is ever downloaded.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from mentor_common.captions import Word
from mentor_common.media import Bounds
from mentor_transcriber.engines.base import Recognition
from mentor_transcriber.engines.child import RecogniserProcess

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.media import ToolRun

_MEMORY_BYTES: Final = 12 << 30


class WhisperEngine:
    """Runs the recogniser in a process of its own, which can be killed and leaves no memory.

    ``language`` is a BCP 47 tag; ``vocabulary`` has words to expect, ``None`` for none.
    """

    name: Final = "whisper"
    # Loading a large model takes a minute; `small` on two cores then needs about a second for one.
    _process: Final = RecogniserProcess(
        name,
        "mentor_transcriber.engines.whisper_worker",
        300.0,
        20.0,
        Bounds(memory_bytes=_MEMORY_BYTES),
    )

    def __init__(self, model_dir: Path, language: str, vocabulary: str | None = None) -> None:
        self._model_dir = model_dir
        self.language = language
        self._vocabulary = vocabulary

    async def recognise(self, wav: Path, *, timings: list[ToolRun] | None = None) -> Recognition:
        """Return the words of a recording, see `Engine.recognise` and `RecogniserProcess.run`."""
        arguments = {
            "wav": str(wav),
            "model": str(self._model_dir),
            "language": self.language.partition("-")[0],
            "hotwords": self._vocabulary,
        }
        answer = await self._process.run(wav, json.dumps(arguments), timings)
        return Recognition(tuple(Word(**word) for word in answer["words"]), answer["text"])

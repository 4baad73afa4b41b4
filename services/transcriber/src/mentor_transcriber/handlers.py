"""What the transcriber does with an accepted upload: fetch, hear, store."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_common.adapters import fetch_source
from mentor_common.consumer import Assignment, WorkDone
from mentor_common.media import Limits, Trim
from mentor_common.workdir import require_room
from mentor_transcriber.speech import Tools, transcribe

if TYPE_CHECKING:
    from mentor_common.events import UploadAccepted
    from mentor_common.storage import Storage
    from mentor_transcriber.engines import Engine

_ROOM_FACTOR = 1
_ROOM_BYTES = 64 << 20  # the sound of the longest video as WAV, and some


def names(_upload: UploadAccepted) -> list[str]:
    """Return the task shown to people that the transcriber stands for."""
    return ["transcribing"]


@dataclass(frozen=True)
class Transcriber:
    """The transcriber's work on one upload.

    Parameters
    ----------
    storage, bucket
        Where transcript and captions go.
    work_dir
        Scratch space of this process.
    engine, tools, limits
        How to hear and what to refuse.
    """

    storage: Storage
    bucket: str
    work_dir: Path
    engine: Engine
    tools: Tools
    limits: Limits

    async def __call__(self, assignment: Assignment) -> WorkDone:
        """Write the transcript with its word timings, and the captions."""
        upload = assignment.upload
        trim = Trim(upload.trim.start, upload.trim.end) if upload.trim else None
        size = assignment.upload.source.size
        self.limits.admit(size)
        require_room(self.work_dir, _ROOM_FACTOR * size + _ROOM_BYTES)
        with tempfile.TemporaryDirectory(dir=self.work_dir) as folder:
            path = Path(folder) / "source"
            await fetch_source(self.storage, upload.source, path)
            heard = await transcribe(
                path,
                trim=trim,
                work_dir=Path(folder),
                engine=self.engine,
                tools=self.tools,
                limits=self.limits,
                timings=assignment.timings,
            )
        texts = {
            "transcript": ("transcript.json", heard.to_json()),
            "vtt": ("en.vtt", heard.vtt),
        }
        keys = {name: f"{assignment.prefix}/{file}" for name, (file, _) in texts.items()}
        await asyncio.gather(
            *(
                asyncio.to_thread(self.storage.put_text, text, self.bucket, keys[name])
                for name, (_, text) in texts.items()
            )
        )
        return WorkDone(keys, facts={"engine": heard.engine, "words": len(heard.words)})

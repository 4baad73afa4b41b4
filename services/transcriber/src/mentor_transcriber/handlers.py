"""The transcriber's work on an upload: fetch, recognise the speech, store."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentor_common.adapters import fetch_source
from mentor_common.captions import primary_language
from mentor_common.events import UploadAccepted
from mentor_common.jobs import KINDS
from mentor_common.threads import side_by_side
from mentor_common.work.parked import Parked
from mentor_common.work.result import WorkDone
from mentor_common.workdir import require_room
from mentor_transcriber.audio import cut_sound
from mentor_transcriber.engines.aws import NAME as AWS
from mentor_transcriber.hints import expected_words
from mentor_transcriber.profanity import masked
from mentor_transcriber.speech import SILENCE, transcribe, transcript_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from mentor_common.aws.storage import Storage
    from mentor_common.events import WorkRequested
    from mentor_common.media import Limits, Tools
    from mentor_common.work.upload_work import Assignment
    from mentor_transcriber.alignment import ForcedAligner
    from mentor_transcriber.engines.aws import TranscribeJobs
    from mentor_transcriber.engines.base import Engine
    from mentor_transcriber.speech import Transcript

_ROOM_FACTOR = 1
_ROOM_BYTES = 64 << 20  # the sound of the longest video as WAV, and some


def sub_tasks(upload: WorkRequested) -> Sequence[str]:
    """Return the task shown to people that the transcriber's work stands for, where it has any.

    Subscriptions keep away what asks for no transcript; a message that was sent again by hand, or
    under another release's subscriptions, may come all the same.
    """
    if isinstance(upload, UploadAccepted) and not upload.transcribe:
        return ()
    return KINDS["transcribe"].sub_tasks


@dataclass(frozen=True)
class Workspace:
    """Fetches sources into scratch space, and stores results."""

    storage: Storage
    bucket: str
    work_dir: Path
    tools: Tools
    limits: Limits
    masks_profanity: bool = False

    @asynccontextmanager
    async def fetched(self, assignment: Assignment) -> AsyncIterator[tuple[Path, Path]]:
        """Give the source and a folder to work in, for as long as the block."""
        source = assignment.upload.source
        self.limits.admit(source.size)
        require_room(self.work_dir, _ROOM_FACTOR * source.size + _ROOM_BYTES)
        with tempfile.TemporaryDirectory(dir=self.work_dir) as folder:
            path = Path(folder) / "source"
            await fetch_source(self.storage, source, path)
            yield path, Path(folder)

    def store(self, transcript: Transcript, prefix: str) -> WorkDone:
        """Store transcript and captions under a claim's prefix."""
        if self.masks_profanity:
            transcript = masked(transcript)
        language = primary_language(transcript.language)
        texts = {
            "transcript": ("transcript.json", transcript.to_json()),
            "vtt": (f"{language}.vtt", transcript.vtt),
        }
        if transcript.english_vtt is not None:
            texts["vtt_en"] = ("en.vtt", transcript.english_vtt)
        keys = {name: f"{prefix}/{file}" for name, (file, _) in texts.items()}
        puts = side_by_side(
            *(
                partial(self.storage.put_text, text, self.bucket, keys[name])
                for name, (_, text) in texts.items()
            )
        )
        for stored in puts:
            stored()
        facts: dict[str, Any] = {
            "engine": transcript.engine,
            "language": transcript.language,
            "words": len(transcript.words),
        }
        return WorkDone(keys, facts | ({"model": transcript.model} if transcript.model else {}))


@dataclass(frozen=True)
class Transcriber:
    """The transcriber's work on one upload, with a recogniser that answers at once."""

    workspace: Workspace
    engine: Engine
    aligner: ForcedAligner | None = None

    async def __call__(self, assignment: Assignment) -> WorkDone:
        """Write the transcript with its word timings, and the captions."""
        upload = assignment.upload
        hints = upload.hints if isinstance(upload, UploadAccepted) else None
        async with self.workspace.fetched(assignment) as (path, folder):
            transcript = await transcribe(
                path,
                trim=trim_of(upload),
                work_dir=folder,
                engine=self.engine,
                aligner=self.aligner,
                hints=expected_words(hints),
                tools=self.workspace.tools,
                limits=self.workspace.limits,
                timings=assignment.timings,
            )
        return await asyncio.to_thread(self.workspace.store, transcript, assignment.prefix)


@dataclass(frozen=True)
class AwsTranscriber:
    """The transcriber's work with AWS Transcribe as the recogniser: cut the sound, start a job.

    Parameters
    ----------
    audio_bucket, output_bucket
        What AWS reads and where it writes.
    check_seconds, deadline_seconds
        Seconds until the sweep asks for the job, and until it is given up.
    """

    workspace: Workspace
    jobs: TranscribeJobs
    audio_bucket: str
    output_bucket: str
    check_seconds: float = 60.0
    deadline_seconds: float = 4 * 3600.0

    async def __call__(self, assignment: Assignment) -> WorkDone | Parked:
        """Start a job on the sound; without any, the transcript is empty at once."""
        async with self.workspace.fetched(assignment) as (path, folder):
            sound = await cut_sound(
                path,
                trim=trim_of(assignment.upload),
                work_dir=folder,
                tools=self.workspace.tools,
                limits=self.workspace.limits,
                timings=assignment.timings,
            )
            if sound.wav is None:
                empty = transcript_of(SILENCE, AWS, self.jobs.language, sound.duration_s)
                return await asyncio.to_thread(self.workspace.store, empty, assignment.prefix)
            # AWS's own account of it stays beside it until the bucket forgets both.
            audio = self.audio_bucket, f"{assignment.prefix}/audio.wav"
            await asyncio.to_thread(self.workspace.storage.upload, sound.wav, *audio)
        upload = assignment.upload.upload_id
        name = f"{self.jobs.prefix}{upload}-{assignment.attempt}-{assignment.claim}"
        output = self.output_bucket, output_key(name)
        await asyncio.to_thread(self.jobs.start, name, audio, output)
        return Parked(
            name,
            self.check_seconds,
            self.deadline_seconds,
            facts={"engine": AWS, "duration_s": sound.duration_s, "prefix": assignment.prefix},
        )


def output_key(job: str) -> str:
    """Return the key under which a job writes its transcript."""
    return f"transcripts/{job}.json"


def trim_of(upload: WorkRequested) -> tuple[float, float] | None:
    """Return start and end of the part that is kept, seconds; ``None`` for all of it."""
    return (upload.trim.start, upload.trim.end) if upload.trim else None

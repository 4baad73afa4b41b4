"""The whole job of our transcoder in a warm worker, and the bare ffmpeg command inside it."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mentor_common.adapters import fetch_source
from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.events import SourceObject, Trim, UploadAccepted
from mentor_common.media import Limits, Tools, inspect, trimmed_span
from mentor_common.work.upload_work import Assignment
from mentor_local.emulator import Emulator
from mentor_local.provision import Stack, provision, service_environment
from mentor_transcoder import command, encode
from mentor_transcoder.handlers import Transcoder
from mentor_transcoder.job import EncodeJob, Profile
from mentor_transcriber.audio import extract

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from bench.clips import Case

IDS = ("a" * 24, "b" * 24)


def cpu_s() -> float:
    """Return the user and system seconds of this process and all children that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(work: Callable[[], None]) -> float:
    """Return the CPU seconds that ``work`` takes."""
    before = cpu_s()
    work()
    return cpu_s() - before


@dataclass(frozen=True)
class Jobs:
    """The transcoder over the emulator's S3, as its worker runs it."""

    emulator: Emulator
    stack: Stack
    storage: Storage

    @classmethod
    def start(cls) -> Self:
        """Start an emulator and connect."""
        emulator = Emulator().__enter__()
        stack = provision(emulator.endpoint)
        os.environ.update(
            {k: v for k, v in service_environment(stack, "transcoder").items() if k[:4] == "AWS_"}
        )
        return cls(emulator, stack, Storage(clients.client("s3", "us-east-1")))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.emulator.__exit__(kind, error, trace)

    def accepted(self, case: Case, path: Path) -> UploadAccepted:
        """Upload a clip; return the event that announces it."""
        bucket, key = self.stack.upload_bucket, f"bench/{uuid.uuid4()}"
        self.storage.upload(path, bucket, key)
        head = self.storage.head(bucket, key)
        return UploadAccepted(
            upload_id=str(uuid.uuid4()),
            mentor=IDS[0],
            question=IDS[1],
            source=SourceObject(bucket=bucket, key=key, etag=head.etag, size=head.size),
            trim=Trim(start=case.trim[0], end=case.trim[1]) if case.trim else None,
            transcribe=True,
            is_vbg_video=case.alpha,
        )

    def whole_job(self, upload: UploadAccepted, profile: Profile) -> dict[str, str]:
        """Fetch, gate, encode, verify, keep the original, store; return the results' keys."""
        with tempfile.TemporaryDirectory() as scratch:
            work = Transcoder(
                storage=self.storage,
                bucket=self.stack.static_bucket,
                work_dir=Path(scratch),
                tools=Tools(),
                profile=profile,
                limits=Limits(),
            )
            prefix = f"videos/{IDS[0]}/{IDS[1]}/{upload.upload_id}/{uuid.uuid4()}"
            done = asyncio.run(work(Assignment(upload, prefix, [], lambda _: None)))
        if done.failures:
            raise RuntimeError(f"the job failed: {done.failures}")
        return dict(done.results)

    def sound(self, upload: UploadAccepted) -> None:
        """Do what the transcriber does before it listens: fetch, gate, cut the sound."""

        async def cut(folder: Path) -> None:
            path = folder / "source"
            await fetch_source(self.storage, upload.source, path)
            source = await inspect(path)
            trim = (upload.trim.start, upload.trim.end) if upload.trim else None
            await extract(path, source, folder / "audio.wav", span=trimmed_span(source, trim))

        with tempfile.TemporaryDirectory() as scratch:
            asyncio.run(cut(Path(scratch)))

    def fetch(self, key: str, path: Path) -> Path:
        """Download a result."""
        bucket = self.stack.static_bucket
        self.storage.download(bucket, key, self.storage.head(bucket, key).etag, path)
        return path


def bare_command(case: Case, path: Path, profile: Profile) -> tuple[str, ...]:
    """Return the single ffmpeg command that the job runs, progress reports left out."""
    job = EncodeJob(trim=case.trim, thumbnail=True, is_vbg_video=case.alpha, profile=profile)
    plan = encode.plan_of(path, asyncio.run(inspect(path)), job)
    return command.build("ffmpeg", plan, ("web", "mobile"), thumbnail=True).argv


def run_all(commands: list[tuple[str, ...]], folder: Path) -> None:
    """Run commands one after the other."""
    for each in commands:
        subprocess.run(each, cwd=folder, check=True, stdout=subprocess.DEVNULL)

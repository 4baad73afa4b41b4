"""The whole job of our transcoder in a warm worker."""

from __future__ import annotations

import asyncio
import os
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.usage import cpu_s
from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.events import SourceObject, UploadAccepted
from mentor_common.media import Limits, Tools
from mentor_common.work.upload_work import Assignment
from mentor_local.emulator import Emulator
from mentor_local.provision import Stack, provision, service_environment
from mentor_transcoder.handlers import Transcoder
from mentor_transcoder.job import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from mentor_common.work.result import WorkDone


IDS = ("a" * 24, "b" * 24)


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

    def accepted(self, path: Path) -> UploadAccepted:
        """Upload a clip; return the event that announces it."""
        bucket, key = self.stack.upload_bucket, f"bench/{uuid.uuid4()}"
        self.storage.upload(path, bucket, key)
        head = self.storage.head(bucket, key)
        return UploadAccepted(
            upload_id=str(uuid.uuid4()),
            mentor=IDS[0],
            question=IDS[1],
            source=SourceObject(bucket=bucket, key=key, etag=head.etag, size=head.size),
            transcribe=True,
        )

    def whole_job(self, upload: UploadAccepted) -> WorkDone:
        """Fetch, gate, look, encode, verify, keep the original, store."""
        with tempfile.TemporaryDirectory() as scratch:
            work = Transcoder(
                storage=self.storage,
                bucket=self.stack.static_bucket,
                work_dir=Path(scratch),
                tools=Tools(),
                profile=Profile.BALANCED,
                limits=Limits(),
            )
            prefix = f"videos/{IDS[0]}/{IDS[1]}/{upload.upload_id}/{uuid.uuid4()}"
            done = asyncio.run(work(Assignment(upload, prefix, [], lambda _: None)))
        if done.failures:
            raise RuntimeError(f"the job failed: {done.failures}")
        return done

    def fetch(self, key: str, path: Path) -> Path:
        """Download a result."""
        bucket = self.stack.static_bucket
        self.storage.download(bucket, key, self.storage.head(bucket, key).etag, path)
        return path

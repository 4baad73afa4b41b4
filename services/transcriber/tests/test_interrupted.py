"""An upload whose recogniser ends amid the recording: its message comes again and succeeds."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
import wave
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.events import SourceObject, Topic, UploadAccepted
from mentor_common.jobs import Reader, accepted_event
from mentor_common.media import Limits, Tools
from mentor_common.work.claims import Tasks
from mentor_common.work.upload_work import upload_runner
from mentor_local.accepting import accept, new_video
from mentor_transcriber.engines.whisper import WhisperEngine, WhisperModel
from mentor_transcriber.handlers import Transcriber, Workspace, sub_tasks
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from mentor_common.jobs import AnswerKey, Table, Task
    from mentor_common.media import ToolRun
    from mentor_transcriber.engines.base import Recognition

SAID = "When I was a student I did not know what I wanted to do."
POLICY = Policy(
    slots=1, visibility=20, beat=5, receive_wait=1, grace=5, backoff_base=0.1, backoff_cap=0.2
)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def take_memory(pid: int) -> None:
    """Bound a process's data to less than it has: whatever it asks for now, it does not get."""
    resource.prlimit(pid, resource.RLIMIT_DATA, (64 << 20, 64 << 20))


@dataclass
class Interrupted:
    """Whisper, to which something happens amid its first recording."""

    engine: WhisperEngine
    interrupt: Callable[[int], None]
    pids: list[int | None] = field(default_factory=list)
    """The process of each recording."""

    @property
    def name(self) -> str:
        return self.engine.name

    @property
    def model(self) -> str | None:
        return self.engine.model

    @property
    def language(self) -> str:
        return self.engine.language

    async def recognise(
        self, wav: Path, *, hints: str | None = None, timings: list[ToolRun] | None = None
    ) -> Recognition:
        if self.pids:
            recognition = await self.engine.recognise(wav, hints=hints, timings=timings)
            self.pids.append(self.engine.pid)
            return recognition
        silence = wav.with_name("silence.wav")
        with wave.open(str(silence), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(bytes(32_000))
        await self.engine.recognise(silence)  # The model is loaded then.
        assert self.engine.pid
        self.pids.append(self.engine.pid)
        recognising = asyncio.create_task(self.engine.recognise(wav))
        await asyncio.sleep(0)  # The recording is named to the process then.
        self.interrupt(self.engine.pid)
        return await recognising


@dataclass
class Room:
    """The transcriber's queue, storage and table, with one upload in them."""

    cloud: Any
    table: Table
    answer: AnswerKey
    settings: TranscriberSettings
    storage: Storage
    scratch: Path

    def accept(self, film: Path) -> str:
        """Store a film, accept its upload and send its event; return the upload's id."""
        bucket, video = self.settings.signed_upload_bucket, new_video()
        self.storage.upload(film, bucket, video)
        head = self.storage.head(bucket, video)
        source = SourceObject(bucket=bucket, key=video, etag=head.etag, size=head.size)
        job = accept(self.table, self.answer, source, "wanted", video=video)
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=self.settings.queue_name)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=accepted_event(job).to_json())
        return job.upload_id

    def task(self, upload: str) -> Task | None:
        """Return the upload's task."""
        return Tasks(self.table, SystemClock()).read(upload, "transcribe")

    @asynccontextmanager
    async def consuming(self, engine: Interrupted) -> AsyncIterator[None]:
        """Run the transcriber's consumer for as long as the context lasts."""
        topic = Topic(clients.client("sns", "us-east-1"), self.settings.topic_arn)
        clock = SystemClock()
        adapters = Adapters(clock, self.table, Reader(self.table), topic, self.storage)
        work = Transcriber(
            Workspace(self.storage, self.settings.static_bucket, self.scratch, Tools(), Limits()),
            engine,
        )
        names = self.settings.queue_name, self.settings.dead_letter_queue_name
        async with SqsQueue.connect("us-east-1", *names) as queue:
            runner = upload_runner("transcribe", sub_tasks, work, adapters, queue)
            handlers = {UploadAccepted.TYPE: runner}
            consumer = Consumer(queue, handlers, POLICY, DependencyBreaker({}), "transcriber")
            stop = asyncio.Event()
            running = asyncio.create_task(consumer.run(stop))
            try:
                yield
            finally:
                stop.set()
                await running
                await engine.engine.close()


@pytest.fixture
def room(
    cloud: Any,
    table: Table,
    answer_key: AnswerKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Room:
    for name, value in cloud.environment("transcriber").items():
        monkeypatch.setenv(name, value)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    storage = Storage(clients.client("s3", "us-east-1"))
    return Room(cloud, table, answer_key, TranscriberSettings(), storage, scratch)


@pytest.mark.parametrize(
    "interrupt",
    [
        kill,
        pytest.param(
            take_memory,
            marks=pytest.mark.skipif(
                sys.platform != "linux", reason="only Linux bounds the memory of data"
            ),
        ),
    ],
)
def test_its_message_comes_again_and_another_process_recognises_it(
    room: Room,
    whisper_model: WhisperModel,
    speak: Callable[[str], Path],
    film: Callable[..., Path],
    interrupt: Callable[[int], None],
) -> None:
    upload = room.accept(film("answer.mp4", seconds=4, sound=speak(SAID)))

    async def story() -> tuple[Interrupted, Task]:
        engine = Interrupted(WhisperEngine(whisper_model), interrupt)
        async with room.consuming(engine), asyncio.timeout(120):
            task = room.task(upload)
            while task is None or not task.terminal:
                await asyncio.sleep(0.1)
                task = await asyncio.to_thread(room.task, upload)
        return engine, task

    engine, task = asyncio.run(story())
    assert (task.status, task.attempt, task.starts) == ("DONE", 1, 2)
    assert "recogniser ended with" in (task.last_error or "")
    first, second = engine.pids
    assert first != second
    with pytest.raises(ProcessLookupError):
        os.kill(first or 0, 0)
    transcript = room.storage.get_text(room.settings.static_bucket, task.results["transcript"])
    assert "I was a student" in json.loads(transcript)["text"]

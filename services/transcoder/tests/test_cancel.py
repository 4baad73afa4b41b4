"""A cancelled upload's ffmpeg ends soon, long before the heart beats again."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.consumer.heartbeat import CHECK_SECONDS
from mentor_common.events import Event, SourceObject, UploadAccepted
from mentor_common.jobs import Reader, Table, Write
from mentor_local.waiting import wait_until
from mentor_transcoder.bootstrap import build
from mentor_transcoder.settings import TranscoderSettings

if TYPE_CHECKING:
    import pytest


def encoders(scratch: Path) -> list[int]:
    """Return the processes that encode something in ``scratch``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(scratch).encode() in command and b"libx264" in command:
                found.append(int(entry.name))
    return found


def send(cloud: Any, path: Path) -> str:
    """Upload a file and announce it; return the upload's id."""
    environment = cloud.environment("transcoder")
    bucket, key = environment["SIGNED_UPLOAD_BUCKET"], f"user1/{uuid.uuid4()}"
    etag = cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=path.read_bytes())["ETag"]
    upload = UploadAccepted(
        upload_id=str(uuid.uuid4()),
        mentor=secrets.token_hex(12),
        question=secrets.token_hex(12),
        source=SourceObject(bucket=bucket, key=key, etag=etag, size=path.stat().st_size),
        transcribe=False,
    )
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=environment["QUEUE_NAME"])["QueueUrl"]
    event = Event.of(upload, service="api", step="", at=1.0)
    sqs.send_message(QueueUrl=url, MessageBody=event.to_json())
    return upload.upload_id


def test_cancelling_ends_the_encoder_before_the_heart_beats_again(
    cloud: Any, table: Table, ffmpeg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cloud.environment("transcoder").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENCODING_PROFILE", "compat")
    part, long = tmp_path / "part.mp4", tmp_path / "long.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=2")
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "30")
    subprocess.run((ffmpeg, "-v", "error", *picture, *encoder, str(part)), check=True)
    minute = ("-stream_loop", "29", "-i", str(part), "-c", "copy", str(long))
    subprocess.run((ffmpeg, "-v", "error", *minute), check=True)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    settings = TranscoderSettings()
    upload_id = send(cloud, long)

    async def scene() -> None:
        names = settings.queue_name, settings.dead_letter_queue_name
        async with SqsQueue.connect(settings.aws_region, *names) as queue:
            wiring = build(settings, queue, scratch)
            policy = Policy(receive_wait=1, visibility=7200, beat=3600)
            assert CHECK_SECONDS <= 5
            consumer = Consumer(queue, wiring.handlers, policy, DependencyBreaker({}), "t")
            stop = asyncio.Event()
            running = asyncio.create_task(consumer.run(stop))
            try:
                await asyncio.to_thread(
                    wait_until, lambda: bool(encoders(scratch)), seconds=60, what="an encoder"
                )
                cancel = {"by": "user1", "at": time.time()}
                table.write(Write(f"UPLOAD#{upload_id}", "CANCEL", put=cancel))
                await asyncio.to_thread(
                    wait_until, lambda: not encoders(scratch), seconds=60, what="its end"
                )
            finally:
                stop.set()
                await running

    asyncio.run(scene())
    task = Reader(table).upload(upload_id).transcode
    assert task is not None
    assert (task.status, task.starts, task.results) == ("IN_PROGRESS", 0, {})
    assert list(scratch.iterdir()) == []

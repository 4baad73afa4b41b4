"""Hostile files through the whole worker: harmless, in one attempt, with a word to the mentor."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import secrets
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.events import Event, SourceObject, UploadAccepted
from mentor_common.jobs import Reader, Table
from mentor_common.media import GUARD_FLAGS
from mentor_local.corpus import EXPECTED, HOSTILE, make_hostile
from mentor_local.waiting import wait_until
from mentor_transcoder.bootstrap import build
from mentor_transcoder.settings import TranscoderSettings
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Listener:
    """A web server on the loopback that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    @contextlib.contextmanager
    def listening(self) -> Iterator[Listener]:
        with serving(self._server):
            yield self


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """The one address that all hostile files name."""
    with Listener().listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> dict[str, Path]:
    """All hostile files."""
    folder = tmp_path_factory.mktemp("hostile")
    return {name: make_hostile(name, folder, listener.url) for name in HOSTILE}


def send_all(cloud: Any, corpus: dict[str, Path]) -> dict[str, str]:
    """Upload each file and announce it; return upload ids by name."""
    environment = cloud.environment("transcoder")
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=environment["QUEUE_NAME"])["QueueUrl"]
    bucket = environment["SIGNED_UPLOAD_BUCKET"]
    ids = {}
    for name, path in corpus.items():
        key, ids[name] = f"user1/{uuid.uuid4()}", str(uuid.uuid4())
        etag = s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())["ETag"]
        data = UploadAccepted(
            upload_id=ids[name],
            mentor=secrets.token_hex(12),
            question=secrets.token_hex(12),
            source=SourceObject(bucket=bucket, key=key, etag=etag, size=path.stat().st_size),
            transcribe=False,
        )
        event = Event.of(data, service="api", step="", at=1.0)
        sqs.send_message(QueueUrl=url, MessageBody=event.to_json())
    return ids


async def work_off(cloud: Any, scratch: Path) -> None:
    """Run the worker until its queue is empty."""
    settings = TranscoderSettings()
    names = settings.queue_name, settings.dead_letter_queue_name
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=settings.queue_name)["QueueUrl"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def empty() -> bool:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)
        return not any(int(answer["Attributes"][count]) for count in counts)

    async with SqsQueue.connect(settings.aws_region, *names) as queue:
        wiring = build(settings, queue, scratch)
        policy = Policy(slots=2, receive_wait=1)
        consumer = Consumer(queue, wiring.handlers, policy, DependencyBreaker({}), "transcoder")
        stop = asyncio.Event()
        running = asyncio.create_task(consumer.run(stop))
        try:
            await asyncio.to_thread(wait_until, empty, seconds=150, what="an empty queue")
        finally:
            stop.set()
            await running


def test_every_hostile_file_ends_in_one_attempt_and_nobody_is_asked(
    cloud: Any,
    table: Table,
    corpus: dict[str, Path],
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in cloud.environment("transcoder").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENCODING_PROFILE", "fast")
    uploads = send_all(cloud, corpus)

    asyncio.run(work_off(cloud, tmp_path))

    ended = {}
    for name, upload_id in uploads.items():
        task = Reader(table).upload(upload_id).transcode
        assert task is not None
        assert (task.attempt, task.starts) == (1, 1), name
        ended[name] = {"status": task.status} | ({"code": task.code} if task.code else {})
        if task.status == "FAILED":
            assert task.reason is not None
            assert task.reason[0].isupper(), "a sentence"
            assert task.reason.endswith("."), "with what to do at its end"
            assert not {"ffmpeg", "ffprobe", "codec", "/"} & set(task.reason.split())
    assert ended == EXPECTED
    assert listener.asked == []
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"
    dead = cloud.environment("transcoder")["DEAD_LETTER_QUEUE_NAME"]
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=dead)["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)


@pytest.mark.usefixtures("ffmpeg")
def test_the_flags_alone_keep_playlists_from_asking_or_reading_beside_them(
    corpus: dict[str, Path], listener: Listener
) -> None:
    """The worker's tools have no network where possible; the flags must do without that."""
    scripts = [path for name, path in corpus.items() if name.startswith(("play", "conc", "mani"))]
    for path in scripts:
        probe = ("ffprobe", "-v", "error", *GUARD_FLAGS, "-show_streams", str(path))
        done = subprocess.run(probe, check=False, capture_output=True, text=True)
        assert done.returncode != 0, path.name
        assert "codec_name" not in done.stdout, path.name
    assert listener.asked == []
    # The listener would have noticed: allowed to, ffprobe does ask.
    free = ("-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL")
    playlist = corpus["playlist-http.mp4"]
    subprocess.run(("ffprobe", "-v", "quiet", *free, str(playlist)), check=False)
    assert listener.asked == ["/segment.ts"]
    listener.asked.clear()

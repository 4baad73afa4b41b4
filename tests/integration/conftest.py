"""The api over the emulator and the local GraphQL server, in one process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from answer_harness import AnswerHarness
from console_client import OpsClient
from mentor_api import bootstrap
from mentor_api.ingest import build as build_ingest
from mentor_api.settings import IngestSettings, WebSettings
from mentor_api.uploads.gateway import Gateway
from mentor_api.uploads.sweep import Sweep
from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.clock import SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, SqsQueue
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import (
    AnswerKey,
    Answers,
    Intake,
    Outcome,
    Reader,
    Table,
    Task,
    Write,
    upload_id_of,
)
from mentor_common.jobs.model import upload_pk
from mentor_common.settings import CommonSettings
from mentor_common.work.worker import policy_of
from mentor_local.graphql.seed import SEED_ADMIN_ID, SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID
from mentor_local.process import http_status
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until
from mentor_notifier.bootstrap import build as build_notifier
from mentor_notifier.bootstrap import importing
from mentor_notifier.settings import NotifierSettings
from module_processes import Processes
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from mentor_common.clock import ManualClock
    from mentor_local.graphql.server import GraphQLServer
    from mentor_notifier.transfers.importing import Importer

VTT = b"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello\n"
_IDLE_SECONDS = 0.05
MP4_START = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00" * 64


@dataclass
class Api:
    """The api's web process and what it stands on."""

    settings: WebSettings
    client: FlaskClient
    token: str
    cloud: Any
    graphql: GraphQLServer
    table: Table
    adapters: Adapters
    graphql_client: GraphQLClient

    @property
    def answer(self) -> AnswerKey:
        """The answer that :meth:`post` is about."""
        return AnswerKey(SEED_MENTOR_ID, SEED_QUESTION_ID)

    def put(self, content: bytes = MP4_START, user: str = SEED_OWNER_ID) -> str:
        """Store an uploaded object; return its key."""
        key = f"{user}/{uuid.uuid4()}"
        bucket = self.settings.signed_upload_bucket
        self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        return key

    def post(self, body: Any = None, **changes: Any) -> TestResponse:
        """``POST /upload/answer`` as the UI sends it; keywords change the body."""
        if body is None:
            body = {
                "mentor": SEED_MENTOR_ID,
                "question": SEED_QUESTION_ID,
                "video": changes.get("video") or self.put(),
                "isVbgVideo": False,
            } | changes
            body = {name: value for name, value in body.items() if value is not ...}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            "/upload/answer",
            data=data,
            headers=self.headers | {"Content-Type": "multipart/form-data"},
        )

    def post_form(
        self, path: str, fields: dict[str, str], name: str, raw: bytes, label: str
    ) -> TestResponse:
        """Post a multipart form with one file as a browser does."""
        # Encoded here: werkzeug's client leaves the temporary file of a large form open.
        form = requests.Request(
            "POST", "http://localhost", data=fields, files={name: ("file", raw, label)}
        ).prepare()
        headers = self.headers | {"Content-Type": form.headers["Content-Type"]}
        return self.client.post(path, data=form.body, headers=headers)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the mentor's browser."""
        return {"Authorization": f"bearer {self.token}"}

    def published(self, service: str = "transcoder") -> list[dict[str, Any]]:
        """Return (and take) the events waiting in a service's queue."""
        sqs = self.cloud.client("sqs")
        name = self.cloud.environment(service)["QUEUE_NAME"]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found = []
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
            if not answer.get("Messages"):
                return found

    def untouched(self) -> bool:
        """Return whether no document, no lock and no event exist for the answer."""
        current = Reader(self.table).current(self.answer)
        document = self.graphql.store.upload_task(*self.ids)
        return current is None and document is None and not self.published()

    def give_up(self, upload_id: str, code: str = "gave_up", attempt: int = 1) -> None:
        """Write that the transcoder has given an upload up, or failed it for another reason."""
        failed = Task(
            status="FAILED",
            attempt=attempt,
            token="t",
            owner="test",
            lease_until=0,
            code=code,
            reason="It did not work.",
            first_at=1.0,
            started_at=1.0,
            finished_at=2.0,
        )
        key = upload_pk(upload_id), "TASK#transcode"
        self.table.write(Write(*key, put=failed.item()))
        outcome = Outcome(kind="failed", code=code, reason="It did not work.", at=2.0, said=True)
        Answers(self.table, SystemClock()).put_outcome(upload_id, f"{attempt}.1", outcome)

    @property
    def ids(self) -> tuple[str, str]:
        """Mentor and question."""
        return SEED_MENTOR_ID, SEED_QUESTION_ID

    def delete_document(self) -> None:
        """Delete the document as the UI does."""
        UploadUI("", self.graphql.url, self.token).delete_task(*self.ids)

    def sweep(self, clock: ManualClock | SystemClock) -> Sweep:
        """Return the ingest worker's sweep at a time of the test's choice."""
        intake, gateway = Intake(self.table, clock), Gateway(self.graphql_client)
        return Sweep(intake, Reader(self.table), self.adapters.topic, gateway, clock)


@pytest.fixture(scope="session")
def adapters(_session_cloud: Any) -> Adapters:
    """The tests' own adapters, beside those of the code under test: clients take long to make."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _session_cloud.environment("api").items():
            patch.setenv(name, value)
        return Adapters.connect(CommonSettings())


@pytest.fixture(scope="session")
def make_client() -> Callable[..., Any]:
    """Return a function that makes an AWS client as services do, but each only once."""
    make = clients.client

    @cache
    def made(_environment: frozenset[tuple[str, str]], *what: str, **how: Any) -> Any:
        return make(*what, **how)

    def client(*what: str, **how: Any) -> Any:
        environment = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
        return made(frozenset(environment.items()), *what, **how)

    return client


@pytest.fixture
def make_api(
    cloud: Any,
    adapters: Adapters,
    make_client: Callable[..., Any],
    graphql: GraphQLServer,
    graphql_environment: dict[str, str],
    make_token: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Api]:
    """Return a function that starts the api with changed settings."""

    def make(**settings: str) -> Api:
        environment = cloud.environment("api") | graphql_environment | settings
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        loaded = WebSettings()
        monkeypatch.setattr(clients, "client", make_client)
        return Api(
            settings=loaded,
            client=bootstrap.web(loaded).test_client(),
            token=make_token(SEED_OWNER_ID),
            cloud=cloud,
            graphql=graphql,
            table=adapters.table,
            adapters=adapters,
            graphql_client=GraphQLClient(loaded),
        )

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """The api with default settings."""
    return make_api()


@pytest.fixture
def start_web(
    api: Api, graphql_environment: dict[str, str], free_port: Callable[[], int]
) -> Iterator[Callable[..., tuple[str, subprocess.Popen[bytes]]]]:
    """Return a function that starts a real web process of one worker, with changed settings."""
    with ExitStack() as started:

        def start(**settings: str) -> tuple[str, subprocess.Popen[bytes]]:
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            environment |= api.cloud.environment("api") | graphql_environment
            environment |= {"WEB_HOST": "127.0.0.1", "WEB_PORT": str(port), "WEB_PROCESSES": "1"}
            process = subprocess.Popen(
                [sys.executable, "-m", "mentor_api", "web"],
                env=environment | settings,
                stdout=subprocess.DEVNULL,
            )
            started.callback(process.wait)
            started.callback(process.kill)
            what = "the web process"
            wait_until(lambda: http_status(f"{url}/livez") == 200, seconds=60, what=what)
            return url, process

        yield start


@pytest.fixture
def upload_id() -> Callable[[str], str]:
    """Return the id of the upload of a video key."""
    return upload_id_of


@pytest.fixture
def harness(
    cloud: Any,
    table: Table,
    graphql: GraphQLServer,
    graphql_client: GraphQLClient,
    make_token: Callable[..., str],
) -> AnswerHarness:
    """One answer, its workers played by the test, and a notifier with a clock of the test's."""
    bucket = cloud.environment("api")["S3_STATIC_ARN"].rsplit(":", 1)[-1]
    token = make_token(SEED_OWNER_ID)
    return AnswerHarness.over(table, graphql, graphql_client, token, bucket)


@dataclass(frozen=True)
class FileHost:
    """A foreign host on this machine; counts who asks for what."""

    port: int
    asked: list[str]
    closing: threading.Event
    mended: threading.Event

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def exception(self) -> str:
        """What has to be excepted so that it may be fetched from."""
        return f"127.0.0.1:{self.port}"


class _FileHandler(BaseHTTPRequestHandler):
    """``/video/`` and ``/captions/`` are files, ``/slow/`` too, ``/away?to=`` redirects."""

    host: FileHost

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        first = self.path not in self.host.asked
        self.host.asked.append(self.path)
        if path.path in {"/away", "/loop"}:
            self.send_response(302)
            self.send_header("Location", parse_qs(path.query).get("to", ["/loop"])[0])
            self.end_headers()
            return
        kind = path.path.split("/")[1]
        if kind == "slow":
            self.host.closing.wait(0.4)
        if (kind == "flaky" and first) or (kind == "down" and not self.host.mended.is_set()):
            self.send_error(503)
            return
        files = dict.fromkeys(("video", "flaky", "slow", "down"), MP4_START)
        files |= {"captions": VTT, "html": b"<html></html>"}
        body = files.get(kind, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Keep quiet."""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Processes that a test starts; what still runs at its end is ended."""
    with Processes(tmp_path / "log") as running:
        yield running


@pytest.fixture
def file_host() -> Iterator[FileHost]:
    """Return a host of files that runs as long as the test."""
    asked: list[str] = []
    handler = type("Handler", (_FileHandler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    host = FileHost(server.server_port, asked, threading.Event(), threading.Event())
    handler.host = host  # type: ignore[attr-defined]  # made above for this server alone
    with serving(server):
        yield host
        host.closing.set()


@dataclass
class Transfers:
    """The api in this process, and ingest and notifier beside it, message by message."""

    api: Api
    host: FileHost
    settings: dict[str, str]

    def export(self, media: int = 3, **changes: Any) -> dict[str, Any]:
        """Return a request as the UI sends it, with the nulls that real exports have."""
        questions = [
            {
                "_id": f"{number:024x}",
                "question": f"Question {number}?",
                "name": None,
                "clientId": None,
                "mentor": None,
            }
            for number in range(1, media + 1)
        ]
        answers = [
            {
                "question": question,
                "transcript": f"Answer {number}",
                "status": "COMPLETE",
                "hasEditedTranscript": None,
                "externalVideoIds": None,
                "webMedia": self.medium(number),
                "mobileMedia": None,
                "vttMedia": None,
            }
            for number, question in enumerate(questions)
        ]
        return {
            "mentor": SEED_MENTOR_ID,
            "mentorExportJson": {
                "id": "5ee0000000000000000000b9",
                "mentorInfo": {"name": "Imported", "title": None, "__typename": "Mentor"},
                "subjects": [],
                "questions": questions,
                "answers": answers,
                "userQuestions": [{"question": "Asked", "classifierAnswer": None}],
            } | changes,
            "replacedMentorDataChanges": {"questionChanges": [], "answerChanges": []},
        }  # fmt: skip

    def medium(self, number: int, **changes: Any) -> dict[str, Any]:
        """Return an exported web medium with all that GraphQL's import forgets."""
        return {
            "type": "video",
            "tag": "web",
            "url": self.host.url(f"/video/{number}.mp4"),
            "transparentVideoUrl": "",
            "hash": f"hash-{number}",
            "duration": 1000.0 + number,
            "stringMetadata": "{}",
            "vttText": "",
            "__typename": "AnswerMedia",
        } | changes

    def post(self, body: Any) -> TestResponse:
        """``POST /transfer/mentor``."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.api.client.post(
            "/transfer/mentor",
            data=data,
            headers=self.api.headers | {"Content-Type": "application/json"},
        )

    def start(self, body: Any) -> str:
        """Post a transfer that is accepted; return its id."""
        answer = self.post(body)
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["data"]["id"])

    def status(self, transfer_id: str) -> dict[str, Any]:
        """``GET /transfer/status/{id}``."""
        answer = self.api.client.get(f"/transfer/status/{transfer_id}", headers=self.api.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json()["data"])

    def task(self) -> dict[str, Any]:
        """Return the import task as it is stored."""
        return dict(self.api.graphql.store.import_task(SEED_MENTOR_ID) or {})

    def answers(self) -> dict[str, dict[str, Any]]:
        """Return the mentor's answers by question."""
        found = self.api.graphql.store.find("answers", {"mentor": SEED_MENTOR_ID})
        return {answer["question"]: answer for answer in found}

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of a worker."""
        return {**self.api.cloud.environment(service), **self.settings}

    async def work(self, until: Callable[[], bool], seconds: float = 40) -> None:
        """Let ingest and notifier handle messages and sweep until something holds."""
        async with AsyncExitStack() as stack:
            workers = [await self._worker(stack, service) for service in ("api", "notifier")]
            deadline = time.monotonic() + seconds
            while not until():
                assert time.monotonic() < deadline, "waited in vain"
                received = 0
                for queue, consumer, wiring in workers:
                    messages = await queue.receive(10, 0, 30)
                    received += len(messages)
                    await asyncio.gather(*(consumer.handle(message) for message in messages))
                    for sweep in wiring.sweeps:
                        await asyncio.to_thread(sweep)
                if not received:  # a try is put off, or a lease runs: asking costs more than either
                    await asyncio.sleep(_IDLE_SECONDS)

    def importer(self, clock: Any) -> Importer:
        """Return what the notifier does for transfers, by a clock of the test's."""
        settings, adapters = self._notifiers
        return importing(settings, replace(adapters, clock=clock), GraphQLClient(settings))

    @cached_property
    def _notifiers(self) -> tuple[Any, Adapters]:
        """Its settings and clients, which take long to make, for all its lives in a test."""
        settings = self._settings("notifier")
        return settings, Adapters.connect(settings)

    def _settings(self, service: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment(service).items():
                patch.setenv(name, value)
            return IngestSettings() if service == "api" else NotifierSettings()

    async def _worker(self, stack: AsyncExitStack, service: str) -> Any:
        settings = self._settings(service)
        names = settings.queue_name, settings.dead_letter_queue_name
        queue = await stack.enter_async_context(SqsQueue.connect("us-east-1", *names))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        build = build_ingest if service == "api" else build_notifier
        wiring = build(settings, queue, folder)
        breaker = DependencyBreaker({})
        return (
            queue,
            Consumer(queue, wiring.handlers, policy_of(settings), breaker, service),
            wiring,
        )

    def finish(self, transfer_id: str) -> dict[str, Any]:
        """Work until the transfer is over; return its status."""
        ended = ("DONE", "FAILED")
        asyncio.run(self.work(lambda: self.status(transfer_id)["status"] in ended))
        return self.status(transfer_id)


@pytest.fixture
def transfers(api: Api, file_host: FileHost, graphql_environment: dict[str, str]) -> Transfers:
    """Transfers into the seeded mentor, with a host of files that is excepted."""
    settings = graphql_environment | {
        "REMOTE_FETCH_EXCEPTIONS": file_host.exception,
        "BACKOFF_BASE_SECONDS": "0.5",
        "BACKOFF_CAP_SECONDS": "1",
    }
    return Transfers(api, file_host, settings)


@pytest.fixture
def make_ops(
    make_api: Callable[..., Any], make_token: Callable[..., str]
) -> Callable[..., OpsClient]:
    """Return a function that opens the console with changed settings."""

    def make(**settings: str) -> OpsClient:
        api = make_api(**{"CONSOLE_ENABLED": "true"} | settings)
        return OpsClient(api, make_token(SEED_ADMIN_ID, role="ADMIN"))

    return make


@pytest.fixture
def ops(make_ops: Callable[..., OpsClient]) -> OpsClient:
    """An operator's client of the console."""
    return make_ops()

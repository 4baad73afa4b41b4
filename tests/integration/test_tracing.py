"""One trace for an upload: from the browser's POST over every queue to the GraphQL write."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.clock import ManualClock, SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy, SqsQueue
from mentor_common.errors import TransientError
from mentor_common.events import Topic, UploadAccepted
from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import Answers, Reader
from mentor_common.telemetry import tracing
from mentor_common.work import progress
from mentor_common.work.claims import Tasks
from mentor_common.work.result import WorkDone
from mentor_common.work.upload_work import Assignment, upload_runner
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_QUESTION_ID
from mentor_local.waiting import wait_until
from mentor_notifier.bootstrap import wire
from mentor_notifier.settings import NotifierSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from mentor_common.consumer.loop import Handler

    Work = Callable[[Assignment], Awaitable[WorkDone]]

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BROWSER = f"00-{TRACE}-00f067aa0ba902b7-01"
POLICY = Policy(slots=10, visibility=30, beat=5, receive_wait=0)


class Spans:
    """What was recorded."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def of(self, trace: str = TRACE) -> list[ReadableSpan]:
        return [
            span for span in self.all() if span.context and f"{span.context.trace_id:032x}" == trace
        ]

    def named(self, start: str) -> list[ReadableSpan]:
        return [span for span in self.all() if span.name.startswith(start)]

    def way_up(self, span: ReadableSpan) -> list[str]:
        """Return the names from a span up to the one that the browser began."""
        by_id = {each.context.span_id: each for each in self.all() if each.context}
        names = [span.name]
        while span.parent is not None and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            names.append(span.name)
        return names

    def text(self) -> str:
        """Return everything that an exporter would send."""
        return "".join(span.to_json() for span in self.all())


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Record every span of the test."""
    found = Spans()
    monkeypatch.setattr(tracing, "_tracer", found.provider.get_tracer("test"))
    yield found
    found.provider.shutdown()


class Line:
    """The queues behind the api, worked on in this process."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self.environment = api.cloud.environment

    def post(self) -> str:
        """Post an upload as a browser that traces does; return its id."""
        body = {
            "mentor": SEED_MENTOR_ID,
            "question": SEED_QUESTION_ID,
            "video": self._api.put(),
            "hasEditedTranscript": True,  # no transcription
        }
        answer = self._api.client.post(
            "/upload/answer",
            data=json.dumps(body),
            headers=self._api.headers | {"traceparent": BROWSER},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["data"]["upload_id"])

    async def transcode(self, work: Work, *, beat: float = POLICY.beat) -> None:
        """Let a transcoder take what waits for it."""
        environment = self.environment("transcoder")
        clock = SystemClock()

        def handlers(queue: SqsQueue) -> Mapping[str, Handler]:
            adapters = Adapters(
                clock=clock,
                table=self._api.table,
                reader=Reader(self._api.table),
                topic=Topic(clients.client("sns", "us-east-1"), environment["TOPIC_ARN"]),
                storage=Storage(clients.client("s3", "us-east-1")),
            )
            names = ["transcoding-web", "transcoding-mobile"]
            runner = upload_runner("transcode", lambda _: names, work, adapters, queue)
            return {UploadAccepted.TYPE: runner}

        # One at a time, as it does: of two messages about an upload at once, one is handed back.
        await self._consume("transcoder", handlers, replace(POLICY, slots=1, beat=beat))

    async def notify(self) -> None:
        """Let the notifier take what waits for it."""
        await self._consume("notifier", lambda _: self.notifier().handlers)

    def notifier(self) -> Any:
        """Return the notifier's wiring."""
        with pytest.MonkeyPatch.context() as patch:
            settings = self._api.settings
            told = self.environment("notifier") | {
                "GRAPHQL_ENDPOINT": settings.graphql_endpoint,
                "API_SECRET": settings.api_secret.get_secret_value(),
            }
            for name, value in told.items():
                patch.setenv(name, value)
            loaded = NotifierSettings()
        return wire(loaded, Adapters.connect(loaded), GraphQLClient(loaded))

    def waiting(self, queue: str) -> int:
        """Return how many messages a queue holds, those in flight included."""
        sqs = self._api.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        figures = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        return sum(int(figures[count]) for count in counts)

    async def _consume(
        self,
        service: str,
        handlers: Callable[[SqsQueue], Mapping[str, Handler]],
        policy: Policy = POLICY,
    ) -> None:
        environment = self.environment(service)
        names = environment["QUEUE_NAME"], environment["DEAD_LETTER_QUEUE_NAME"]
        async with AsyncExitStack() as stack:
            queue = await stack.enter_async_context(SqsQueue.connect("us-east-1", *names))
            consumer = Consumer(
                queue,
                handlers(queue),
                policy,
                DependencyBreaker({}),
                service,
                queue_name=names[0],
            )
            stop = asyncio.Event()
            running = asyncio.create_task(consumer.run(stop))
            await asyncio.to_thread(
                wait_until, lambda: not self.waiting(names[0]), seconds=30, what="an empty queue"
            )
            stop.set()
            await running


async def succeed(assignment: Assignment) -> WorkDone:
    keys = {name: f"{assignment.prefix}/{name}.mp4" for name in ("original", "web", "mobile")}
    facts = {"sha1": "a" * 40, "web_duration_ms": 1, "mobile_duration_ms": 1}
    return WorkDone(keys, facts)


@pytest.fixture
def line(api: Any) -> Line:
    """The api and the queues behind it."""
    return Line(api)


def test_a_write_to_graphql_leads_back_to_the_browsers_post(line: Line, spans: Spans) -> None:
    line.post()
    asyncio.run(line.notify())  # of the acceptance: what follows is news of the transcoder
    asyncio.run(line.transcode(succeed))
    asyncio.run(line.notify())
    switch = next(span for span in spans.named("mutation SwitchAnswer"))
    stage = "mentor-upload-local"
    assert spans.way_up(switch) == [
        "mutation SwitchAnswer",
        "reconcile",
        f"process {stage}-notifier",
        f"publish {stage}-transcoder",
        f"process {stage}-transcoder",
        f"publish {stage}-api",
        "POST /upload/answer",
    ]
    root = spans.named("POST /upload/answer")[0]
    assert root.parent is not None
    assert f"{root.parent.span_id:016x}" == "00f067aa0ba902b7", "the browser's own trace goes on"
    assert root.attributes is not None
    assert root.attributes["http.route"] == "/upload/answer"
    assert root.attributes["http.response.status_code"] == 200


def test_everything_about_an_upload_is_in_its_trace_but_the_receiving_of_batches(
    line: Line, spans: Spans
) -> None:
    upload = line.post()
    asyncio.run(line.transcode(succeed))
    asyncio.run(line.notify())
    outside = Counter(
        span.name.split()[0]
        for span in spans.all()
        if span.context and f"{span.context.trace_id:032x}" != TRACE
    )
    assert set(outside) == {"receive"}
    names = {span.name for span in spans.of()}
    assert {"query Before", "mutation CreateTask", "mutation UpdateTask"} <= names
    assert {"DynamoDB/TransactWriteItems", "S3/GetObject", "SNS/Publish"} <= names
    processed = [span for span in spans.of() if span.name.startswith("process ")]
    assert {
        span.attributes["mentor_upload.upload_id"] for span in processed if span.attributes
    } == {upload}


def test_a_receive_of_several_messages_links_to_each_of_their_traces(
    line: Line, spans: Spans, api: Any
) -> None:
    line.post()
    api.sweep(ManualClock(SystemClock().now() + 3600)).run()  # announced again, to all
    asyncio.run(line.transcode(succeed))
    asyncio.run(line.notify())
    received = [span for span in spans.named("receive ") if len(span.links) > 1]
    assert received, "the notifier is told more than one thing at once"
    assert {f"{link.context.trace_id:032x}" for link in received[0].links} == {TRACE}
    assert received[0].parent is None


def test_what_a_sweep_does_later_belongs_to_the_uploads_trace(
    line: Line, spans: Spans, api: Any
) -> None:
    upload = line.post()
    api.published()  # the announcement is lost
    later = ManualClock(SystemClock().now() + 3600)
    api.sweep(later).run()
    again = api.published()
    assert [event["subject"] for event in again] == [upload]
    assert again[0]["traceparent"].split("-")[1] == TRACE
    asyncio.run(line.notify())
    known = len(spans.named("reconcile"))
    long_ago = ManualClock(SystemClock().now() - 600)
    Answers(api.table, long_ago).request(
        api.answer, (upload,), read_back=True
    )  # and that notifier has died
    for sweep in line.notifier().sweeps:
        sweep()
    reconciles = spans.named("reconcile")
    assert len(reconciles) > known
    assert {f"{one.context.trace_id:032x}" for one in reconciles if one.context} == {TRACE}


def test_a_failed_start_is_an_error_in_the_trace_and_no_secret_is(
    line: Line, spans: Spans, api: Any
) -> None:
    line.post()
    failed: list[str] = []

    async def fail_once(assignment: Assignment) -> WorkDone:
        if not failed:
            failed.append(assignment.upload.upload_id)
            raise TransientError(f"no room; said with {api.token}", retry_after=1)
        return await succeed(assignment)

    asyncio.run(line.transcode(fail_once))
    outcomes = [
        span.attributes["mentor_upload.outcome"]
        for span in spans.named("process ")
        if span.attributes
    ]
    assert outcomes == ["retried", "done"]
    sent = spans.text()
    assert "no room" in sent
    assert api.token not in sent
    assert api.settings.api_secret.get_secret_value() not in sent
    assert api.settings.jwt_secret.get_secret_value() not in sent


def test_heartbeats_make_no_spans(
    line: Line, spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "RENEW_SECONDS", 1.0)
    line.post()

    async def nudging(assignment: Assignment) -> WorkDone:
        begun = len(spans.named("DynamoDB/UpdateItem"))
        assignment.on_percent(40)
        tasks, upload = Tasks(line._api.table, SystemClock()), assignment.upload.upload_id

        def written() -> bool:
            task = tasks.read(upload, "transcode")
            return task is not None and task.percent == 40

        # By a beat.
        await asyncio.to_thread(wait_until, written, seconds=10, what="the percent")
        assert len(spans.named("DynamoDB/UpdateItem")) == begun
        return await succeed(assignment)

    asyncio.run(line.transcode(nudging, beat=0.5))


def test_without_an_exporter_ids_travel_and_nothing_is_recorded(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Spans()
    provider = TracerProvider(sampler=ALWAYS_OFF)
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    upload = line.post()
    events = line._api.published()
    job = Reader(line._api.table).upload(upload).job
    assert job is not None
    assert [event["traceparent"].split("-")[1] for event in events] == [TRACE]
    assert job.traceparent is not None
    assert job.traceparent.split("-")[1] == TRACE
    assert silent.all() == []
    provider.shutdown()


def test_nonsense_in_the_header_begins_a_trace_of_our_own(line: Line, spans: Spans) -> None:
    answer = line._api.client.get(
        "/upload/url", headers=line._api.headers | {"traceparent": "00-x"}
    )
    assert answer.status_code == 200
    (root,) = spans.named("GET /upload/url")
    assert root.parent is None

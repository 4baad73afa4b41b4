"""The simulated services keep the contract that the emulator and the GraphQL server keep.

Each test runs on both, through the services' own adapters.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mentor_api import graphql_documents
from mentor_common.aws import clients
from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.consumer import SqsQueue
from mentor_common.events import Event, SourceObject, Topic, UploadAccepted
from mentor_common.graphql import GraphQLClient, GraphQLRefusedError
from mentor_common.jobs import SUB_TASK_FIELDS, AnswerKey, ConditionFailedError, Table, Write
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_QUESTION_ID
from mentor_local.waiting import wait_until
from mentor_notifier.answers.gateway import Gateway
from simulation import loop as virtual
from simulation.process import Process
from simulation.world import STATIC, World, simulated_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Refusal = type[Exception]

ANSWER = AnswerKey(SEED_MENTOR_ID, SEED_QUESTION_ID)


@dataclass
class Backend:
    """One of the two outsides, behind the real adapters."""

    table: Table
    storage: Storage
    bucket: str
    topic: Topic
    graphql: GraphQLClient
    call: Callable[[Callable[[], Any]], Any]
    """Runs blocking code."""
    with_queue: Callable[[str, Callable[[Any], Awaitable[Any]]], Any]
    """Runs a coroutine function on a service's queue (``transcoder`` or ``transcoder-dlq``)."""
    until: Callable[[Callable[[], Any]], None]

    @property
    def gateway(self) -> Gateway:
        """The notifier's view of GraphQL."""
        return Gateway(self.graphql)

    def tags(self, key: str) -> dict[str, str]:
        """Return the tags of an object."""
        read = self.storage._s3.get_object_tagging
        found = self.call(lambda: read(Bucket=self.bucket, Key=key))
        return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}

    def refused(
        self, call: Callable[[], Any], error: type[Exception] = ConditionFailedError
    ) -> Any:
        """Return the error that a call ends with."""
        with pytest.raises(error) as caught:
            self.call(call)
        return caught.value


pytestmark = pytest.mark.usefixtures("_session_cloud")  # a backend is chosen by its name


@pytest.fixture
def emulator_backend(cloud: Any, table: Table, graphql_client: GraphQLClient) -> Backend:
    """The emulator and the local GraphQL server, over HTTP."""
    environment = cloud.environment("api")

    def with_queue(name: str, use: Callable[[Any], Awaitable[Any]]) -> Any:
        service = name.removesuffix("-dlq")
        names = cloud.environment(service)
        main, dead = names["QUEUE_NAME"], names["DEAD_LETTER_QUEUE_NAME"]

        async def scene() -> Any:
            pair = (dead, dead) if name.endswith("-dlq") else (main, dead)
            async with SqsQueue.connect("us-east-1", *pair) as queue:
                return await use(queue)

        return asyncio.run(scene())

    return Backend(
        table,
        Storage(clients.client("s3", "us-east-1")),
        environment["S3_STATIC_ARN"].rsplit(":", 1)[-1],
        Topic(clients.client("sns", "us-east-1"), environment["TOPIC_ARN"]),
        graphql_client,
        lambda call: call(),
        with_queue,
        lambda condition: wait_until(condition, seconds=20, what="the emulator"),
    )


@pytest.fixture
def simulated_backend() -> Iterator[Backend]:
    """The simulation, in virtual time and without any service at work."""
    with World(11) as world:
        for name in list(world.processes):
            world.kill(name)
        process = Process("test")
        settings = simulated_settings("api")
        adapters = world.adapters(settings, process)

        def call(blocking: Callable[[], Any]) -> Any:
            return virtual.run_thread(world.loop, blocking)

        def with_queue(name: str, use: Callable[[Any], Awaitable[Any]]) -> Any:
            queue = SqsQueue(world.post.sqs(process), name, f"{name.removesuffix('-dlq')}-dlq")
            return world.loop.run_until_complete(use(queue))

        def until(condition: Callable[[], Any]) -> None:
            for _ in range(100):
                if condition():
                    return
                world.run(0.5)
            pytest.fail("it never came to be")

        yield Backend(
            adapters.table,
            adapters.storage,
            STATIC,
            adapters.topic,
            world.graphql.client(settings, process),
            call,
            with_queue,
            until,
        )


@pytest.fixture(params=["emulator", "simulation"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each outside in turn."""
    which = "emulator_backend" if request.param == "emulator" else "simulated_backend"
    found: Backend = request.getfixturevalue(which)
    return found


# ---- DynamoDB ----------------------------------------------------------------------------------


def test_a_conditional_put_wins_once(backend: Backend) -> None:
    pk = str(uuid.uuid4())
    put = Write(pk, "A", put={"n": 1.5, "s": {"x"}}, condition="attribute_not_exists(pk)")
    backend.call(lambda: backend.table.write(put))
    backend.refused(lambda: backend.table.write(put))
    item = backend.call(lambda: backend.table.get(pk, "A"))
    assert item == {"pk": pk, "sk": "A", "n": 1.5, "s": {"x"}}


def test_an_update_returns_the_item_and_creates_what_is_not_there(backend: Backend) -> None:
    pk = str(uuid.uuid4())
    update = Write(
        pk,
        "A",
        update="SET #a = :a ADD #count :one, #open :some",
        values={"a": "x", "one": 1, "some": {"u1", "u2"}},
    )
    backend.call(lambda: backend.table.write(update))
    item = backend.call(lambda: backend.table.write(update))
    assert (item["a"], item["count"], item["open"]) == ("x", 2, {"u1", "u2"})
    shrink = Write(pk, "A", update="REMOVE #a DELETE #open :all", values={"all": {"u1", "u2"}})
    item = backend.call(lambda: backend.table.write(shrink))
    assert "a" not in item
    assert "open" not in item, "an empty set does not exist"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("#n = :one AND #s = :x", True),
        ("#n = :one AND #s = :y", False),
        ("#n = :two OR #s = :x", True),
        ("attribute_exists(pk) AND (attribute_not_exists(#n) OR #n <= :one)", True),
        ("attribute_not_exists(#n) OR #n < :one", False),
        ("#missing = :one", False),
        ("#missing <= :one OR NOT #n = :two", True),
        ("#n > :one", False),
    ],
)
def test_conditions(backend: Backend, condition: str, holds: bool) -> None:
    pk = str(uuid.uuid4())
    backend.call(lambda: backend.table.write(Write(pk, "A", put={"n": 1, "s": "x"})))
    known = {"one": 1, "two": 2, "x": "x", "y": "y"}
    values = {
        name: value
        for name, value in known.items()
        if f":{name}" in condition.split() or f":{name})" in condition
    }
    write = Write(
        pk, "A", update="SET #done = :yes", condition=condition, values=values | {"yes": True}
    )
    if holds:
        assert backend.call(lambda: backend.table.write(write))["done"] is True
    else:
        backend.refused(lambda: backend.table.write(write))


def test_a_transaction_does_all_or_nothing_and_names_what_failed(backend: Backend) -> None:
    pk = str(uuid.uuid4())
    fresh = Write(pk, "A", put={"n": 1}, condition="attribute_not_exists(pk)")
    other = Write(pk, "B", put={"n": 1})
    backend.call(lambda: backend.table.transact(fresh, other))
    error = backend.refused(lambda: backend.table.transact(Write(pk, "C", put={"n": 1}), fresh))
    assert error.failed == (1,)
    assert set(backend.call(lambda: backend.table.partition(pk))) == {"A", "B"}
    gone = Write(pk, "B", condition="attribute_exists(pk)")
    backend.call(lambda: backend.table.transact(gone, Write(pk, "A", put={"n": 2})))
    assert set(backend.call(lambda: backend.table.partition(pk))) == {"A"}


def test_the_due_index_tells_what_is_due_the_longest_due_first(backend: Backend) -> None:
    kind, pk = str(uuid.uuid4()), str(uuid.uuid4())
    for sk, due_at in (("A", 30.0), ("B", 10.0), ("C", 99.0)):
        put = Write(pk, sk, put={"due_kind": kind, "due_at": due_at})
        backend.call(partial(backend.table.write, put))

    def due() -> list[str]:
        return [item["sk"] for item in backend.call(lambda: backend.table.due(kind, 50))]

    backend.until(lambda: due() == ["B", "A"])
    backend.call(lambda: backend.table.write(Write(pk, "B", update="REMOVE #due_kind, #due_at")))
    backend.until(lambda: due() == ["A"])


# ---- SQS and SNS -------------------------------------------------------------------------------


def accepted(*, transcribe: bool = True) -> Event:
    """Return an event."""
    data = UploadAccepted(
        upload_id=str(uuid.uuid4()),
        mentor=ANSWER.mentor,
        question=ANSWER.question,
        source=SourceObject(bucket="b", key="u/v", etag="e", size=1),
        transcribe=transcribe,
    )
    return Event.of(data, service="api", step="", at=0)


def test_a_received_message_is_hidden_until_it_is_shown_or_deleted(backend: Backend) -> None:
    event = accepted()
    backend.call(lambda: backend.topic.publish(event))

    async def scene(queue: Any) -> None:
        (message,) = await queue.receive(10, 5, 60)
        assert message.body == event.to_json()
        assert message.receive_count == 1
        assert message.group == ANSWER.mentor
        assert message.attributes["type"] == "upload.accepted.v1"
        assert await queue.receive(10, 0, 60) == []
        await queue.hide(message, 0)
        (again,) = await queue.receive(10, 5, 60)
        assert (again.message_id, again.receive_count) == (message.message_id, 2)
        await queue.delete(again)
        assert await queue.receive(10, 0, 60) == []

    backend.with_queue("transcoder", scene)


def test_a_subscription_delivers_what_its_filter_names(backend: Backend) -> None:
    backend.call(lambda: backend.topic.publish(accepted(transcribe=False)))

    async def count(queue: Any) -> int:
        return len(await queue.receive(10, 2, 60))

    found = {name: backend.with_queue(name, count) for name in ("transcoder", "transcriber")}
    assert found == {"transcoder": 1, "transcriber": 0}
    assert backend.with_queue("notifier", count) == 1


def test_a_dead_letter_keeps_body_group_and_attributes_and_says_why(backend: Backend) -> None:
    event = accepted()
    backend.call(lambda: backend.topic.publish(event))

    async def bury(queue: Any) -> None:
        (message,) = await queue.receive(10, 5, 60)
        await queue.dead_letter(message, {"code": "x", "text": ""})
        await queue.delete(message)

    async def exhume(queue: Any) -> None:
        (message,) = await queue.receive(10, 5, 60)
        assert message.body == event.to_json()
        assert message.group == ANSWER.mentor
        assert message.attributes["code"] == "x"
        assert message.attributes["text"] == "-"
        assert message.attributes["type"] == "upload.accepted.v1"

    backend.with_queue("transcoder", bury)
    backend.with_queue("transcoder-dlq", exhume)


# ---- S3 ----------------------------------------------------------------------------------------


def test_objects_are_stored_copied_listed_and_pinned(backend: Backend) -> None:
    bucket, prefix = backend.bucket, f"videos/{uuid.uuid4()}"
    storage = backend.storage
    backend.call(lambda: storage.put_text("hello", bucket, f"{prefix}/a.vtt"))
    head = backend.call(lambda: storage.head(bucket, f"{prefix}/a.vtt"))
    assert head.size == 5
    begun, first = backend.call(lambda: storage.beginning(bucket, f"{prefix}/a.vtt", 2))
    assert begun == head
    assert first == b"he"
    source = (bucket, f"{prefix}/a.vtt", head.etag)
    backend.call(lambda: storage.copy(source, bucket, f"{prefix}/b.vtt"))
    assert backend.call(lambda: storage.get_text(bucket, f"{prefix}/b.vtt")) == "hello"
    backend.call(lambda: storage.tag_superseded(bucket, f"{prefix}/b.vtt"))
    tagged = (bucket, f"{prefix}/b.vtt", head.etag)
    backend.call(lambda: storage.copy(tagged, bucket, f"{prefix}/copies/b.vtt"))
    assert backend.tags(f"{prefix}/b.vtt") == {"superseded": "true"}
    assert backend.tags(f"{prefix}/copies/b.vtt") == {}, "what is copied is needed"
    backend.call(lambda: storage.copy(source, bucket, f"{prefix}/copies/c.vtt", kind="original"))
    assert backend.tags(f"{prefix}/copies/c.vtt") == {"kind": "original"}
    backend.call(lambda: storage.tag_superseded(bucket, f"{prefix}/copies/c.vtt"))
    assert backend.tags(f"{prefix}/copies/c.vtt") == {"superseded": "true"}, "that one rule is left"
    keys = backend.call(lambda: storage.list_keys(bucket, f"{prefix}/"))
    keys = [key for key in keys if "/copies/" not in key]
    assert sorted(keys) == [f"{prefix}/a.vtt", f"{prefix}/b.vtt"]
    stale = (bucket, f"{prefix}/a.vtt", '"00000000000000000000000000000000"')
    backend.refused(lambda: storage.copy(stale, bucket, f"{prefix}/c.vtt"), ObjectMissingError)
    backend.refused(lambda: storage.head(bucket, f"{prefix}/c.vtt"), ObjectMissingError)
    backend.refused(lambda: storage.get_text(bucket, f"{prefix}/c.vtt"), ObjectMissingError)


# ---- GraphQL -----------------------------------------------------------------------------------


def info(name: str, status: str) -> dict[str, str]:
    """Return a TaskInfo."""
    return {"task_name": name, "task_id": f"id-{name}", "status": status}


def create(backend: Backend, **changes: Any) -> Any:
    """Create the document as the api does."""
    status: dict[str, Any] = {
        field: info(name, "QUEUED") for name, field in SUB_TASK_FIELDS.items()
    }
    status |= {"transcript": "", "webMedia": None} | changes
    variables = {"mentor": ANSWER.mentor, "question": ANSWER.question, "status": status}
    return backend.call(
        lambda: backend.graphql.as_service(graphql_documents.CREATE_TASK, variables)
    )


def test_a_document_is_created_merged_by_task_and_never_re_created(backend: Backend) -> None:
    gateway = backend.gateway
    web = {"transcodeWebTask": info("transcoding-web", "DONE")}
    assert backend.call(lambda: gateway.read(ANSWER)).document is None
    assert backend.call(lambda: gateway.update_tasks(ANSWER, [web])) == [False]
    assert backend.call(lambda: gateway.read(ANSWER)).document is None
    assert create(backend)["api"]["uploadTaskUpdate"] is True
    media = {"webMedia": {"type": "video", "tag": "web", "url": "videos/a/web.mp4"}}
    assert backend.call(lambda: gateway.update_tasks(ANSWER, [{**web, **media}])) == [True]
    document = backend.call(lambda: gateway.read(ANSWER)).document
    assert document["transcodeWebTask"]["status"] == "DONE"
    assert document["transcodeMobileTask"]["status"] == "QUEUED"
    assert document["webMedia"]["url"].endswith("/videos/a/web.mp4"), "urls come back absolute"
    texts = [{"transcript": "spoken"}, {"transcript": ""}]
    assert backend.call(lambda: gateway.update_tasks(ANSWER, texts)) == [True, True]
    assert backend.call(lambda: gateway.read(ANSWER)).document["transcript"] == "spoken"


def test_updates_of_one_request_are_merged_one_after_the_other(backend: Backend) -> None:
    create(backend)
    names = ("transcoding-web", "transcoding-mobile", "transcribing", "transcoding-web")
    statuses = ("IN_PROGRESS", "DONE", "IN_PROGRESS", "DONE")
    updates = [
        {SUB_TASK_FIELDS[name]: info(name, status)}
        for name, status in zip(names, statuses, strict=True)
    ]
    assert backend.call(lambda: backend.gateway.update_tasks(ANSWER, updates)) == [True] * 4
    document = backend.call(lambda: backend.gateway.read(ANSWER)).document
    shown = {name: document[field]["status"] for name, field in SUB_TASK_FIELDS.items()}
    assert shown == {
        "transcoding-web": "DONE",
        "transcoding-mobile": "DONE",
        "transcribing": "IN_PROGRESS",
        "trim-upload": "QUEUED",
    }


def test_one_task_at_a_time(backend: Backend) -> None:
    create(backend)
    two = {
        "transcodeWebTask": info("transcoding-web", "DONE"),
        "transcribeTask": info("transcribing", "DONE"),
    }
    backend.refused(lambda: backend.gateway.update_tasks(ANSWER, [two]), GraphQLRefusedError)


def test_an_answer_keeps_what_a_write_leaves_out(backend: Backend) -> None:
    gateway = backend.gateway
    video = {"type": "video", "tag": "web", "url": "videos/a/web.mp4"}
    content = {"transcript": "spoken", "hasEditedTranscript": False, "webMedia": video}
    backend.call(lambda: gateway.switch(ANSWER, content))
    backend.call(lambda: gateway.switch(ANSWER, {"mobileMedia": {**video, "tag": "mobile"}}))
    shown = backend.call(lambda: gateway.read(ANSWER)).content
    assert shown["markdownTranscript"] == "spoken"
    assert shown["hasEditedTranscript"] is False
    assert shown["webMedia"]["url"].endswith("/videos/a/web.mp4")
    backend.call(lambda: gateway.update_media(ANSWER, {"webMedia": {**video, "url": "b.mp4"}}))
    shown = backend.call(lambda: gateway.read(ANSWER)).content
    assert shown["webMedia"]["url"].endswith("/b.mp4")
    assert shown["mobileMedia"]["url"].endswith("/videos/a/web.mp4")
    backend.call(lambda: gateway.switch(ANSWER, {"transcript": "", "vttMedia": None}))
    assert backend.call(lambda: gateway.read(ANSWER)).content["markdownTranscript"] == ""


def test_media_of_an_answer_that_is_not_there_are_refused(backend: Backend) -> None:
    video = {"webMedia": {"type": "video", "tag": "web", "url": "a.mp4"}}
    backend.refused(lambda: backend.gateway.update_media(ANSWER, video), GraphQLRefusedError)

"""The ledger of a chaos run notices what is lost and what happened twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import SystemClock
from mentor_common.events import Event, TaskCompleted
from mentor_common.jobs import Answers, Outcome, Reader, Write
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.accepting import accept, new_answer
from mentor_local.chaos import browsers
from mentor_local.chaos.ledger import Ledger, Observed

if TYPE_CHECKING:
    from mentor_common.jobs import Job, Table
    from mentor_local.graphql.server import GraphQLServer


class Scene:
    """A ledger over the emulator and uploads whose services are played by the test."""

    def __init__(self, cloud: Any, table: Table, graphql: GraphQLServer) -> None:
        stack: Any = SimpleNamespace(aws=cloud.stack, graphql=graphql)
        self.cloud, self.table, self.graphql = cloud, table, graphql
        self.ledger = Ledger(stack, browsers.Answers())

    def upload(self, *, stored: bool = True) -> Job:
        """An upload that is ready and shown."""
        clock = SystemClock()
        job = accept(self.table, new_answer(self.graphql.store))
        claimant = Claimant.of_task(job.upload_id, "transcode", ["transcoding-web"], "host:77", 60)
        claimed: Any = Tasks(self.table, clock).claim(claimant)
        key = self.url(job)
        if stored:
            self.cloud.client("s3").put_object(
                Bucket=self.cloud.stack.static_bucket, Key=key, Body=b"x"
            )
        Tasks(self.table, clock).finish(
            claimant, claimed.task, {"status": "DONE", "results": {"web": key}}
        )
        return job

    def url(self, job: Job) -> str:
        """Key of an upload's web rendition."""
        return f"videos/{job.mentor}/{job.question}/{job.upload_id}/1/web.mp4"

    def show(self, job: Job, url: str | None = None) -> None:
        """Change the answer, and keep a record as the server does."""
        store, media = self.graphql.store, {"type": "video", "tag": "web"}
        where = {"mentor": job.mentor, "question": job.question}
        shown = {"webMedia": {**media, "url": url or self.url(job)}}
        store.change("answers", where, shown, upsert=True)
        args = {"mentorId": job.mentor, "questionId": job.question, "answer": shown}
        store.note("uploadAnswer", "service", args)

    def end(self, job: Job) -> None:
        """Decide ready, and note that it was published."""
        answers = Answers(self.table, SystemClock())
        answers.put_outcome(job.upload_id, "1.1", Outcome(kind="ready", at=1))
        answers.mark_published(job, "1.1")

    def read_all(self) -> None:
        """Let the ledger read everything."""
        self.ledger._read_uploads()
        while self.ledger._receive_events():
            pass

    def publish(self, job: Job, **results: str) -> None:
        """Publish that the task is done."""
        data = TaskCompleted(
            upload_id=job.upload_id,
            mentor=job.mentor,
            question=job.question,
            task="transcode",
            names=["transcoding-web"],
            attempt=1,
            results=results,
        )
        event = Event.of(data, service="transcoder", step="transcode/1", at=1.0)
        self.cloud.client("sns").publish(
            TopicArn=self.cloud.stack.services["transcoder"].topic_arn, Message=event.to_json()
        )


@pytest.fixture
def scene(cloud: Any, table: Table, graphql: GraphQLServer) -> Scene:
    return Scene(cloud, table, graphql)


def test_a_good_end_is_neither_lost_nor_doubled_however_often_it_is_written(scene: Scene) -> None:
    job = scene.upload()
    for _ in range(3):
        scene.show(job)
        scene.publish(job, web=scene.url(job))
    scene.end(job)
    scene.read_all()
    assert scene.ledger.lost([]) == scene.ledger.duplicated() == []
    assert scene.ledger.outcomes() == {"ready": 1}
    assert (scene.ledger.deliveries, scene.ledger.repeated_switches()) == (3, 2)
    assert scene.ledger.answers.free.get_nowait() == (job.mentor, job.question)


def test_what_is_lost_is_named(scene: Scene) -> None:
    silent, unseen, unstored = scene.upload(), scene.upload(), scene.upload(stored=False)
    scene.show(unseen, "videos/elsewhere")
    scene.show(unstored)
    for job in (unseen, unstored):
        scene.end(job)
    scene.read_all()
    vanished = browsers.Attempt("good", (silent.mentor, silent.question), upload_id="gone")
    found = {line.partition(":")[0]: line for line in scene.ledger.lost([vanished])}
    assert set(found) == {"gone", silent.upload_id, unseen.upload_id, unstored.upload_id}
    assert "no such job" in found["gone"]
    assert "no outcome was published" in found[silent.upload_id]
    assert "the answer shows videos/elsewhere" in found[unseen.upload_id]
    assert "is not stored" in found[unstored.upload_id]


def test_what_happened_twice_is_named(scene: Scene) -> None:
    flickering, zombie, contradicted = scene.upload(), scene.upload(), scene.upload()
    scene.show(flickering)
    scene.show(flickering, "videos/m/q/other/1/web.mp4")
    scene.show(flickering)
    scene.show(zombie)
    scene.show(zombie, scene.url(zombie).replace("/1/web", "/2/web"))
    scene.publish(contradicted, web="one")
    scene.publish(contradicted, web="another")
    scene.read_all()
    found = scene.ledger.duplicated()
    assert len(found) == 3
    assert sum("changed to" in line for line in found) == 2
    assert f"{contradicted.upload_id}/transcode/1/task.completed.v1" in "".join(found)


def test_statuses_that_move_back_or_change_after_their_end_are_named(scene: Scene) -> None:
    def show(task: str, *statuses: str) -> None:
        for status in statuses:
            info = {"task_name": "transcoding-web", "task_id": task, "status": status}
            args = {"mentorId": "m", "uploadTaskStatusInput": {"transcodeWebTask": info}}
            scene.graphql.store.note("uploadTaskStatusUpdate", "service", args)

    show("good", "QUEUED", "IN_PROGRESS", "IN_PROGRESS", "CANCELLING", "DONE", "DONE")
    assert scene.ledger.regressions() == []
    show("back", "IN_PROGRESS", "QUEUED")
    show("again", "DONE", "FAILED")
    assert scene.ledger.regressions() == [
        "back: transcoding-web IN_PROGRESS -> QUEUED",
        "again: transcoding-web DONE -> FAILED",
    ]


def test_what_a_killed_process_held_counts_as_taken_up_once_another_claims_it(
    scene: Scene,
) -> None:
    job = scene.upload()
    clock = SystemClock()
    gone = Claimant.of_task(job.upload_id, "transcribe", ["transcribing"], "host:77", 1)
    Tasks(scene.table, clock).claim(gone)
    scene.ledger.seen[job.upload_id] = Observed(Reader(scene.table).upload(job.upload_id))
    claims = scene.ledger.claims_of(77)
    assert set(claims) == {f"{job.upload_id}/transcribe"}
    assert scene.ledger.claims_of(7) == {}
    assert not scene.ledger.moved_on(claims)
    scene.table.write(expired(job))
    Tasks(scene.table, clock).claim(
        Claimant.of_task(job.upload_id, "transcribe", ["x"], "host:78", 60)
    )
    assert scene.ledger.moved_on(claims)


def expired(job: Job) -> Write:
    """The write that lets a lease end now."""
    return Write(
        f"UPLOAD#{job.upload_id}",
        "TASK#transcribe",
        update="SET #lease_until = :past",
        values={"past": 1},
    )

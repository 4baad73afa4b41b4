"""One answer, its workers played by the test, and a notifier with a clock of the test's."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.clock import ManualClock
from mentor_common.errors import DependencyDownError
from mentor_common.events import Event, SourceObject, Trim
from mentor_common.jobs import (
    ALIGNMENT,
    SUB_TASK_FIELDS,
    AnswerKey,
    Answers,
    Intake,
    Job,
    Reader,
    UploadRequest,
    task_id_of,
    upload_id_of,
)
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_QUESTION_ID
from mentor_local.ui import UploadUI
from mentor_notifier.answers.gateway import Gateway
from mentor_notifier.answers.outcome_publisher import OutcomePublisher
from mentor_notifier.answers.ports import Pace, Ports
from mentor_notifier.answers.reconciler import Reconciler
from mentor_notifier.handlers import sweep

if TYPE_CHECKING:
    from mentor_common.graphql import GraphQLClient
    from mentor_common.jobs import Table
    from mentor_local.graphql.server import GraphQLServer

ANSWER = AnswerKey(SEED_MENTOR_ID, SEED_QUESTION_ID)

TEXT = "hello world"

VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nhello world\n"

TASKS = {"transcode": ["transcoding-web", "transcoding-mobile", "trim-upload"]}


class PublishedEvents:
    """A topic that keeps what is published."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    @property
    def ids(self) -> list[str]:
        return [event.envelope.id.split("/", 1)[1] for event in self.events]


@dataclass
class AnswerHarness:
    """One answer, its workers played by the test, and a notifier with a clock of the test's."""

    table: Table
    clock: ManualClock
    graphql: GraphQLServer
    storage: Storage
    bucket: str
    published: PublishedEvents
    reconciler: Reconciler
    answers: Answers
    token: str
    graphql_client: GraphQLClient
    text: str = TEXT

    @classmethod
    def over(
        cls,
        table: Table,
        graphql: GraphQLServer,
        client: GraphQLClient,
        token: str,
        bucket: str,
    ) -> AnswerHarness:
        """Return one over a jobs table, a GraphQL server and the static bucket."""
        # Of today: the emulator removes items whose time to live has passed.
        clock, published = ManualClock(float(int(time.time()))), PublishedEvents()
        storage = Storage(clients.client("s3", "us-east-1"))
        answers = Answers(table, clock)
        ports = Ports(
            answers=answers,
            reader=Reader(table),
            gateway=Gateway(client),
            storage=storage,
            bucket=bucket,
            publisher=OutcomePublisher(published),  # type: ignore[arg-type]  # a fake by hand
            clock=clock,
            pace=Pace(first_look=0),
        )
        reconciler = Reconciler(ports)
        return cls(
            table, clock, graphql, storage, bucket, published, reconciler, answers, token, client
        )

    def accept(
        self, transcription: str = "wanted", keys: dict[str, str] | None = None, **request: Any
    ) -> str:
        """Accept an upload as the api does, GraphQL's document included.

        ``keys`` are what the api has stored for it, by field of the job.
        """
        video = f"user1/{uuid.uuid4()}"
        text = (self.answer or {}).get("transcript")
        job = Job(
            upload_id=upload_id_of(video),
            mentor=ANSWER.mentor,
            question=ANSWER.question,
            revision=0,
            status="PREPARING",
            token="t",
            user="user1",
            video=video,
            source=SourceObject(bucket="b", key=video, etag="e", size=1),
            request=UploadRequest(trim=Trim(start=0, end=2), **request),
            transcription=transcription,
            transcript_sha256=hashlib.sha256(text.encode()).hexdigest() if text else None,
            prepared_at=self.clock.now(),
            **(keys or {}),
        )
        intake = Intake(self.table, self.clock)
        job = intake.prepare(job)
        document = {
            field: {
                "task_name": name,
                "task_id": task_id_of(job.upload_id, name),
                "status": "QUEUED",
            }
            if name in job.sub_tasks
            else None
            for name, field in SUB_TASK_FIELDS.items()
        }
        media = dict.fromkeys(("originalMedia", "webMedia", "mobileMedia", "vttMedia"))
        self.gateway_create(document | media | {"transcript": ""})
        intake.accept(job)
        return job.upload_id

    def gateway_create(self, document: dict[str, Any]) -> None:
        client = self.graphql_client
        client.as_service(
            "mutation C($m: ID!, $q: ID!, $s: UploadTaskInputType!)"
            " { api { uploadTaskUpdate(mentorId: $m, questionId: $q, status: $s) } }",
            {"m": ANSWER.mentor, "q": ANSWER.question, "s": document},
        )

    def claimant(self, upload: str, kind: str) -> Claimant:
        names = TASKS.get(kind, ["transcribing"])
        return Claimant.of_task(upload, kind, names, "test", 60)  # type: ignore[arg-type]  # a literal of the test

    def claim(self, upload: str, kind: str, redriven: int | None = None) -> Any:
        """Start a worker's attempt."""
        claimed: Any = Tasks(self.table, self.clock).claim(self.claimant(upload, kind), redriven)
        return claimed.task

    def finish(
        self, upload: str, kind: str, task: Any, *failed: str, engine: str | None = None
    ) -> None:
        """End a worker's attempt; ``failed`` names the tasks that did not work out.

        ``engine`` is what the transcriber used: by default what the upload asked for.
        """
        prefix = f"videos/{ANSWER.mentor}/{ANSWER.question}/{upload}/{task.claim}"
        if kind == "transcode":
            results = {n: f"{prefix}/{n}.mp4" for n in ("original", "web", "mobile")}
            results["thumbnail"] = f"{prefix}/thumbnail.jpg"
        else:
            results = {"transcript": f"{prefix}/transcript.json", "vtt": f"{prefix}/en.vtt"}
            self.storage.put_text(
                json.dumps({"text": self.text}), self.bucket, results["transcript"]
            )
            self.storage.put_text(VTT, self.bucket, results["vtt"])
            results = {} if failed else results
        names = self.claimant(upload, kind).sub_tasks
        subs = {name: {"status": "FAILED" if name in failed else "DONE"} for name in names}
        changes: dict[str, Any] = {"results": results, "names": subs, "status": "DONE"}
        changes["facts"] = {"sha1": "abc", "web_duration_ms": 2000.0, "mobile_duration_ms": 2000.0}
        if kind == "transcribe":
            job = Reader(self.table).upload(upload).job
            asked = ALIGNMENT if job and job.align_key else "pocketsphinx"
            changes["facts"] = {"engine": engine or asked}
        if failed:
            changes |= {"status": "FAILED", "code": "encode_failed", "reason": "It broke."}
        Tasks(self.table, self.clock).finish(self.claimant(upload, kind), task, changes)

    def work(self, upload: str, kind: str, *failed: str) -> None:
        """Claim and end."""
        self.finish(upload, kind, self.claim(upload, kind), *failed)

    def reconcile(self, upload: str) -> None:
        """An event about the upload arrives."""
        self.reconciler.reconcile(ANSWER, (upload,))

    @property
    def document(self) -> dict[str, Any] | None:
        return self.graphql.store.upload_task(ANSWER.mentor, ANSWER.question)

    @property
    def shown(self) -> dict[str, str]:
        """Task field to status, as the UI sees it."""
        document = self.document or {}
        return {f: document[f]["status"] for f in SUB_TASK_FIELDS.values() if document.get(f)}

    @property
    def answer(self) -> dict[str, Any] | None:
        return self.graphql.store.answer(ANSWER.mentor, ANSWER.question)

    def live(self, **request: Any) -> str:
        """Accept an upload, do its work and reconcile it; return its id."""
        upload = self.accept(**request)
        for kind in ("transcode", "transcribe"):
            self.work(upload, kind)
        self.reconcile(upload)
        assert upload in self.url("webMedia")
        return upload

    def read_back(self) -> None:
        """Let a minute pass and the sweep reconcile."""
        self.clock.advance(61)
        self.sweep()

    def url(self, field: str) -> str:
        """Return what one of the answer's media is stored with."""
        return str(((self.answer or {}).get(field) or {}).get("url"))

    def store(self, *keys: str) -> None:
        """Put something under keys of the static bucket."""
        for key in keys:
            self.storage.put_text(key, self.bucket, key)

    def tagged(self, prefix: str = f"videos/{ANSWER.mentor}/") -> set[str]:
        """Return the keys under a prefix that are to be removed."""
        s3 = clients.client("s3", "us-east-1")
        return {
            key
            for key in self.storage.list_keys(self.bucket, prefix)
            if {"Key": "superseded", "Value": "true"}
            in s3.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]
        }

    @property
    def picture(self) -> str:
        """Return the mentor's picture as it is stored."""
        return str((self.graphql.store.mentor(ANSWER.mentor) or {})["thumbnail"])

    @property
    def gateway(self) -> Gateway:
        """Writing to GraphQL as others do."""
        return Gateway(self.graphql_client)

    def sweep(self) -> None:
        """Reconcile what is due."""
        sweep(self.answers, self.reconciler)

    def switches(self) -> int:
        return len(self.graphql.store.write_log("uploadAnswer"))

    def delete_document(self) -> None:
        """Delete the document as the UI does."""
        UploadUI("", self.graphql.url, self.token).delete_task(ANSWER.mentor, ANSWER.question)
        assert self.document is None


def content_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an ``uploadAnswer`` that writes an answer as it was stored once."""
    media = {field: answer.get(field) for field in ("webMedia", "mobileMedia", "vttMedia")}
    text = {name: answer[name] for name in ("transcript", "hasEditedTranscript")}
    return media | text


def medium(url: str, kind: str = "video") -> dict[str, Any]:
    return {"type": kind, "tag": "web", "url": url}


def no_answer(*_arguments: object) -> bool:
    raise DependencyDownError("graphql", "no answer in time")

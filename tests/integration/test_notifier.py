"""DESIGN rules 14 to 20: what GraphQL shows, over the real jobs table, S3 and GraphQL server."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.aws import clients
from mentor_common.aws.storage import Storage
from mentor_common.captions import by_hand_key
from mentor_common.clock import ManualClock
from mentor_common.errors import DependencyDownError
from mentor_common.events import Event, SourceObject, Trim
from mentor_common.jobs import (
    ALIGNMENT,
    UI_NAMES,
    AnswerKey,
    Answers,
    Intake,
    Job,
    Reader,
    UploadRequest,
    Write,
    is_free,
    task_id_of,
    upload_id_of,
)
from mentor_common.transfers.imports import Imports
from mentor_common.work.claims import Holder, Tasks
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID
from mentor_local.ui import UploadUI
from mentor_notifier.answers.gateway import Gateway
from mentor_notifier.answers.outcome_publisher import OutcomePublisher
from mentor_notifier.answers.ports import Pace, Ports
from mentor_notifier.answers.reconciler import Reconciler
from mentor_notifier.handlers import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.graphql import GraphQLClient
    from mentor_common.jobs import Table
    from mentor_local.graphql.server import GraphQLServer

ANSWER = AnswerKey(SEED_MENTOR_ID, SEED_QUESTION_ID)
TEXT = "hello world"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nhello world\n"
TASKS = {"transcode": ["transcoding-web", "transcoding-mobile", "trim-upload"]}


class Said:
    """A topic that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)

    @property
    def ids(self) -> list[str]:
        return [event.envelope.id.split("/", 1)[1] for event in self.events]


@dataclass
class Stage:
    """One answer, its workers played by the test, and a notifier with a clock of the test's."""

    table: Table
    clock: ManualClock
    graphql: GraphQLServer
    storage: Storage
    bucket: str
    said: Said
    reconciler: Reconciler
    answers: Answers
    token: str

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
            if name in job.task_names
            else None
            for name, field in UI_NAMES.items()
        }
        media = dict.fromkeys(("originalMedia", "webMedia", "mobileMedia", "vttMedia"))
        self.gateway_create(document | media | {"transcript": ""})
        intake.accept(job)
        return job.upload_id

    def gateway_create(self, document: dict[str, Any]) -> None:
        client = self.reconciler._ports.gateway._graphql
        client.as_service(
            "mutation C($m: ID!, $q: ID!, $s: UploadTaskInputType!)"
            " { api { uploadTaskUpdate(mentorId: $m, questionId: $q, status: $s) } }",
            {"m": ANSWER.mentor, "q": ANSWER.question, "s": document},
        )

    def holder(self, upload: str, kind: str) -> Holder:
        names = TASKS.get(kind, ["transcribing"])
        return Holder(upload, kind, names, "test", 60)  # type: ignore[arg-type]  # a literal of the test

    def claim(self, upload: str, kind: str, redriven: int | None = None) -> Any:
        """Start a worker's attempt."""
        claimed: Any = Tasks(self.table, self.clock).claim(self.holder(upload, kind), redriven)
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
            self.storage.put_text(json.dumps({"text": TEXT}), self.bucket, results["transcript"])
            self.storage.put_text(VTT, self.bucket, results["vtt"])
            results = {} if failed else results
        names = self.holder(upload, kind).names
        subs = {name: {"status": "FAILED" if name in failed else "DONE"} for name in names}
        changes: dict[str, Any] = {"results": results, "names": subs, "status": "DONE"}
        changes["facts"] = {"sha1": "abc", "web_duration_ms": 2000.0, "mobile_duration_ms": 2000.0}
        if kind == "transcribe":
            job = Reader(self.table).upload(upload).job
            asked = ALIGNMENT if job and job.align_key else "pocketsphinx"
            changes["facts"] = {"engine": engine or asked}
        if failed:
            changes |= {"status": "FAILED", "code": "encode_failed", "reason": "It broke."}
        Tasks(self.table, self.clock).finish(self.holder(upload, kind), task, changes)

    def work(self, upload: str, kind: str, *failed: str) -> None:
        """Claim and end."""
        self.finish(upload, kind, self.claim(upload, kind), *failed)

    def hear(self, upload: str) -> None:
        """An event about the upload arrives."""
        self.reconciler.reconcile(ANSWER, (upload,))

    @property
    def document(self) -> dict[str, Any] | None:
        return self.graphql.store.upload_task(ANSWER.mentor, ANSWER.question)

    @property
    def shown(self) -> dict[str, str]:
        """Task field to status, as the UI sees it."""
        document = self.document or {}
        return {f: document[f]["status"] for f in UI_NAMES.values() if document.get(f)}

    @property
    def answer(self) -> dict[str, Any] | None:
        return self.graphql.store.answer(ANSWER.mentor, ANSWER.question)

    def live(self, **request: Any) -> str:
        """Accept an upload, do its work and tell of it; return its id."""
        upload = self.accept(**request)
        for kind in ("transcode", "transcribe"):
            self.work(upload, kind)
        self.hear(upload)
        assert upload in self.url("webMedia")
        return upload

    def read_back(self) -> None:
        """Let a minute pass and the sweep look."""
        self.clock.advance(61)
        sweep(self.answers, self.reconciler)

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
            if s3.get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]
        }

    @property
    def picture(self) -> str:
        """Return the mentor's picture as it is stored."""
        return str((self.graphql.store.mentor(ANSWER.mentor) or {})["thumbnail"])

    @property
    def gateway(self) -> Gateway:
        """What others write to GraphQL by."""
        return self.reconciler._ports.gateway

    def switches(self) -> int:
        return len(self.graphql.store.write_log("uploadAnswer"))

    def delete_document(self) -> None:
        """Delete the document as the UI does."""
        UploadUI("", self.graphql.url, self.token).delete_task(ANSWER.mentor, ANSWER.question)
        assert self.document is None


@pytest.fixture
def stage(
    cloud: Any,
    table: Table,
    graphql: GraphQLServer,
    graphql_client: GraphQLClient,
    make_token: Callable[..., str],
) -> Stage:
    # Of today: the emulator removes items whose time to live has passed.
    clock, said = ManualClock(float(int(time.time()))), Said()
    storage = Storage(clients.client("s3", "us-east-1"))
    bucket = cloud.environment("api")["S3_STATIC_ARN"].rsplit(":", 1)[-1]
    answers = Answers(table, clock)
    ports = Ports(
        answers=answers,
        reader=Reader(table),
        gateway=Gateway(graphql_client),
        storage=storage,
        bucket=bucket,
        publisher=OutcomePublisher(said),  # type: ignore[arg-type]  # a fake by hand
        clock=clock,
        pace=Pace(),
    )
    return Stage(
        table,
        clock,
        graphql,
        storage,
        bucket,
        said,
        Reconciler(ports),
        answers,
        make_token(SEED_OWNER_ID),
    )


def test_rule_17_ac37_the_answer_switches_once_when_all_is_done(stage: Stage) -> None:
    upload = stage.accept()
    stage.hear(upload)
    assert set(stage.shown.values()) == {"QUEUED"}
    stage.work(upload, "transcode")
    stage.hear(upload)
    assert stage.shown["transcodeWebTask"] == "DONE"
    assert stage.document is not None
    assert stage.document["webMedia"]["url"].endswith("web.mp4"), "shown as it becomes ready"
    assert stage.switches() == 0, "until all is done the old answer stays"
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.switches() == 1
    assert set(stage.shown.values()) == {"DONE"}
    assert stage.document["originalMedia"]["url"].endswith("original.mp4")
    answer = stage.answer
    assert answer is not None
    assert answer["transcript"] == TEXT
    assert answer["hasEditedTranscript"] is False
    assert answer["vttMedia"]["vttText"] == VTT
    assert answer["webMedia"]["duration"] == 2000
    assert stage.said.ids == ["1.1/answer.ready.v1"]


def test_rule_18_switch_and_outcome_come_before_the_last_done(stage: Stage) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe")
    stage.hear(upload)
    order = [record.mutation for record in stage.graphql.store.write_log()]
    assert order[:2] == ["uploadTaskUpdate", "uploadAnswer"]
    assert set(order[2:]) == {"uploadTaskStatusUpdate"}
    reader = Reader(stage.table)
    found = reader.upload(upload)
    assert found.outcome is not None
    assert found.outcome.said
    assert is_free(reader.current(ANSWER), found, reader.notify(ANSWER))


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_ac33_events_in_any_order_and_thrice_end_the_same(stage: Stage, order: str) -> None:
    upload = stage.accept()
    work = {"b": "transcode", "c": "transcribe"}
    for step in order:
        if step in work:
            stage.work(upload, work[step])
        for _ in range(3):
            stage.hear(upload)
    assert stage.switches() == 1
    assert set(stage.shown.values()) == {"DONE"}
    assert stage.said.ids == ["1.1/answer.ready.v1"]
    writes = len(stage.graphql.store.write_log())
    stage.hear(upload)
    assert len(stage.graphql.store.write_log()) == writes, "what is equal is not written again"


def test_rule_18_a_failed_rendition_switches_nothing_and_names_its_task(stage: Stage) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode", "transcoding-mobile")
    stage.hear(upload)
    assert stage.switches() == 0
    assert stage.shown["transcodeMobileTask"] == "FAILED"
    assert stage.shown["transcodeWebTask"] == "DONE"
    assert stage.said.ids == ["1.1/answer.failed.v1"]
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.shown["transcribeTask"] == "DONE", "transcription runs to its end"
    assert stage.switches() == 0
    assert len(stage.said.ids) == 1


def test_rule_18_failed_captions_let_the_video_go_live_with_empty_text(stage: Stage) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe", "transcribing")
    stage.hear(upload)
    assert stage.switches() == 1
    assert stage.answer is not None
    assert stage.answer["transcript"] == ""
    assert stage.answer["webMedia"]["url"].endswith("web.mp4")
    assert stage.shown["transcribeTask"] == "FAILED"
    last = stage.graphql.store.write_log()[-1]
    assert "FAILED" in str(last.args), "FAILED is written last"
    assert stage.said.events[0].data.model_dump()["code"] == "captions"


def test_ac50_redriven_upload_is_completed_without_a_document(stage: Stage) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe", "transcribing")
    stage.hear(upload)
    stage.delete_document()
    again = stage.claim(upload, "transcribe", redriven=1)
    stage.finish(upload, "transcribe", again)
    stage.hear(upload)
    assert stage.answer is not None
    assert stage.answer["transcript"] == TEXT
    assert stage.document is None, "nothing is re-created"
    assert stage.said.ids == ["1.1/answer.failed.v1", "1.2/answer.ready.v1"]


def test_ac44_document_deleted_in_the_middle_changes_nothing_and_is_shown_again(
    stage: Stage,
) -> None:
    """A tab that still polls would wait for ever; a document of a finished upload would too."""
    upload = stage.accept()
    stage.hear(upload)
    stage.delete_document()
    stage.clock.advance(16)
    sweep(stage.answers, stage.reconciler)
    assert set(stage.shown.values()) == {"QUEUED"}
    stage.work(upload, "transcode")
    stage.hear(upload)
    stage.delete_document()
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.switches() == 1
    assert set(stage.shown.values()) == {"DONE"}
    document = stage.document
    assert document is not None
    assert document["transcript"] == TEXT
    media = {"originalMedia", "webMedia", "mobileMedia", "vttMedia"}
    assert all(document[name]["url"] for name in media)
    stage.delete_document()
    for _ in range(2):
        stage.hear(upload)
        stage.clock.advance(61)
        sweep(stage.answers, stage.reconciler)
    assert stage.document is None, "its end was shown"


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after its end"])
def test_rule_16_a_document_that_a_late_write_put_in_the_place_of_the_newest_is_put_right(
    stage: Stage, *, ended: bool
) -> None:
    """A notifier of the older upload wrote it anew, too late: the newest is shown again."""
    old = stage.accept()
    stage.hear(old)
    late = stage.document
    assert late is not None
    stage.work(old, "transcode", "transcoding-web")
    stage.hear(old)
    new = stage.accept()
    for kind in ("transcode", "transcribe") if ended else ():
        stage.work(new, kind)
    stage.hear(new)
    if ended:
        stage.delete_document()
    names = (*UI_NAMES.values(), "transcript", "originalMedia", "webMedia", "mobileMedia")
    stage.gateway_create({name: late[name] for name in names})
    stage.hear(new)
    assert stage.document is not None
    shown = stage.document["transcodeWebTask"]
    assert shown["task_id"] == task_id_of(new, "transcoding-web")
    assert set(stage.shown.values()) == {"DONE" if ended else "QUEUED"}


def test_a_document_that_vanishes_in_the_middle_of_a_look_is_written_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode", "transcoding-web")
    gateway = stage.reconciler._ports.gateway
    read = type(gateway).read

    def read_and_lose(gateway: Gateway, answer: AnswerKey) -> Any:
        found = read(gateway, answer)
        if found.document is not None:
            stage.delete_document()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(type(gateway), "read", read_and_lose)
        stage.hear(upload)
    assert stage.shown["transcodeWebTask"] == "FAILED", "the tab sees how it ended"
    stage.delete_document()
    stage.hear(upload)
    assert stage.document is None


def test_ac36_late_events_of_an_old_upload_change_nothing(stage: Stage) -> None:
    old = stage.accept()
    task = stage.claim(old, "transcribe")
    stage.work(old, "transcode", "transcoding-web")
    stage.hear(old)
    new = stage.accept()
    stage.hear(new)
    before = (stage.document, len(stage.graphql.store.write_log()))
    stage.finish(old, "transcribe", task)
    stage.hear(old)
    assert (stage.document, len(stage.graphql.store.write_log())) == before
    assert Reader(stage.table).standing(old, ANSWER) == "superseded"


def test_ac43_cancel_set_outside_stops_and_is_shown(stage: Stage) -> None:
    upload = stage.accept()
    stage.hear(upload)
    name = "transcoding-web"
    status = {
        "transcodeWebTask": {
            "task_name": name,
            "task_id": task_id_of(upload, name),
            "status": "CANCELLING",
        }
    }
    stage.reconciler._ports.gateway.update_tasks(ANSWER, [status])
    stage.clock.advance(16)
    sweep(stage.answers, stage.reconciler)
    assert set(stage.shown.values()) == {"CANCELLED"}
    assert Reader(stage.table).standing(upload, ANSWER) == "cancelled"
    assert stage.said.ids == []


def test_ac49_a_task_that_ends_after_the_cancel_stays_cancelled(stage: Stage) -> None:
    """Found by chaos-live: CANCELLED became DONE."""
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.answers.put_cancel(upload, "test")
    stage.hear(upload)
    assert stage.shown["transcribeTask"] == "CANCELLED"
    assert stage.shown["transcodeWebTask"] == "DONE"
    stage.clock.advance(5)
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.shown["transcribeTask"] == "CANCELLED"


def test_rule_14_a_busy_lease_makes_the_holder_look_again(stage: Stage) -> None:
    upload = stage.accept()
    stage.answers.request(ANSWER, (upload,))
    lease = stage.answers.acquire(ANSWER)
    assert lease is not None
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.switches() == 0, "another holds the lease"
    released = stage.answers.release(lease, settled=(), due_at=None, read_back_at=None)
    assert released is False, "something was wanted meanwhile"


def test_rule_19_the_sweep_takes_over_from_a_notifier_that_died(stage: Stage) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe")
    stage.answers.request(ANSWER, (upload,))
    stage.answers.acquire(ANSWER)  # Its holder is killed here.
    sweep(stage.answers, stage.reconciler)
    assert stage.switches() == 0
    stage.clock.advance(31)
    sweep(stage.answers, stage.reconciler)
    assert stage.switches() == 1
    assert stage.said.ids == ["1.1/answer.ready.v1"]


def test_rule_19_ac45_an_upload_without_progress_for_a_day_has_failed(stage: Stage) -> None:
    upload = stage.accept()
    stage.hear(upload)
    stage.clock.advance(24 * 3600 + 1)
    sweep(stage.answers, stage.reconciler)
    assert set(stage.shown.values()) == {"FAILED"}
    assert stage.said.events[0].data.model_dump()["code"] == "stalled"


@pytest.mark.parametrize("mode", ["unavailable", "errors", "apply_then_drop"])
def test_rule_20_graphql_failing_loses_nothing_and_is_caught_up(stage: Stage, mode: str) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe")
    stage.graphql.set_fault(mode)  # type: ignore[arg-type]  # one of its modes
    try:
        stage.hear(upload)
    except DependencyDownError:
        assert mode != "errors"
    stage.graphql.set_fault(None)
    stage.clock.advance(61)
    sweep(stage.answers, stage.reconciler)
    assert set(stage.shown.values()) == {"DONE"}
    assert stage.answer is not None
    assert stage.answer["transcript"] == TEXT
    assert stage.said.ids == ["1.1/answer.ready.v1"]


def test_rule_14_read_back_repairs_what_a_late_write_undid(stage: Stage) -> None:
    stage.live()
    before = stage.answer
    assert before is not None
    new = stage.live()
    stage.gateway.switch(ANSWER, content_of(before))
    stage.read_back()
    for field in ("webMedia", "mobileMedia", "vttMedia"):
        assert f"/{new}/" in stage.url(field)
    for _ in range(2):
        stage.read_back()
    assert stage.answers.due() == [], "read back until equal, then left alone"


def test_rule_14_a_write_without_an_answer_is_read_back_also_where_nothing_was_left_to_write(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the state machine: GraphQL applied it after all, and the UI waited for ever."""
    upload = stage.accept()
    stage.claim(upload, "transcode")
    gateway = stage.reconciler._ports.gateway

    with monkeypatch.context() as patch:
        patch.setattr(type(gateway), "update_tasks", _no_answer)
        with pytest.raises(DependencyDownError):
            stage.hear(upload)

    def set_status(name: str, status: str) -> None:
        task = {"task_name": name, "task_id": task_id_of(upload, name), "status": status}
        gateway.update_tasks(ANSWER, [{UI_NAMES[name]: task}])

    shown = [name for name, field in UI_NAMES.items() if field in stage.shown]
    for name in shown:
        set_status(name, "CANCELLED")
    stage.hear(upload)
    set_status("transcoding-web", "IN_PROGRESS")  # the write of the first look arrives
    stage.clock.advance(61)
    sweep(stage.answers, stage.reconciler)
    assert set(stage.shown.values()) == {"CANCELLED"}


def test_rule_17_a_transcript_that_a_person_changed_meanwhile_stays(stage: Stage) -> None:
    upload = stage.accept()
    stage.reconciler._ports.gateway.switch(ANSWER, {"transcript": "my own words"})
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.answer is not None
    assert stage.answer["transcript"] == "my own words"
    assert stage.answer["webMedia"]["url"].endswith("web.mp4")
    captions = stage.answer.get("vttMedia")
    stage.clock.advance(61)
    sweep(stage.answers, stage.reconciler)
    assert stage.answer["transcript"] == "my own words"
    assert stage.answer.get("vttMedia") == captions, "reading back must not undo it either"


CUT = "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nas they were, cut\n"


def accept_aligned(stage: Stage) -> str:
    """Accept an upload of an edited transcript whose answer has captions but no word timings."""
    folder = f"videos/{ANSWER.mentor}/{ANSWER.question}/{uuid.uuid4()}/0"
    keys = {"align_key": f"{folder}/edited.txt", "captions_key": f"{folder}/en.vtt"}
    stage.storage.put_text("my words", stage.bucket, keys["align_key"])
    stage.storage.put_text(CUT, stage.bucket, keys["captions_key"])
    return stage.accept("edited", keys, has_edited_transcript=True)


@pytest.mark.parametrize(("failed", "shown"), [((), VTT), (("transcribing",), CUT)])
def test_rule_17_ac38_an_edited_upload_waits_for_its_alignment_and_fails_not_with_it(
    stage: Stage, failed: tuple[str, ...], shown: str
) -> None:
    first = stage.accept()
    for kind in ("transcode", "transcribe"):
        stage.work(first, kind)
    stage.hear(first)
    upload = accept_aligned(stage)
    stage.work(upload, "transcode")
    stage.hear(upload)
    assert stage.switches() == 1, "not before its captions are known"
    assert "transcribeTask" not in stage.shown
    assert "IN_PROGRESS" in stage.shown.values(), "or the UI would fetch the old answer"
    task = stage.claim(upload, "transcribe")
    stage.finish(upload, "transcribe", task, *failed)
    reader = Reader(stage.table)
    assert not is_free(reader.current(ANSWER), reader.upload(upload), reader.notify(ANSWER))
    stage.hear(upload)
    assert stage.switches() == 2
    assert set(stage.shown.values()) == {"DONE"}
    assert "transcribeTask" not in stage.shown
    answer, document = stage.answer, stage.document
    assert answer is not None
    assert document is not None
    assert upload in answer["webMedia"]["url"]
    assert answer["vttMedia"]["vttText"] == shown
    assert document["vttMedia"]["url"] == answer["vttMedia"]["url"]
    assert answer["transcript"] == TEXT, "never written"
    assert stage.said.ids[-1] == "1.1/answer.ready.v1"


def test_rule_17_an_alignment_that_nobody_ends_fails_nothing_and_a_cancel_counts(
    stage: Stage,
) -> None:
    upload = accept_aligned(stage)
    stage.work(upload, "transcode")
    stage.hear(upload)
    stage.clock.advance(24 * 3600 + 1)
    stage.hear(upload)
    assert set(stage.shown.values()) == {"DONE"}
    assert stage.said.ids == ["1.1/answer.ready.v1"]
    cancelled = accept_aligned(stage)
    stage.work(cancelled, "transcode")
    stage.answers.put_cancel(cancelled, by="user")
    stage.hear(cancelled)
    assert "CANCELLED" in stage.shown.values()
    assert stage.switches() == 1


def test_captions_that_an_old_transcriber_made_of_an_edited_transcript_are_not_shown(
    stage: Stage,
) -> None:
    """Release 0.1 knows no alignment: asked by release 0.2 or 0.3, it recognises the speech."""
    upload = accept_aligned(stage)
    stage.work(upload, "transcode")
    stage.finish(upload, "transcribe", stage.claim(upload, "transcribe"), engine="pocketsphinx")
    stage.hear(upload)
    assert stage.answer is not None
    assert upload in stage.answer["webMedia"]["url"]
    assert stage.answer["vttMedia"]["vttText"] == CUT, "the person's, cut to the trim"


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_alignment_that_nobody_begins_keeps_no_video_waiting_and_its_captions_come_late(
    stage: Stage, by_hand: bool
) -> None:
    """Subscriptions or a transcriber of an older release: the request for it is not heard."""
    upload = accept_aligned(stage)
    stage.work(upload, "transcode")
    stage.hear(upload)
    stage.clock.advance(29 * 60)
    sweep(stage.answers, stage.reconciler)
    assert stage.switches() == 0, "the api asks for it again after 15 minutes"
    stage.clock.advance(120)
    sweep(stage.answers, stage.reconciler)
    assert set(stage.shown.values()) == {"DONE"}
    assert stage.answer is not None
    assert stage.answer["vttMedia"]["vttText"] == CUT
    if by_hand:
        sent = {"type": "subtitles", "tag": "en", "vttText": "by hand"}
        sent["url"] = by_hand_key(ANSWER.mentor, ANSWER.question, "20260105T120000Z-0a")
        stage.reconciler._ports.gateway.update_media(ANSWER, {"vttMedia": sent})
    stage.clock.advance(3600)
    stage.work(upload, "transcribe")
    stage.hear(upload)
    assert stage.answer["vttMedia"]["vttText"] == ("by hand" if by_hand else VTT)
    assert stage.switches() == 1, "nothing else is written again"
    assert stage.said.ids == ["1.1/answer.ready.v1"]
    stage.reconciler._ports.gateway.update_media(
        ANSWER, {"vttMedia": {**stage.answer["vttMedia"], "vttText": "later"}}
    )
    stage.hear(upload)
    assert stage.answer["vttMedia"]["vttText"] == "later", "told once"


def test_ac63_captions_that_a_person_sent_after_the_switch_stay(stage: Stage) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe")
    stage.hear(upload)
    sent = {"type": "subtitles", "tag": "en", "vttText": "by hand"}
    sent["url"] = by_hand_key(ANSWER.mentor, ANSWER.question, "20260105T120000Z-0a")
    stage.reconciler._ports.gateway.update_media(ANSWER, {"vttMedia": sent})
    for _ in range(2):
        stage.clock.advance(61)
        sweep(stage.answers, stage.reconciler)
    assert stage.answer is not None
    assert stage.answer["vttMedia"]["vttText"] == "by hand"


def test_a_document_that_late_writes_of_the_predecessor_have_changed_whole_is_repaired(
    stage: Stage,
) -> None:
    """Found by the state machine: the UI waited for ever on tasks of an upload that was over."""
    first = stage.accept()
    for kind in ("transcode", "transcribe"):
        stage.work(first, kind)
    stage.hear(first)
    second = stage.accept()
    for name, field in UI_NAMES.items():
        late = {"task_name": name, "task_id": task_id_of(first, name), "status": "IN_PROGRESS"}
        stage.reconciler._ports.gateway.update_tasks(ANSWER, [{field: late}])
    for kind in ("transcode", "transcribe"):
        stage.work(second, kind)
    stage.hear(second)
    document = stage.document
    assert document is not None
    assert {document[field]["task_id"] for field in UI_NAMES.values()} == {
        task_id_of(second, name) for name in UI_NAMES
    }
    assert set(stage.shown.values()) == {"DONE"}


def test_rule_5_a_newer_upload_being_accepted_defers_the_look(stage: Stage) -> None:
    old = stage.accept()
    stage.work(old, "transcode", "transcoding-web")
    stage.hear(old)
    writes = len(stage.graphql.store.write_log())
    job = Reader(stage.table).upload(old).job
    assert job is not None
    new = job.model_copy(update={"upload_id": upload_id_of("u/new"), "status": "PREPARING"})
    Intake(stage.table, stage.clock).prepare(new)
    stage.work(old, "transcribe")
    stage.hear(old)
    assert len(stage.graphql.store.write_log()) == writes
    assert Reader(stage.table).standing(old, ANSWER) == "undecided"


def test_rule_21_what_is_superseded_is_tagged_and_nothing_else(stage: Stage) -> None:
    def tagged() -> set[str]:
        return {key.removeprefix(ANSWER.prefix) for key in stage.tagged(ANSWER.prefix)}

    def store(upload: str, claim: int, name: str) -> str:
        stage.store(f"{ANSWER.prefix}{upload}/{claim}/{name}")
        return f"{upload}/{claim}/{name}"

    old = stage.accept()
    stage.work(old, "transcode")
    stage.work(old, "transcribe")
    stage.hear(old)
    superseded = {store(old, 1, "web.mp4"), f"{old}/1/en.vtt", f"{old}/1/transcript.json"}
    imports = Imports(stage.table, stage.clock, 60)
    ended, running = str(uuid.uuid4()), str(uuid.uuid4())
    for transfer in (ended, running):
        held = imports.intend(transfer, ANSWER.mentor)
        assert held is not None
        if transfer == ended:
            imports.record(held, status="DONE", ended_at=stage.clock.now())
            superseded.add(store(transfer, 1, "web.mp4"))
        else:
            store(transfer, 1, "web.mp4")
    stage.clock.advance(1)
    new = stage.accept()
    stage.work(new, "transcode")
    stage.work(new, "transcribe")
    store(new, 1, "web.mp4")
    superseded.add(store(new, 7, "web.mp4"))  # of a claim that no result names
    store(str(uuid.uuid4()), 0, "en.vtt")  # of an upload that is just being accepted
    stage.storage.put_text("x", stage.bucket, f"videos/{ANSWER.mentor}/{ANSWER.question}/web.mp4")
    stage.hear(new)
    assert tagged() == set(), "only what has been read back is settled"
    stage.clock.advance(61)
    sweep(stage.answers, stage.reconciler)
    assert tagged() == superseded


# ---- the mentor's picture is tagged for deletion, and what else GraphQL still names -------------


def picture_of(upload: str) -> str:
    return f"{ANSWER.prefix}{upload}/1/thumbnail.jpg"


def test_the_mentors_picture_outlives_the_upload_it_was_made_from(stage: Stage) -> None:
    upload = stage.accept(generate_thumbnail=True)
    stage.store(picture_of(upload))
    for kind in ("transcode", "transcribe"):
        stage.work(upload, kind)
    stage.hear(upload)
    told = stage.picture
    assert told == f"mentor/thumbnails/{ANSWER.mentor}/{upload}/1/thumbnail.jpg"
    assert stage.storage.get_text(stage.bucket, told) == picture_of(upload)
    stage.live()
    stage.read_back()
    assert told not in stage.tagged("mentor/")
    assert stage.tagged() >= {
        f"{ANSWER.prefix}{upload}/1/{n}" for n in ("en.vtt", "transcript.json")
    }
    assert stage.picture == told
    assert len(stage.storage.list_keys(stage.bucket, "mentor/thumbnails/")) == 1


def test_a_picture_told_twice_is_one_object_and_one_that_is_gone_fails_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = stage.accept(generate_thumbnail=True)
    stage.store(picture_of(upload))
    for kind in ("transcode", "transcribe"):
        stage.work(upload, kind)
    with monkeypatch.context() as patch:
        patch.setattr(Gateway, "update_thumbnail", _no_answer)
        with pytest.raises(DependencyDownError):
            stage.hear(upload)
    stage.clock.advance(6)
    stage.hear(upload)
    assert len(stage.storage.list_keys(stage.bucket, "mentor/thumbnails/")) == 1
    told = stage.picture
    stage.live(generate_thumbnail=True)
    assert set(stage.shown.values()) == {"DONE"}, "its picture was never stored"
    assert stage.picture == told


def test_a_picture_that_an_earlier_release_told_is_never_tagged(stage: Stage) -> None:
    """It told the upload's own key; mentors that were imported since then share the name."""
    first = stage.accept(generate_thumbnail=True)
    stage.store(picture_of(first))
    stage.answers.request(ANSWER, (first,))
    lease = stage.answers.acquire(ANSWER)
    assert lease is not None
    stage.answers.record(lease, thumbnail=first)
    stage.answers.postpone(lease, due_at=stage.clock.now())
    stage.gateway.update_thumbnail(ANSWER.mentor, picture_of(first))
    for kind in ("transcode", "transcribe"):
        stage.work(first, kind)
    stage.hear(first)
    plain = stage.live()
    stage.store(picture_of(plain))
    stage.live()
    stage.read_back()
    assert picture_of(first) not in stage.tagged()
    assert picture_of(plain) in stage.tagged(), "no mentor was ever shown this one"


@pytest.mark.parametrize("where", ["twin", "query", "task", "import"])
def test_what_is_named_elsewhere_than_in_the_answers_media_is_not_tagged(
    stage: Stage, where: str
) -> None:
    old = stage.live()
    key = f"{ANSWER.prefix}{old}/1/web.webm"
    stage.store(key)
    new = stage.live()
    own = f"{ANSWER.prefix}{new}/1/web.mp4"
    if where == "twin":
        medium = {"type": "video", "tag": "web", "url": own, "transparentVideoUrl": key}
        stage.gateway.update_media(ANSWER, {"webMedia": medium})
    elif where == "query":
        url = f"https://static.example.org/{key}?v=2"
        stage.gateway.update_media(ANSWER, {"mobileMedia": {"type": "video", "url": url}})
    elif where == "task":
        named = {"type": "video", "url": f"{ANSWER.prefix}{new}/1/original.mp4"}
        named["transparentVideoUrl"] = key
        stage.gateway.update_tasks(ANSWER, [{"originalMedia": named}])
    else:
        Imports(stage.table, stage.clock, 60).share(ANSWER, {key})
    stage.read_back()
    assert key not in stage.tagged()
    assert f"{ANSWER.prefix}{old}/1/transcript.json" in stage.tagged()


# ---- the read-back undoes others' writes ---------------------------------------------------------


def content_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an ``uploadAnswer`` that writes an answer as it was stored once."""
    media = {field: answer.get(field) for field in ("webMedia", "mobileMedia", "vttMedia")}
    text = {name: answer[name] for name in ("transcript", "hasEditedTranscript")}
    return media | text


def medium(url: str, kind: str = "video") -> dict[str, Any]:
    return {"type": kind, "tag": "web", "url": url}


TRANSFER = f"{ANSWER.prefix}{uuid.uuid4()}/1"
OTHERS: dict[str, dict[str, Any]] = {
    "the end of a transfer": {
        "webMedia": medium(f"{TRANSFER}/web.mp4"),
        "mobileMedia": medium(f"{TRANSFER}/mobile.mp4"),
        "vttMedia": medium(f"{TRANSFER}/en.vtt", "subtitles"),
        "transcript": "what the exported mentor says",
    },
    "the UI's new address": {
        "webMedia": medium("https://elsewhere.example.org/mine.mp4"),
        "mobileMedia": medium("https://elsewhere.example.org/mine.mp4"),
    },
    "one video of two": {"mobileMedia": medium("https://elsewhere.example.org/mine.mp4")},
    "a wipe": {"webMedia": medium(""), "mobileMedia": medium("")},
    "a null": {"vttMedia": None},
    "another file of an older upload": {"webMedia": medium("{old}/1/original.mp4")},
    "an address with a query": {"webMedia": medium("https://s.example.org/{old}/1/web.mp4?v=2")},
    "captions by hand": {"vttMedia": medium(f"{ANSWER.prefix}captions/20260105/en.vtt")},
    "a transcript": {"transcript": "my own words", "hasEditedTranscript": True},
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_somebody_wrote_within_the_minute_after_ready_stays(stage: Stage, what: str) -> None:
    old = stage.live()
    stage.live()
    written = {
        field: value | {"url": value["url"].replace("{old}", f"{ANSWER.prefix}{old}")}
        if isinstance(value, dict)
        else value
        for field, value in OTHERS[what].items()
    }
    stage.gateway.switch(ANSWER, written)
    after = stage.answer
    for _ in range(2):
        stage.read_back()
    assert stage.answer == after


def test_an_import_that_brings_back_what_was_shown_before_stays(stage: Stage) -> None:
    """The mentor's own export of yesterday: its media are marked until they are copied."""
    old = stage.live()
    stage.live()
    stage.graphql.store.change(
        "answers",
        {"mentor": ANSWER.mentor, "question": ANSWER.question},
        {
            "webMedia": medium(f"{ANSWER.prefix}{old}/1/web.mp4") | {"needsTransfer": True},
            "mobileMedia": medium(f"{ANSWER.prefix}{old}/1/mobile.mp4") | {"needsTransfer": True},
            "transcript": "",
        },
    )
    after = stage.answer
    stage.read_back()
    assert stage.answer == after


def test_only_what_a_late_write_undid_is_repaired_beside_what_somebody_wrote(stage: Stage) -> None:
    old = stage.live()
    new = stage.live()
    theirs = medium("https://elsewhere.example.org/mine.mp4")
    stage.gateway.update_media(
        ANSWER, {"webMedia": medium(f"{ANSWER.prefix}{old}/1/web.mp4"), "mobileMedia": theirs}
    )
    stage.read_back()
    assert f"/{new}/" in stage.url("webMedia")
    assert stage.url("mobileMedia") == theirs["url"]


def test_a_late_write_of_an_upload_before_the_last_is_repaired_with_its_transcript(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "TEXT", "the words of the oldest")
        stage.live()
    oldest = stage.answer
    assert oldest is not None
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "TEXT", "the words of the one between")
        stage.live()
    new = stage.live()
    stage.gateway.switch(ANSWER, content_of(oldest))
    stage.read_back()
    assert stage.answer is not None
    assert stage.answer["transcript"] == TEXT
    assert f"/{new}/" in stage.url("webMedia")


def test_an_item_of_an_earlier_release_repairs_only_a_late_write_of_an_older_upload(
    stage: Stage,
) -> None:
    old = stage.live()
    before = stage.answer
    assert before is not None
    new = stage.live()
    stage.table.write(Write(ANSWER.pk, "NOTIFY", update="REMOVE #before"))
    late = {"webMedia": medium(f"{ANSWER.prefix}{old}/1/web.mp4"), "transcript": "old words"}
    theirs = medium("https://elsewhere.example.org/mine.mp4")
    stage.gateway.switch(ANSWER, late | {"mobileMedia": theirs})
    stage.read_back()
    assert f"/{new}/" in stage.url("webMedia")
    assert stage.url("mobileMedia") == theirs["url"]
    assert stage.answer is not None
    assert stage.answer["transcript"] == "old words"


@pytest.mark.parametrize("applied", [True, False])
def test_a_switch_whose_answer_got_lost_is_repeated_only_where_it_was_not_applied(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    """A notifier dies over its switch; before another takes over, the UI changes an address."""
    stage.live()
    upload = stage.accept()
    for kind in ("transcode", "transcribe"):
        stage.work(upload, kind)
    switch = Gateway.switch

    def lost(gateway: Gateway, answer: AnswerKey, content: dict[str, Any]) -> None:
        if applied:
            switch(gateway, answer, content)
        raise DependencyDownError("graphql", "no answer in time")

    with monkeypatch.context() as patch:
        patch.setattr(Gateway, "switch", lost)
        with pytest.raises(DependencyDownError):
            stage.hear(upload)
    theirs = medium("https://elsewhere.example.org/mine.mp4")
    stage.gateway.update_media(ANSWER, {"mobileMedia": theirs})
    for _ in range(2):
        stage.read_back()
    assert f"/{upload}/" in stage.url("webMedia")
    assert stage.answer is not None
    assert stage.answer["transcript"] == TEXT
    assert (stage.url("mobileMedia") == theirs["url"]) == applied
    assert set(stage.shown.values()) == {"DONE"}


@pytest.mark.parametrize("what", ["nothing", "captions", "transfer"])
def test_a_redrive_of_captions_leaves_what_somebody_wrote_since_the_video_went_live(
    stage: Stage, what: str
) -> None:
    upload = stage.accept()
    stage.work(upload, "transcode")
    stage.work(upload, "transcribe", "transcribing")
    stage.hear(upload)
    by_hand = medium(by_hand_key(ANSWER.mentor, ANSWER.question, "20260105"), "subtitles")
    if what == "captions":
        stage.gateway.update_media(ANSWER, {"vttMedia": by_hand})
    elif what == "transfer":
        stage.gateway.switch(ANSWER, OTHERS["the end of a transfer"])
    after = stage.answer
    assert after is not None
    again = stage.claim(upload, "transcribe", redriven=1)
    stage.finish(upload, "transcribe", again)
    stage.hear(upload)
    stage.read_back()
    assert stage.said.ids[-1] == "1.2/answer.ready.v1"
    assert stage.answer is not None
    if what == "transfer":
        assert stage.answer == after
        return
    assert stage.answer["transcript"] == TEXT
    expected = by_hand["url"] if what == "captions" else f"{ANSWER.prefix}{upload}/2/en.vtt"
    assert stage.url("vttMedia") == expected


def _no_answer(*_arguments: object) -> bool:
    raise DependencyDownError("graphql", "no answer in time")


def test_rule_15_every_write_carries_the_whole_task(stage: Stage) -> None:
    upload = stage.accept()
    stage.claim(upload, "transcribe")
    stage.hear(upload)
    stage.work(upload, "transcode")
    stage.hear(upload)
    writes = stage.graphql.store.write_log("uploadTaskStatusUpdate")
    infos = [
        info
        for record in writes
        for field, info in record.args["uploadTaskStatusInput"].items()
        if field in UI_NAMES.values()
    ]
    assert infos
    assert all({"task_name", "task_id", "status"} <= set(info) for info in infos)
    assert all(info["task_id"] == task_id_of(upload, info["task_name"]) for info in infos)
    assert {record.caller for record in writes} == {"service"}

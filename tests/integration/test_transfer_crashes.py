"""After any process dies anywhere, the import task ends, and nothing is imported twice."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING, Any

import pytest

from mentor_api.transfers.sweep import TransferSweep
from mentor_common import failpoints
from mentor_common.clock import ManualClock
from mentor_common.consumer import Delivery, Message
from mentor_common.events import Event, TransferRequested
from mentor_common.failpoints import InjectedError
from mentor_common.jobs import AnswerKey, Intake, Job, Reader, UploadRequest, upload_id_of
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.model import TransferReader, medium_sk, transfer_pk
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_local.graphql.seed import SEED_MENTOR_ID

if TYPE_CHECKING:
    from collections.abc import Callable

LEASE = 61.0
STALLED = 3601.0
QUESTION = f"{1:024x}"


class Crash:
    """Raises at one hit of any fail point, and tells how many there were."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.reached: list[str] = []

    def __call__(self, point: str) -> None:
        self.reached.append(point)
        if len(self.reached) == self.at:
            raise InjectedError(point)


class Stage:
    """A transfer, a notifier that can die, and an ingest worker played by the test."""

    def __init__(self, transfers: Any, body: Any = None) -> None:
        self.transfers = transfers
        self.clock = ManualClock(time.time())
        self.importer = transfers.importer(self.clock)
        self.table = transfers.api.table
        self.transfer = transfers.start(body or transfers.export(1))

    def request(self) -> None:
        """Deliver ``transfer.requested``."""
        job = TransferReader(self.table).transfer(self.transfer).job
        assert job is not None
        data = TransferRequested(transfer_id=self.transfer, mentor=job.mentor, payload=job.payload)
        event = Event.of(data, service="api", step="", at=1.0)
        asyncio.run(self.importer(Delivery(Message("", "", ""), event)))

    def claimant(self) -> Claimant:
        """Return who claims the one medium."""
        label = f"web video of question {QUESTION}"
        return Claimant(transfer_pk(self.transfer), medium_sk(0), [label], "test", 1)

    def copy(self) -> None:
        """Claim and finish the one medium, as the ingest worker does."""
        tasks = Tasks(self.table, self.clock)
        claimant = self.claimant()
        claimed = tasks.claim(claimant)
        if isinstance(claimed, Claimed):
            key = f"videos/{SEED_MENTOR_ID}/{QUESTION}/{self.transfer}/1/web.mp4"
            tasks.finish(claimant, claimed.task, {"status": "DONE", "results": {"medium": key}})
        self.importer.imports.request(self.transfer)

    def play(self) -> None:
        """Do all that the notifier does for the transfer."""
        self.request()
        state = TransferReader(self.table).transfer(self.transfer)
        if state.imported and state.imported.status == "IMPORTED":
            self.copy()
        self.importer.reconciler.reconcile(self.transfer)

    def restart(self) -> None:
        """Start a notifier after the dead one's lease has ended."""
        self.clock.advance(LEASE)
        self.importer = self.transfers.importer(self.clock)
        self.play()
        self.importer.reconciler.sweep()

    @property
    def status(self) -> str:
        return str(self.transfers.status(self.transfer)["status"])

    @property
    def imports(self) -> int:
        return len(self.transfers.api.graphql.store.write_log("mentorImport"))

    @property
    def url(self) -> str:
        return str(self.transfers.answers()[QUESTION]["webMedia"]["url"])


@pytest.mark.parametrize("first", [1, 2])
def test_a_notifier_that_dies_at_any_effect_leaves_a_transfer_that_ends(
    transfers: Any, first: int
) -> None:
    """One death at each fail point of the whole story in turn."""
    dry = Crash(None)
    stage = Stage(transfers)
    with failpoints.watching(dry):
        stage.play()
    assert stage.status == "DONE"
    ended: dict[str, set[str]] = {}
    for at in range(first, len(dry.reached) + 1, 2):  # before each effect, and after it
        before = stage.imports
        stage = Stage(transfers)
        crash = Crash(at)
        with failpoints.watching(crash), pytest.raises(InjectedError):
            stage.play()
        restarts = 0
        while (status := stage.status) not in {"DONE", "FAILED"} and restarts < 3:
            stage.restart()
            restarts += 1
        where = f"{at}: {crash.reached[-1]}"
        assert stage.imports - before <= 1, where
        assert status in {"DONE", "FAILED"}, where
        task = transfers.task()
        shown = {task["graphQLUpdate"]["status"], task["s3VideoMigrate"]["status"]}
        assert shown == {status}, where
        if status == "DONE":
            assert stage.url.startswith("videos/"), where
        else:
            assert "interrupted" in task["graphQLUpdate"]["errorMessage"], where
        ended.setdefault(status, set()).add(where)
    # Between intent and result it cannot be known; before and after, a death costs nothing.
    assert ended["DONE"]
    assert len(ended["FAILED"]) < len(ended["DONE"])


def test_an_api_that_dies_at_any_effect_leaves_nothing_that_blocks_the_ui(
    transfers: Any,
) -> None:
    api: Any = transfers.api
    reader: Any = TransferReader(api.table)
    dry = Crash(None)
    with failpoints.watching(dry):
        stage = Stage(transfers)
    stage.play()
    for at in range(1, len(dry.reached) + 1):
        crash = Crash(at)
        with failpoints.watching(crash):
            answer = transfers.post(transfers.export(1))
        assert answer.status_code == 500
        clock = ManualClock(time.time())
        intake = TransferIntake(transfers.api.table, clock)
        sweep = TransferSweep(intake, reader, api.adapters.topic, api.graphql_client, clock)
        for _ in range(3):
            clock.advance(LEASE)
            sweep.run()
        where = f"{at}: {crash.reached[-1]}"
        newest = reader.newest(SEED_MENTOR_ID)
        state = reader.transfer(newest)
        if not state.active:
            task = transfers.task()
            assert {task["graphQLUpdate"]["status"], task["s3VideoMigrate"]["status"]} != {
                "QUEUED"
            }, where
            continue
        assert state.job.published, where
        stage.transfer = newest
        stage.importer = transfers.importer(stage.clock)
        stage.play()
        assert stage.status == "DONE", where


@pytest.mark.parametrize(
    ("mode", "match", "ends"),
    [
        ("apply_then_drop", "mentorImport", "interrupted"),
        ("down", "mentorImport", "interrupted"),
        ("errors", "mentorImport", "fault: errors"),
    ],
)
def test_an_import_of_unknown_outcome_is_failed_with_a_message_and_never_repeated(
    transfers: Any, mode: str, match: str, ends: str
) -> None:
    stage = Stage(transfers)
    transfers.api.graphql.fail_next(1, mode, match=match)
    for _ in range(3):
        stage.request()
    assert stage.status == "FAILED"
    assert stage.imports == (1 if mode == "apply_then_drop" else 0)
    task = transfers.task()
    for part in ("graphQLUpdate", "s3VideoMigrate"):
        assert task[part]["status"] == "FAILED"
        assert ends in task[part]["errorMessage"]
    assert transfers.status(stage.transfer)["reason"] == task["graphQLUpdate"]["errorMessage"]


def test_an_import_that_is_cut_off_for_its_size_says_so(transfers: Any) -> None:
    body = transfers.export(1)
    body["mentorExportJson"]["answers"][0]["transcript"] = "long " * 500_000
    stage = Stage(transfers, body)
    transfers.api.graphql.fail_next(1, "down", match="mentorImport")
    stage.request()
    assert "larger than the 2 MB" in transfers.task()["graphQLUpdate"]["errorMessage"]


def test_an_outage_before_the_import_costs_nothing(transfers: Any) -> None:
    stage = Stage(transfers)
    transfers.api.graphql.set_fault("unavailable")
    with pytest.raises(Exception, match="HTTP 503"):
        stage.request()
    assert TransferReader(stage.table).transfer(stage.transfer).imported is None
    transfers.api.graphql.set_fault(None)
    stage.play()
    assert (stage.status, stage.imports) == ("DONE", 1)


def test_a_stalled_transfer_is_closed_and_what_comes_later_is_still_written(
    transfers: Any,
) -> None:
    stage = Stage(transfers)
    stage.request()
    said = len(transfers.api.published("api"))
    assert said == 1
    stage.clock.advance(901)
    stage.importer.reconciler.sweep()
    assert len(transfers.api.published("api")) == 1, "the media are asked for again"
    assert stage.status == "IN_PROGRESS"
    stage.clock.advance(STALLED)
    stage.importer.reconciler.sweep()
    assert stage.status == "DONE"
    (error,) = transfers.task()["migrationErrors"]
    assert error.startswith(f"web video of question {QUESTION}: was not copied in time")
    assert stage.url.startswith("http://")

    stage.copy()
    stage.importer.reconciler.sweep()
    assert stage.url.startswith("videos/")
    written = len(transfers.api.graphql.store.write_log("updateAnswers"))
    stage.importer.imports.request(stage.transfer)
    stage.importer.reconciler.sweep()
    assert len(transfers.api.graphql.store.write_log("updateAnswers")) == written == 1


def test_a_transfer_that_cannot_be_brought_on_ends(transfers: Any) -> None:
    """Whatever stands in the way, the UI's modal closes."""
    stage = Stage(transfers)
    stage.request()
    imported = TransferReader(stage.table).transfer(stage.transfer).imported
    assert imported is not None
    assert imported.manifest is not None
    bucket, key = imported.manifest.bucket, imported.manifest.key
    s3 = transfers.api.cloud.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key=key, Body=b"damaged")
    stage.copy()
    stage.importer.reconciler.sweep()
    assert stage.status == "IN_PROGRESS", "a mended release may still bring it on"
    stage.clock.advance(2 * STALLED)
    stage.importer.reconciler.sweep()
    assert stage.status == "FAILED"
    assert "went wrong on our side" in transfers.task()["graphQLUpdate"]["errorMessage"]

    s3.put_object(Bucket=bucket, Key=key, Body=kept)
    stage = Stage(transfers)
    stage.request()
    imported = TransferReader(stage.table).transfer(stage.transfer).imported
    assert imported is not None
    assert imported.manifest is not None
    s3.delete_object(Bucket=bucket, Key=imported.manifest.key)
    stage.copy()
    stage.importer.reconciler.sweep()
    assert stage.status == "FAILED", "what is gone does not come back"


def test_an_upload_since_the_import_is_never_overwritten(
    transfers: Any, object_id: Callable[[], str]
) -> None:
    stage = Stage(transfers)
    stage.request()
    stage.clock.advance(1)
    video = f"user1/{object_id()}"
    answer = AnswerKey(SEED_MENTOR_ID, QUESTION)
    job = Job(
        upload_id=upload_id_of(video),
        mentor=answer.mentor,
        question=answer.question,
        revision=0,
        status="PREPARING",
        token="t",
        user="user1",
        video=video,
        source={"bucket": "b", "key": video, "etag": "e", "size": 1},
        request=UploadRequest(),
        transcription="wanted",
        prepared_at=stage.clock.now(),
    )
    intake = Intake(stage.table, stage.clock)
    intake.accept(intake.prepare(job))
    stage.copy()
    stage.importer.reconciler.sweep()
    assert stage.status == "DONE"
    assert stage.url.startswith("http://"), "the upload will bring its own"
    assert not transfers.api.graphql.store.write_log("updateAnswers")


def test_what_an_unfinished_start_left_behind_is_tagged(transfers: Any) -> None:
    stage = Stage(transfers)
    stage.request()
    tasks = Tasks(stage.table, stage.clock)
    claimant = stage.claimant()
    tasks.claim(claimant)
    stage.clock.advance(2)  # its holder has died
    claimed = tasks.claim(claimant)
    assert isinstance(claimed, Claimed)
    s3, bucket = transfers.api.cloud.client("s3"), transfers.api.cloud.stack.static_bucket
    prefix = f"videos/{SEED_MENTOR_ID}/{QUESTION}/{stage.transfer}/"
    for claim in (1, 2):
        s3.put_object(Bucket=bucket, Key=f"{prefix}{claim}/web.mp4", Body=b"x")
    results = {"medium": f"{prefix}2/web.mp4"}
    tasks.finish(claimant, claimed.task, {"status": "DONE", "results": results})
    stage.importer.imports.request(stage.transfer)
    stage.importer.reconciler.sweep()
    assert stage.url == results["medium"]
    tags = {
        claim: s3.get_object_tagging(Bucket=bucket, Key=f"{prefix}{claim}/web.mp4")["TagSet"]
        for claim in (1, 2)
    }
    assert tags == {1: [{"Key": "superseded", "Value": "true"}], 2: []}


def test_an_import_makes_known_which_objects_of_other_mentors_it_names(transfers: Any) -> None:
    """Two mentors share them until each is copied, and for ever where one cannot be."""
    other = AnswerKey("5ee0000000000000000000bb", "5ee0000000000000000000cc")
    folder = f"{other.prefix}{upload_id_of('user/video')}/1"
    keys = {f"{folder}/{name}" for name in ("web.mp4", "web.webm", "en.vtt")}
    body = transfers.export(1)
    (answer,) = body["mentorExportJson"]["answers"]
    base = transfers.api.settings.static_url_base
    answer["webMedia"] |= {"url": f"{base}{folder}/web.mp4?v=1"}
    answer["webMedia"] |= {"transparentVideoUrl": f"{folder}/web.webm"}
    answer["vttMedia"] = transfers.medium(1, tag="odd", url=f"{base}{folder}/en.vtt")
    stage = Stage(transfers, body)
    named: list[set[str]] = []

    class Watching(type(stage.importer.gateway)):  # type: ignore[misc]  # a class found at run time
        def import_mentor(self, *arguments: Any) -> Any:
            answer_state = Reader(stage.table).answer_state(other)
            named.append(answer_state.shared if answer_state else set())
            return super().import_mentor(*arguments)

    gateway = stage.importer.gateway
    watching = Watching(gateway._graphql, gateway._import_seconds)
    stage.importer = dataclasses.replace(stage.importer, gateway=watching)
    stage.request()
    assert stage.imports == 1
    assert named == [keys], "before GraphQL names them, so that no notifier tags them meanwhile"


def test_a_transfer_that_waited_too_long_is_not_begun(transfers: Any) -> None:
    stage = Stage(transfers)
    stage.clock.advance(2 * STALLED)  # its clock began before the transfer was accepted
    stage.request()
    assert (stage.status, stage.imports) == ("FAILED", 0)
    assert "could not be begun in time" in transfers.task()["graphQLUpdate"]["errorMessage"]

"""Uploads are found by the table's indexes: all that fit, in one order, whatever was published."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock, SystemClock
from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import AnswerKey, Answers, Outcome, Reader
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.search import Place, UploadFinder, UploadSearch, group_by_error
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.accepting import accept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.adapters import Adapters
    from mentor_common.jobs import Job, OutcomeKind, Table

NAMES = ["transcoding-web", "transcoding-mobile"]


@contextmanager
def calls_of(table: Table) -> Iterator[list[str]]:
    """Give the names of the calls that are made of a table."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    events = table._client.meta.events
    events.register("before-call.dynamodb", note)
    try:
        yield calls
    finally:
        events.unregister("before-call.dynamodb", note)


@contextmanager
def meeting(table: Table, **parties: int) -> Iterator[None]:
    """Hold each call of a table until as many of its name are under way, which must come true.

    ``parties`` are names of calls, and how many of each are made side by side.
    """
    barriers = {name: threading.Barrier(number) for name, number in parties.items()}

    def hold(model: Any, **_: Any) -> None:
        barriers[model.name].wait(timeout=30)

    events = table._client.meta.events
    events.register("before-call.dynamodb", hold)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb", hold)


class Uploads:
    """Uploads of the tests, a second after each other, on a table of their own."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.clock = ManualClock(time.time() - 1000)
        self.finder = UploadFinder(table, Reader(table), SystemClock())

    def accept(self, mentor: int = 1) -> Job:
        """Accept an upload of a new answer."""
        self.clock.advance(1)
        answer = AnswerKey(f"{mentor:024x}", f"{int(self.clock.now() * 1000):024x}")
        return accept(self.table, answer, clock=self.clock)

    def end(self, job: Job, kind: OutcomeKind, error: str = "", *, published: bool = True) -> None:
        """Let its work end, and decide an outcome."""
        tasks, answers = Tasks(self.table, self.clock), Answers(self.table, self.clock)
        claimant = Claimant.of_task(job.upload_id, "transcode", NAMES, "test", 60)
        claimed: Any = tasks.claim(claimant)
        ending: dict[str, Any] = {"status": "FAILED" if error else "DONE", "names": {}}
        ending |= {"code": "gave_up", "reason": "It broke.", "last_error": error} if error else {}
        tasks.finish(claimant, claimed.task, ending)
        answers.put_outcome(job.upload_id, "1.1", Outcome(kind=kind, at=self.clock.now()))
        if published:
            answers.mark_published(job, "1.1")

    def ids(self, state: str, **more: Any) -> list[str]:
        """Return what is found, by the whole table and by days alike."""
        everything = self.finder.find(UploadSearch(state, **more)).ids
        since = more.pop("since", self.clock.now() - 3600)
        assert self.finder.find(UploadSearch(state, since=since, **more)).ids == everything
        return everything


@pytest.fixture
def uploads(cloud: Any, adapters: Adapters) -> Uploads:
    """Uploads on an empty table."""
    assert cloud
    return Uploads(adapters.table)


def test_each_state_is_found_whatever_was_published_of_it(uploads: Uploads) -> None:
    queued, ready, failed, unpublished, retried = (uploads.accept() for _ in range(5))
    uploads.end(ready, "ready")
    uploads.end(failed, "failed", "disk full")
    uploads.end(unpublished, "failed", "disk full", published=False)
    uploads.end(retried, "failed", "disk full")
    tasks = Tasks(uploads.table, SystemClock())
    claimant = Claimant.of_task(retried.upload_id, "transcode", NAMES, "test", 60)
    tasks.claim(claimant, redriven=1)
    # As release 0.2 kept uploads: without a day.
    item = uploads.table.get(f"UPLOAD#{queued.upload_id}", "JOB") or {}
    del item["day"], item["day_at"]

    assert uploads.ids("ALL") == [
        job.upload_id for job in (retried, unpublished, failed, ready, queued)
    ]
    assert uploads.ids("FAILED") == [unpublished.upload_id, failed.upload_id]
    assert uploads.ids("READY") == [ready.upload_id]
    assert uploads.ids("IN_PROGRESS") == [retried.upload_id]
    assert uploads.ids("QUEUED") == [queued.upload_id]
    # What is decided and not yet published is not over.
    active = [retried.upload_id, unpublished.upload_id, queued.upload_id]
    assert uploads.ids("ACTIVE") == active
    assert uploads.ids("FAILED", error="DISK") == [unpublished.upload_id, failed.upload_id]
    assert uploads.ids("FAILED", until=failed.prepared_at + 0.5) == [failed.upload_id]

    uploads.table.overwrite(f"UPLOAD#{queued.upload_id}", "JOB", item)
    every = uploads.finder.find(UploadSearch("QUEUED"))
    assert every.ids == [queued.upload_id], "found all the same, not by day"
    (group,) = group_by_error(uploads.finder.find(UploadSearch("FAILED")).matches)
    assert (group.pattern, group.uploads, group.latest.upload_id) == (
        "gave_up: disk full", 2, unpublished.upload_id,
    )  # fmt: skip


def test_uploads_are_read_twenty_at_a_time_and_those_that_cannot_fit_not_at_all(
    uploads: Uploads,
) -> None:
    failed = [uploads.accept() for _ in range(41)]
    for job in failed:
        uploads.end(job, "failed", "disk full")
    for _ in range(20):
        uploads.end(uploads.accept(), "ready")
    with calls_of(uploads.table) as calls:
        found = uploads.finder.find(UploadSearch("FAILED"))
    assert len(found.matches) == 41
    assert sorted(calls) == ["BatchGetItem"] * 3 + ["Scan"] * 2
    first = found.first(10)
    assert first.end is not None
    with calls_of(uploads.table) as calls:
        page = uploads.finder.page(UploadSearch("FAILED"), 10, first.end)
    assert first.ids + page.ids == found.ids[:20]
    assert sorted(calls) == ["BatchGetItem"] + ["Scan"] * 2, "no more than the page shows"

    side_by_side = replace(uploads.finder, batches_at_once=8)
    two_rounds = meeting(uploads.table, Scan=2, BatchGetItem=2)
    with two_rounds, calls_of(uploads.table) as calls:
        page = side_by_side.page(UploadSearch("FAILED"), 30)
    assert (page.ids, page.unread) == (found.ids[:30], 11)
    assert sorted(calls) == ["BatchGetItem"] * 2 + ["Scan"] * 2
    with meeting(uploads.table, Scan=2, BatchGetItem=3):
        assert side_by_side.find(UploadSearch("FAILED")) == found


def test_what_cannot_be_read_is_found_where_all_or_active_ones_are(uploads: Uploads) -> None:
    job, broken = uploads.accept(), uploads.accept()
    item = uploads.table.get(f"UPLOAD#{broken.upload_id}", "JOB") or {}
    uploads.table.overwrite(f"UPLOAD#{broken.upload_id}", "JOB", item | {"revision": "one"})
    found = uploads.finder.find(UploadSearch("ACTIVE"))
    assert found.ids == [broken.upload_id, job.upload_id]
    assert isinstance(found.matches[0].item, UnreadableItemError)
    assert uploads.ids("QUEUED") == [job.upload_id]
    assert uploads.ids("ACTIVE", error="x") == []


def test_beyond_what_is_read_at_once_the_end_says_where_to_go_on(uploads: Uploads) -> None:
    jobs = [uploads.accept() for _ in range(5)]
    latest_first = [job.upload_id for job in reversed(jobs)]
    finder = replace(uploads.finder, most=2)
    sought = UploadSearch("QUEUED", since=uploads.clock.now() - 3600)
    found = finder.find(sought)
    seen = found.ids
    while found.end is not None:
        found = finder.page(sought, 2, found.end)
        seen += found.ids
    assert seen == latest_first
    whole = finder.find(UploadSearch("ALL", since=sought.since))
    assert (whole.ids, whole.is_lower_bound) == (latest_first, False), "an index is read whole"
    middle = Place(round(jobs[2].prepared_at, 6), jobs[2].upload_id)
    assert finder.page(UploadSearch("ALL"), 9, middle).ids == latest_first[3:]


def test_the_beginning_of_an_id_leads_to_the_one_upload(uploads: Uploads) -> None:
    job = uploads.accept()
    assert uploads.finder.resolve(f" {job.upload_id[:8].upper()}") == job.upload_id
    unknown = "00000000-0000-0000-0000-000000000000"
    assert uploads.finder.resolve(unknown) == unknown, "whoever reads it sees that it is not there"
    twins = [f"{job.upload_id[:-2]}{number:02x}" for number in range(12)]
    item = uploads.table.get(f"UPLOAD#{job.upload_id}", "JOB") or {}
    for number, twin in enumerate(twins):
        changed = {"upload_id": twin, "prepared_at": job.prepared_at + number + 1}
        uploads.table.overwrite(f"UPLOAD#{twin}", "JOB", item | changed)
    with pytest.raises(RefusedError, match="uploads have an id that begins with") as refused:
        uploads.finder.resolve(job.upload_id[:8])
    assert twins[-1] in str(refused.value)
    assert str(refused.value).endswith(" more")
    for wrong in ("", "7a0", "mentor", "7a0cb5e5-"[:3]):
        with pytest.raises(RefusedError, match="give 4 characters or more"):
            uploads.finder.resolve(wrong)

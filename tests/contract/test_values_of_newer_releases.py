"""Table items as a newer release may write them: a field or a value more, no field less.

The items are those that the last release wrote. None of them may be unreadable: an unreadable item
stops its upload, and an upload that stops a sweep stops all others.
"""

from __future__ import annotations

import copy
import json
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from mentor_api.transfers.copier import Copier
from mentor_common.clock import ManualClock
from mentor_common.errors import PermanentError
from mentor_common.explain import why_not_ready, why_task_waits
from mentor_common.jobs import Intake, Reader, Table, answer_is_free, is_over, state
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.manifest import ListedMedium
from mentor_common.transfers.model import TransferReader
from mentor_common.work.claims import Busy, Claimant, Claimed, Tasks
from mentor_notifier.answers.outcome import outcome_of, shown_statuses
from released import releases
from released.outside import Cloud

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.jobs import Upload

LAST = releases.RECORDS / list(releases.COMMITS)[-1]
UPLOADS = sorted(
    {path.stem for path in LAST.glob("*.json")} - {"transfer", "present", "superseded"}
)
"""Stories of one upload."""
DAY = 24 * 3600
Item = dict[str, Any]


class Newer:
    """A story's items as a newer release may have written them, on a table."""

    def __init__(self, story: str, sk: str = "", **changed: Any) -> None:
        told = json.loads((LAST / f"{story}.json").read_text())
        items: list[Item] = copy.deepcopy(told["items"])
        self.now: float = told["now"]
        (first, *_) = (item for item in items if item["sk"] == "JOB")
        self.id = str(first.get("upload_id") or first.get("transfer_id"))
        for item in items:
            item["a field"] = "that nobody knows"
            if item["sk"].startswith(sk) and sk:
                item.update(changed)
        self.cloud = Cloud()
        self.cloud.put_items(items)
        process: Any = None
        self.table = Table("jobs", "us-east-1", self.cloud.table.client(process))

    @property
    def upload(self) -> Upload:
        return Reader(self.table).upload(self.id)

    def verdict(self) -> tuple[str, dict[str, str], bool]:
        """Return how the upload stands, what is shown of it, and whether its answer is free.

        All that says it in words is asked too.
        """
        upload, reader = self.upload, Reader(self.table)
        assert upload.job is not None
        outcome = outcome_of(upload, upload.job, now=self.now, stalled_after=DAY)
        assert state(upload)
        is_over(upload)
        why_not_ready(upload, self.now, None)
        why_task_waits("transcode", upload, upload.job, self.now, None)
        free = answer_is_free(
            reader.current(upload.job.answer), upload, reader.answer_state(upload.job.answer)
        )
        shown = cast("dict[str, str]", shown_statuses(upload, upload.job, outcome))
        return outcome.kind if outcome else "running", shown, free


@pytest.mark.parametrize("story", UPLOADS)
def test_a_field_more_in_every_item_changes_nothing(story: str) -> None:
    recorded = json.loads((LAST / f"{story}.json").read_text())["acts"]
    newer = Newer(story)
    acts = recorded["uploads"][newer.id]
    kind, shown, free = newer.verdict()
    assert (kind, shown, free) == (acts["verdict"][0], acts["shown"], acts["free"])


@pytest.mark.parametrize("story", ["at_work", "went_away"])
def test_a_task_under_a_status_that_is_not_known_is_held_until_its_lease_ends(story: str) -> None:
    """A claim is conditional on the status as it is stored: read as another, it would spin."""
    sub = {"transcoding-web": {"status": "RESTING"}, "transcoding-mobile": {"status": "DONE"}}
    newer = Newer(story, "TASK#transcode", status="RESTING", names=sub)
    kind, shown, free = newer.verdict()
    assert (kind, free) == ("running", False)
    assert shown["transcoding-web"] == "IN_PROGRESS"
    clock = ManualClock(newer.now)
    claimant = Claimant.of_task(newer.id, "transcode", ["transcoding-web"], "b:2", 60)
    tasks = Tasks(newer.table, clock)
    claim = tasks.claim(claimant)
    if story == "at_work":
        assert isinstance(claim, Busy)
        clock.advance(61)
        claim = tasks.claim(claimant)
    assert isinstance(claim, Claimed)
    assert tasks.finish(claimant, claim.task, {"status": "DONE"}).terminal


def test_a_task_without_names_under_such_a_status_is_shown_in_progress() -> None:
    newer = Newer("at_work", "TASK#transcode", status="RESTING", names={})
    assert newer.verdict()[1]["transcoding-web"] == "IN_PROGRESS"


def test_an_outcome_of_a_kind_that_is_not_known_switches_nothing_and_frees_the_answer() -> None:
    newer = Newer("bad_video", "OUTCOME#", kind="expired", code=None)
    kind, _, free = newer.verdict()
    assert (kind, free) == ("failed", True)
    assert newer.upload.outcome is not None


def test_a_transcription_that_is_not_known_keeps_nobody_waiting_and_writes_no_text() -> None:
    newer = Newer("ready", "JOB", transcription="translated")
    job = newer.upload.job
    assert job is not None
    assert (job.transcription, job.needs_transcriber) == ("idle", False)
    assert newer.verdict()[0] == "ready"


def test_captions_of_an_alignment_that_are_not_known_stay_as_they_are() -> None:
    newer = Newer("edited_and_aligned", "JOB", align_captions="loud")
    assert newer.upload.aligned_captions is None


def test_a_retry_of_a_unit_of_work_that_is_not_known_is_left_alone() -> None:
    newer = Newer("retried", "JOB", retried={"translate": 1, "transcribe": 1})
    assert newer.upload.retries_requested == ["transcribe"]


@pytest.mark.parametrize("story", ["spoken", "ready"])
def test_a_job_under_a_status_that_is_not_known_is_left_to_its_release(story: str) -> None:
    newer = Newer(story, "JOB", status="SUSPENDED")
    assert newer.verdict()[1]
    assert state(newer.upload) == "PREPARING"
    clock = ManualClock(newer.now + 3600)
    before = copy.deepcopy(newer.cloud.items())
    assert set(Intake(newer.table, clock).due()) <= {newer.id}
    assert newer.cloud.items() == before


@pytest.mark.parametrize("sk", ["JOB", "IMPORT"])
def test_a_transfer_under_a_status_that_is_not_known_keeps_its_mentor_until_it_ends(
    sk: str,
) -> None:
    newer = Newer("transfer", sk, status="SUSPENDED")
    transfer = TransferReader(newer.table).transfer(newer.id)
    assert transfer.active
    assert transfer.status == "IN_PROGRESS"
    assert TransferIntake(newer.table, ManualClock(newer.now + 3600)).due() == [newer.id]


def test_a_medium_of_a_kind_that_is_not_known_fails_alone(tmp_path: Path) -> None:
    """The manifest is read whole: one medium must not keep the others from being copied."""
    medium = ListedMedium(question="q1", field="portrait", url="https://example.org/a.png")
    assert medium.label == "medium of question q1"
    nothing: Any = None
    copier = Copier(nothing, "static", nothing, None, 1)
    with pytest.raises(PermanentError, match="cannot be copied"):
        copier.copy(medium, "transfers/x", tmp_path, nothing, threading.Event())

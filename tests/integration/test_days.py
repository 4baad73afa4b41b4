"""The index by day on the emulator: what came and how it ended, without reading the table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mentor_common.clock import ManualClock
from mentor_common.events import SourceObject
from mentor_common.jobs import AnswerKey, Answers, DayIndex, Outcome
from mentor_local.accepting import accept

if TYPE_CHECKING:
    from mentor_common.jobs import Job, Table

SOURCE = SourceObject(bucket="b", key="user1/k", etag='"e"', size=1)
HOUR = 3600.0


def take(table: Table, at: float, number: int) -> Job:
    """Prepare and accept an upload at a time."""
    answer = AnswerKey(f"{number:024x}", f"{number:024x}")
    return accept(table, answer, SOURCE, clock=ManualClock(at))


def test_uploads_come_latest_first_over_midnight_and_only_of_the_time_asked_for(
    cloud: Any, table: Table
) -> None:
    assert cloud
    midnight = time.time() // 86400 * 86400
    jobs = [take(table, midnight + hours * HOUR, n) for n, hours in enumerate((-30, -5, -1, 2, 4))]
    found = list(DayIndex(table).between("JOB", midnight - 6 * HOUR, midnight + 3 * HOUR))
    assert [item["pk"] for item in found] == [f"UPLOAD#{job.upload_id}" for job in jobs[3:0:-1]]
    assert [item["day_at"] for item in found] == [job.prepared_at for job in jobs[3:0:-1]]
    assert found[0]["mentor"] == jobs[3].mentor
    assert (found[0]["status"], found[0]["accepted_at"]) == ("ACCEPTED", jobs[3].accepted_at)


def test_an_outcome_is_in_the_index_once_it_was_said_and_tells_how_long_it_took(
    cloud: Any, table: Table
) -> None:
    assert cloud
    now = float(int(time.time()))
    job = take(table, now - 100, 1)
    answers = Answers(table, ManualClock(now))
    answers.put_outcome(job.upload_id, "1.1", Outcome(kind="ready", at=now - 5))
    assert list(DayIndex(table).between("OUTCOME", now - HOUR, now + 1)) == []
    answers.mark_published(job, "1.1")
    (outcome,) = DayIndex(table).between("OUTCOME", now - HOUR, now + 1)
    assert (outcome["kind"], outcome["day_at"]) == ("ready", now)
    assert outcome["accepted_at"] == job.accepted_at
    stored = table.get(f"UPLOAD#{job.upload_id}", "OUTCOME#1.1")
    assert stored is not None
    assert Outcome.model_validate(stored).at == now - 5, "decided then, said now"


def test_more_than_a_page_is_read_whole(cloud: Any, table: Table, monkeypatch: Any) -> None:
    assert cloud
    monkeypatch.setattr("mentor_common.jobs.day_index._PAGE", 2)
    now = float(int(time.time()))
    jobs = [take(table, now - number, number) for number in range(5)]
    found = list(DayIndex(table).between("JOB", now - HOUR, now))
    assert [item["pk"] for item in found] == [f"UPLOAD#{job.upload_id}" for job in jobs]

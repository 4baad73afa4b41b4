"""Real processes, ended by SIGKILL at their effects; the work goes on and is done once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.clock import SystemClock
from mentor_common.work.claims import Tasks
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mentor_common.events import SourceObject
    from mentor_common.jobs import Job
    from real_workers import RealWorkers

WORK = (
    "jobs.write:before#1",  # the claim
    "jobs.write:after#1",
    "s3.put:before#1",
    "s3.put:after#2",
    "jobs.write:before#2",  # the result, or a beat before it
    "jobs.write:after#2",
    "sns.publish:before#1",  # task.completed
    "sns.publish:after#1",
    "sqs.delete:before#1",
    "sqs.delete:after#1",
)
COPY = ("s3.copy:before#1", "s3.copy:after#1")
TELL = (
    "jobs.write:before#1",  # somebody looks
    "jobs.write:after#1",
    "jobs.write:before#2",  # the lease
    "jobs.write:after#2",
    "graphql.write:before#1",  # the switch
    "graphql.write:after#1",
    "sns.publish:before#1",  # answer.ready
    "sns.publish:after#1",
    "sqs.delete:before#1",
    "sqs.delete:after#1",
)
SWEEP = (
    "sns.publish:before#1",
    "sns.publish:after#1",
    "jobs.write:before#1",  # the leases on both sweeps
    "jobs.write:after#1",
    "jobs.write:before#3",  # that an upload was announced
    "jobs.write:after#3",
)
QUICK = {"VISIBILITY_SECONDS": "2", "BEAT_SECONDS": "0.5", "MAX_STARTS": "50", "CONCURRENCY": "1"}


def die_at_each(workers: RealWorkers, service: str, points: Iterable[str]) -> None:
    """Start the service once for each point; it has to die there."""
    for point in points:
        worker = workers.start(
            service,
            MENTOR_UPLOAD_PROFILE="test",
            MENTOR_UPLOAD_FAILPOINTS=f"{point}=kill",
            **QUICK,
        )
        assert workers.processes.wait(worker, seconds=60) == -9, f"{service} did not reach {point}"
        # The next one would wait for it, 45 s for the api's; test_sweep_lease shows that it does.
        workers.end_sweep_leases()


def finish(workers: RealWorkers, jobs: list[Job], services: Iterable[str]) -> None:
    """Start the services in health and check that every upload ends as if nothing had been."""
    for service in services:
        workers.start(service, **QUICK)
    wait_until(
        lambda: all(workers.outcome(job) == "ready" for job in jobs),
        seconds=90,
        what="all uploads to be ready",
    )
    for service in ("api", "transcoder", "transcriber", "notifier"):
        assert workers.messages(service, "DEAD_LETTER_QUEUE_NAME") == (0, 0)
    switched = workers.graphql.store.write_log("uploadAnswer")
    urls = {write.args["answer"]["webMedia"]["url"] for write in switched}
    assert len(urls) == len(jobs), "each answer changed to one result"
    for job in jobs:
        task = Tasks(workers.table, SystemClock()).read(job.upload_id, "transcode")
        assert task
        assert task.status == "DONE"


def test_a_transcoder_killed_at_each_of_its_effects(
    workers: RealWorkers, source: SourceObject
) -> None:
    jobs = [workers.accept(source) for _ in range(6)]
    die_at_each(workers, "transcoder", (*WORK, *COPY))
    finish(workers, jobs, ("transcoder", "transcoder-2", "notifier"))


def test_a_transcriber_killed_at_each_of_its_effects(
    workers: RealWorkers, source: SourceObject
) -> None:
    jobs = [workers.accept(source, speech=True) for _ in range(6)]
    die_at_each(workers, "transcriber", WORK)
    finish(workers, jobs, ("transcoder", "transcriber", "notifier"))


def test_a_notifier_killed_at_each_of_its_effects(
    workers: RealWorkers, source: SourceObject
) -> None:
    transcoder = workers.start("transcoder")
    jobs = []
    for point in TELL:
        job = workers.accept(source)
        jobs.append(job)
        wait_until(lambda: _encoded(workers, jobs[-1]), seconds=60, what="the renditions")
        die_at_each(workers, "notifier", [point])
    assert transcoder.is_alive()
    finish(workers, jobs, ("notifier",))


def _encoded(workers: RealWorkers, job: Job) -> bool:
    task = Tasks(workers.table, SystemClock()).read(job.upload_id, "transcode")
    return task is not None and task.status == "DONE"


def test_an_ingest_worker_killed_while_it_announces(
    workers: RealWorkers, source: SourceObject
) -> None:
    jobs = [workers.accept_silently(source) for _ in range(2)]
    die_at_each(workers, "api", SWEEP)
    finish(workers, jobs, ("api", "transcoder", "notifier"))

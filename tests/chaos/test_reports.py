"""Reports of real processes to Sentry: one for each final failure, and none of the others."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

from mentor_common.work.next_claim import WORKER_LOST
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID
from mentor_local.process import http_status
from mentor_local.waiting import wait_until
from sentry_endpoint import SentryEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess

    from mentor_common.events import SourceObject
    from mentor_common.jobs import Job
    from real_workers import RealWorkers

QUICK = {
    "VISIBILITY_SECONDS": "3",
    "BEAT_SECONDS": "1",
    "MAX_STARTS": "2",
    "LEASE_SECONDS": "3",
    "GRAPHQL_TIMEOUT_SECONDS": "1.4",
    "BACKOFF_BASE_SECONDS": "0.1",
    "BACKOFF_CAP_SECONDS": "0.2",
    "CONCURRENCY": "1",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "DEBUG",
    "STAGE": "qa",
    "MENTOR_UPLOAD_VERSION": "9.8.7",
}


@pytest.fixture
def sentry() -> Iterator[SentryEndpoint]:
    with SentryEndpoint() as endpoint:
        yield endpoint


def failing(point: str, action: str = "raise", hits: int = 1) -> dict[str, str]:
    """Return what lets a process fail at the first hits of a fail point."""
    plan = ",".join(f"{point}#{hit}={action}" for hit in range(1, hits + 1))
    return {"MENTOR_UPLOAD_PROFILE": "test", "MENTOR_UPLOAD_FAILPOINTS": plan}


def lines(workers: RealWorkers) -> list[dict[str, Any]]:
    """Return all that the processes have logged."""
    written = (workers.folder / "log").read_text(errors="replace").splitlines()
    return [json.loads(line) for line in written if line.startswith("{")]


def stop(workers: RealWorkers, worker: ForkServerProcess) -> None:
    """End a process in order; it sends what it still has to report."""
    worker.terminate()
    assert workers.processes.wait(worker, seconds=40) == 0


def only(workers: RealWorkers, sentry: SentryEndpoint) -> dict[str, Any]:
    """Return the one report, which tells no secret."""
    (event,) = sentry.events
    assert event["release"] == "mentor-upload@9.8.7"
    assert event["environment"] == "qa"
    raw = b"".join(sentry.envelopes)
    secrets = (workers.graphql_environment[name] for name in ("JWT_SECRET", "API_SECRET"))
    hidden = (*secrets, "eyJ")
    assert [text for text in hidden if text.encode() in raw] == []
    return event


def about(job: Job) -> dict[str, str]:
    """Return the tags that name an upload."""
    return {"upload_id": job.upload_id, "mentor": job.mentor, "question": job.question}


def is_of_the_trace_in_the_log(workers: RealWorkers, event: dict[str, Any], line: str) -> bool:
    """Return whether a report and a line of the log are of one trace."""
    (logged,) = (each for each in lines(workers) if each["event"] == line)
    return bool(logged["trace_id"] == event["contexts"]["trace"]["trace_id"])


@pytest.mark.parametrize(
    ("service", "kind"), [("transcoder", "transcode"), ("transcriber", "transcribe")]
)
def test_work_that_is_given_up_is_reported_once(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint, service: str, kind: str
) -> None:
    job = workers.accept(source, speech=service == "transcriber")
    failure = failing("s3.put:before", hits=20)
    worker = workers.start(service, **QUICK, **failure, **sentry.environment)
    sentry.wait(seconds=90)
    wait_until(
        lambda: workers.messages(service, "QUEUE_NAME") == (0, 0), seconds=30, what="an empty queue"
    )
    stop(workers, worker)

    event = only(workers, sentry)
    assert event["tags"] == about(job) | {
        "service": service,
        "code": "gave_up",
        "task": kind,
        "attempt": "1",
        "event_id": f"{job.upload_id}/upload.accepted.v1",
    }
    context = event["contexts"]["mentor-upload"]
    assert context["starts"] == 2
    assert context["last_error"].startswith("InjectedError at failpoints.py:")
    assert context["last_error"].endswith(" in watcher: s3.put:before")
    assert event["fingerprint"][:3] == [service, kind, "gave_up"]
    assert event["fingerprint"][3] == "InjectedError:failpoints.py:watcher"
    assert is_of_the_trace_in_the_log(workers, event, "gave up: dead letter")
    retried = [line for line in lines(workers) if line["event"] == "will retry after a defect"]
    assert len(retried) == 2
    names = about(job) | {"service": service, "version": "9.8.7", "task": kind, "attempt": 1}
    assert [line for line in retried if not names.items() <= line.items()] == []


@pytest.mark.parametrize("service", ["transcoder", "transcriber"])
def test_work_that_succeeds_at_its_second_start_is_not_reported(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint, service: str
) -> None:
    workers.accept(source, speech=service == "transcriber")
    failure = failing("s3.put:before")
    worker = workers.start(service, **QUICK, **failure, **sentry.environment)
    wait_until(
        lambda: any(line["event"] == "will retry after a defect" for line in lines(workers)),
        seconds=60,
        what="the first start to fail",
    )
    wait_until(
        lambda: workers.messages(service, "QUEUE_NAME") == (0, 0), seconds=60, what="an empty queue"
    )
    stop(workers, worker)
    assert sentry.envelopes == []
    assert workers.messages(service, "DEAD_LETTER_QUEUE_NAME") == (0, 0)


def test_a_process_that_is_killed_at_each_start_is_reported_when_it_is_given_up(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = workers.accept(source)
    quick = QUICK | {"MAX_STARTS": "1"} | sentry.environment
    dying = workers.start("transcoder", **quick, **failing("s3.put:before", "kill"))
    assert workers.processes.wait(dying, seconds=60) == -9
    worker = workers.start("transcoder", **quick)
    sentry.wait(seconds=60)
    stop(workers, worker)
    event = only(workers, sentry)
    assert event["tags"]["upload_id"] == job.upload_id
    assert event["contexts"]["mentor-upload"]["last_error"].endswith(WORKER_LOST)
    assert event["fingerprint"] == ["transcoder", "transcode", "gave_up", WORKER_LOST]


def test_a_notifier_that_cannot_look_reports_it_once_and_not_at_each_try(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = workers.accept(source)
    workers.start("transcoder", **QUICK)
    failure = failing("graphql.write:before", hits=3)
    worker = workers.start("notifier", **QUICK, **failure, **sentry.environment)
    wait_until(lambda: workers.outcome(job) == "ready", seconds=90, what="the failures to be over")
    stop(workers, worker)
    events = [line["event"] for line in lines(workers)]
    tried = events.count("an answer was not reconciled") + events.count("will retry after a defect")
    assert tried == 3
    event = only(workers, sentry)
    assert event["tags"] == about(job) | {"service": "notifier", "code": "sweep"}
    (raised,) = event["exception"]["values"]
    assert raised["type"] == "InjectedError"
    assert raised["stacktrace"]["frames"][-1]["function"] == "watcher"
    failed = [line for line in lines(workers) if line["event"] == "an answer was not reconciled"]
    assert failed[0]["trace_id"] == event["contexts"]["trace"]["trace_id"]


def test_a_notifier_whose_second_look_succeeds_reports_nothing(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = workers.accept(source)
    workers.start("transcoder", **QUICK)
    # The handler fails at it; the sweep does not.
    slow = {"SWEEP_SECONDS": "10"}
    failure = failing("graphql.write:before")
    worker = workers.start("notifier", **QUICK | slow, **failure, **sentry.environment)
    wait_until(lambda: workers.outcome(job) == "ready", seconds=90, what="the upload to be ready")
    stop(workers, worker)
    assert any(line["event"] == "will retry after a defect" for line in lines(workers))
    assert sentry.envelopes == []


def test_what_no_release_can_read_is_reported(workers: RealWorkers, sentry: SentryEndpoint) -> None:
    worker = workers.start("notifier", **QUICK, **sentry.environment)
    sqs = workers.cloud.client("sqs")
    name = workers.cloud.environment("notifier")["QUEUE_NAME"]
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody="junk")
    sentry.wait()
    stop(workers, worker)
    event = only(workers, sentry)
    assert event["tags"] == {"service": "notifier", "code": "not_json"}
    assert event["contexts"]["mentor-upload"]["message_id"]


def test_an_ingest_worker_reports_a_sweep_that_fails_once(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = workers.accept_silently(source)
    failure = failing("sns.publish:before", hits=2)
    worker = workers.start("api", **QUICK, **failure, **sentry.environment)
    wait_until(
        lambda: workers.messages("transcoder", "QUEUE_NAME") == (1, 0),
        seconds=90,
        what="the upload to be announced in the end",
    )
    stop(workers, worker)
    failed = [line for line in lines(workers) if line["event"] == "an upload cannot be swept"]
    assert len(failed) == 2
    event = only(workers, sentry)
    assert event["tags"] == about(job) | {"service": "api-ingest", "code": "sweep"}


def test_an_ingest_worker_reports_nothing_while_it_goes_well(
    workers: RealWorkers, source: SourceObject, sentry: SentryEndpoint
) -> None:
    workers.accept_silently(source)
    worker = workers.start("api", **QUICK, **sentry.environment)
    wait_until(
        lambda: workers.messages("transcoder", "QUEUE_NAME") == (1, 0), seconds=60, what="an event"
    )
    stop(workers, worker)
    assert sentry.envelopes == []


@pytest.mark.parametrize(
    ("point", "status", "reports"),
    [("jobs.transact:before", 500, 1), ("s3.tag:before", 200, 0)],
    ids=["unexpected", "well"],
)
def test_a_web_process_reports_an_unexpected_error_and_nothing_else(
    workers: RealWorkers,
    source: SourceObject,
    sentry: SentryEndpoint,
    point: str,
    status: int,
    reports: int,
) -> None:
    port = workers.ports()
    own = {"WEB_HOST": "127.0.0.1", "WEB_PORT": str(port), "WEB_PROCESSES": "1"}
    environment = workers.environment("api", port) | QUICK | own
    worker = workers.processes.start(
        "mentor_api", environment | failing(point) | sentry.environment, ("web",)
    )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: http_status(f"{url}/readyz") == 200, seconds=30, what="the API")
    claims = {"id": SEED_OWNER_ID, "role": "USER", "mentorIds": [], "exp": time.time() + 900}
    token = jwt.encode(claims, workers.graphql_environment["JWT_SECRET"], algorithm="HS256")
    key = f"{SEED_OWNER_ID}/clip"
    workers.cloud.client("s3").copy_object(
        Bucket=source.bucket, Key=key, CopySource={"Bucket": source.bucket, "Key": source.key}
    )
    body = {"mentor": SEED_MENTOR_ID, "question": SEED_QUESTION_ID, "video": key}
    headers = {"Authorization": f"bearer {token}"}
    answers = [
        requests.post(f"{url}/upload/answer", json=body, headers=headers, timeout=30),
        # A refusal is no failure.
        requests.post(f"{url}/upload/answer", json={"mentor": 1}, headers=headers, timeout=30),
        requests.get(f"{url}/uploads", timeout=30),
    ]
    stop(workers, worker)

    assert [answer.status_code for answer in answers] == [status, 400, 401]
    assert len(sentry.events) == reports
    logged = [line for line in lines(workers) if line["event"] == "request"]
    first = logged[0]
    assert first["route"] == "/upload/answer"
    assert (first["user"], first["mentor"]) == (SEED_OWNER_ID, SEED_MENTOR_ID)
    assert first["upload_id"]
    assert "mentor" not in logged[1]
    assert "user" not in logged[2]
    if reports:
        event = only(workers, sentry)
        assert event["tags"] == {
            "service": "api-web",
            "code": "POST /upload/answer",
            "route": "/upload/answer",
            "upload_id": first["upload_id"],
            "mentor": SEED_MENTOR_ID,
            "question": SEED_QUESTION_ID,
        }
        assert event["contexts"]["trace"]["trace_id"] == first["trace_id"]
        assert token.encode() not in b"".join(sentry.envelopes)
    assert token not in (workers.folder / "log").read_text()


@pytest.mark.parametrize("service", ["transcoder", "transcriber", "notifier", "api"])
def test_a_process_that_breaks_off_at_its_start_is_reported(
    workers: RealWorkers, sentry: SentryEndpoint, service: str
) -> None:
    in_the_way = workers.folder / "file"
    in_the_way.touch()
    worker = workers.start(service, **QUICK | {"WORK_DIR": str(in_the_way)}, **sentry.environment)
    assert workers.processes.wait(worker, seconds=30) == 1
    event = only(workers, sentry)
    assert event["tags"]["code"] == "crashed"
    assert event["level"] == "fatal"
    assert [line["event"] for line in lines(workers)] == ["the process broke off"]


def test_a_web_process_that_cannot_start_is_reported_and_says_so_in_the_log_alone(
    workers: RealWorkers, sentry: SentryEndpoint
) -> None:
    port = workers.ports()
    wrong = {"WEB_PORT": str(port), "WEB_PROCESSES": "1", "RATE_LIMIT_STORAGE": "x://:pass-word@h"}
    environment = workers.environment("api", port) | QUICK | wrong | sentry.environment
    worker = workers.processes.start("mentor_api", environment, ("web",))
    assert workers.processes.wait(worker, seconds=40) == 3
    event = only(workers, sentry)
    assert event["tags"] == {"service": "api-web", "code": "crashed"}
    assert "the web process cannot start" in [line["event"] for line in lines(workers)]
    written = (workers.folder / "log").read_text()
    assert [line for line in written.splitlines() if not line.startswith("{")] == []
    assert "pass-word" not in written


def test_an_unreachable_sentry_loses_no_dead_letter_and_keeps_no_process_from_ending(
    workers: RealWorkers,
) -> None:
    with socket.socket() as deaf:
        # Connections are taken by the system and never answered.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        dsn = f"http://key@127.0.0.1:{deaf.getsockname()[1]}/1"
        reports = {"IS_SENTRY_ENABLED": "true", "SENTRY_DSN_MENTOR_UPLOAD": dsn}
        worker = workers.start("notifier", **QUICK, **reports)
        sqs = workers.cloud.client("sqs")
        name = workers.cloud.environment("notifier")["QUEUE_NAME"]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        for _ in range(3):
            sqs.send_message(QueueUrl=url, MessageBody="junk")
        wait_until(
            lambda: workers.messages("notifier", "DEAD_LETTER_QUEUE_NAME") == (3, 0),
            seconds=30,
            what="the dead letters",
        )
        stop(workers, worker)
    assert workers.messages("notifier", "QUEUE_NAME") == (0, 0)
    assert "Retrying" not in (workers.folder / "log").read_text()

"""What real processes tell Sentry: one report of each failure for good, and none of the others."""

from __future__ import annotations

import json
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

from mentor_common.work.next_claim import WENT_AWAY
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID, SEED_QUESTION_ID
from mentor_local.process import http_status
from mentor_local.waiting import wait_until
from sentry_endpoint import SentryEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.events import SourceObject
    from mentor_common.jobs import Job
    from mentor_local.nursery import Worker
    from real_plant import Plant

QUICK = {
    "VISIBILITY_SECONDS": "3",
    "BEAT_SECONDS": "1",
    "MAX_STARTS": "2",
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


def lines(plant: Plant) -> list[dict[str, Any]]:
    """Return all that the processes have logged."""
    written = (plant.folder / "log").read_text(errors="replace").splitlines()
    return [json.loads(line) for line in written if line.startswith("{")]


def stop(plant: Plant, worker: Worker) -> None:
    """End a process in order; it sends what it still has to report."""
    worker.signal(signal.SIGTERM)
    assert plant.nursery.wait(worker, seconds=40) == 0


def only(plant: Plant, sentry: SentryEndpoint) -> dict[str, Any]:
    """Return the one report, which tells no secret."""
    (event,) = sentry.events
    assert event["release"] == "mentor-upload@9.8.7"
    assert event["environment"] == "qa"
    raw = b"".join(sentry.envelopes)
    secrets = (plant.graphql_environment[name] for name in ("JWT_SECRET", "API_SECRET"))
    hidden = (*secrets, "eyJ")
    assert [text for text in hidden if text.encode() in raw] == []
    return event


def about(job: Job) -> dict[str, str]:
    """Return the tags that name an upload."""
    return {"upload_id": job.upload_id, "mentor": job.mentor, "question": job.question}


def is_of_the_trace_in_the_log(plant: Plant, event: dict[str, Any], line: str) -> bool:
    """Tell whether a report and a line of the log are of one trace."""
    (logged,) = (each for each in lines(plant) if each["event"] == line)
    return bool(logged["trace_id"] == event["contexts"]["trace"]["trace_id"])


@pytest.mark.parametrize(
    ("service", "kind"), [("transcoder", "transcode"), ("transcriber", "transcribe")]
)
def test_work_that_is_given_up_is_reported_once(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint, service: str, kind: str
) -> None:
    job = plant.accept(source, speech=service == "transcriber")
    failure = failing("s3.put:before", hits=20)
    worker = plant.start(service, **QUICK, **failure, **sentry.environment)
    sentry.wait(seconds=90)
    wait_until(
        lambda: plant.messages(service, "QUEUE_NAME") == (0, 0), seconds=30, what="an empty queue"
    )
    stop(plant, worker)

    event = only(plant, sentry)
    assert event["tags"] == about(job) | {
        "service": service,
        "code": "gave_up",
        "task": kind,
        "attempt": "1",
        "event_id": f"{job.upload_id}/upload.accepted.v1",
    }
    told = event["contexts"]["mentor-upload"]
    assert told["starts"] == 2
    assert told["last_error"].startswith("InjectedError at failpoints.py:")
    assert told["last_error"].endswith(" in watcher: s3.put:before")
    assert event["fingerprint"][:3] == [service, kind, "gave_up"]
    assert event["fingerprint"][3] == "InjectedError:failpoints.py:watcher"
    assert is_of_the_trace_in_the_log(plant, event, "gave up: dead letter")
    retried = [line for line in lines(plant) if line["event"] == "will retry after a defect"]
    assert len(retried) == 2
    names = about(job) | {"service": service, "version": "9.8.7", "task": kind, "attempt": 1}
    assert [line for line in retried if not names.items() <= line.items()] == []


@pytest.mark.parametrize("service", ["transcoder", "transcriber"])
def test_work_that_succeeds_at_its_second_start_is_not_reported(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint, service: str
) -> None:
    plant.accept(source, speech=service == "transcriber")
    failure = failing("s3.put:before")
    worker = plant.start(service, **QUICK, **failure, **sentry.environment)
    wait_until(
        lambda: any(line["event"] == "will retry after a defect" for line in lines(plant)),
        seconds=60,
        what="the first start to fail",
    )
    wait_until(
        lambda: plant.messages(service, "QUEUE_NAME") == (0, 0), seconds=60, what="an empty queue"
    )
    stop(plant, worker)
    assert sentry.envelopes == []
    assert plant.messages(service, "DEAD_LETTER_QUEUE_NAME") == (0, 0)


def test_a_process_that_is_killed_at_each_start_is_reported_when_it_is_given_up(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = plant.accept(source)
    quick = QUICK | {"MAX_STARTS": "1"} | sentry.environment
    dying = plant.start("transcoder", **quick, **failing("s3.put:before", "kill"))
    assert plant.nursery.wait(dying, seconds=60) == -9
    worker = plant.start("transcoder", **quick)
    sentry.wait(seconds=60)
    stop(plant, worker)
    event = only(plant, sentry)
    assert event["tags"]["upload_id"] == job.upload_id
    assert event["contexts"]["mentor-upload"]["last_error"].endswith(WENT_AWAY)
    assert event["fingerprint"] == ["transcoder", "transcode", "gave_up", WENT_AWAY]


def test_a_notifier_that_cannot_look_reports_it_once_and_not_at_each_try(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = plant.accept(source)
    plant.start("transcoder", **QUICK)
    failure = failing("graphql.write:before", hits=4)
    worker = plant.start("notifier", **QUICK, **failure, **sentry.environment)
    wait_until(lambda: plant.outcome(job) == "ready", seconds=90, what="the failures to be over")
    stop(plant, worker)
    events = [line["event"] for line in lines(plant)]
    tried = events.count("an answer cannot be looked at") + events.count(
        "will retry after a defect"
    )
    assert tried == 4
    event = only(plant, sentry)
    assert event["tags"] == about(job) | {"service": "notifier", "code": "sweep"}
    (raised,) = event["exception"]["values"]
    assert raised["type"] == "InjectedError"
    assert raised["stacktrace"]["frames"][-1]["function"] == "watcher"
    failed = [line for line in lines(plant) if line["event"] == "an answer cannot be looked at"]
    assert failed[0]["trace_id"] == event["contexts"]["trace"]["trace_id"]


def test_a_notifier_whose_second_look_succeeds_reports_nothing(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = plant.accept(source)
    plant.start("transcoder", **QUICK)
    # The handler fails at it; the sweep does not.
    slow = {"SWEEP_SECONDS": "10"}
    failure = failing("graphql.write:before")
    worker = plant.start("notifier", **QUICK | slow, **failure, **sentry.environment)
    wait_until(lambda: plant.outcome(job) == "ready", seconds=90, what="the upload to be ready")
    stop(plant, worker)
    assert any(line["event"] == "will retry after a defect" for line in lines(plant))
    assert sentry.envelopes == []


def test_what_no_release_can_read_is_reported(plant: Plant, sentry: SentryEndpoint) -> None:
    worker = plant.start("notifier", **QUICK, **sentry.environment)
    sqs = plant.cloud.client("sqs")
    name = plant.cloud.environment("notifier")["QUEUE_NAME"]
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody="junk")
    sentry.wait()
    stop(plant, worker)
    event = only(plant, sentry)
    assert event["tags"] == {"service": "notifier", "code": "not_json"}
    assert event["contexts"]["mentor-upload"]["message_id"]


def test_an_ingest_worker_reports_a_sweep_that_fails_once(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint
) -> None:
    job = plant.accept_silently(source)
    failure = failing("sns.publish:before", hits=3)
    worker = plant.start("api", **QUICK, **failure, **sentry.environment)
    wait_until(
        lambda: plant.messages("transcoder", "QUEUE_NAME") == (1, 0),
        seconds=90,
        what="the upload to be announced in the end",
    )
    stop(plant, worker)
    failed = [line for line in lines(plant) if line["event"] == "an upload cannot be swept"]
    assert len(failed) == 3
    event = only(plant, sentry)
    assert event["tags"] == about(job) | {"service": "api-ingest", "code": "sweep"}


def test_an_ingest_worker_reports_nothing_while_it_goes_well(
    plant: Plant, source: SourceObject, sentry: SentryEndpoint
) -> None:
    plant.accept_silently(source)
    worker = plant.start("api", **QUICK, **sentry.environment)
    wait_until(
        lambda: plant.messages("transcoder", "QUEUE_NAME") == (1, 0), seconds=60, what="an event"
    )
    stop(plant, worker)
    assert sentry.envelopes == []


@pytest.mark.parametrize(
    ("point", "status", "reports"),
    [("jobs.transact:before", 500, 1), ("s3.tag:before", 200, 0)],
    ids=["unexpected", "well"],
)
def test_a_web_process_reports_an_unexpected_error_and_nothing_else(
    plant: Plant,
    source: SourceObject,
    sentry: SentryEndpoint,
    point: str,
    status: int,
    reports: int,
) -> None:
    port = plant.ports()
    own = {"WEB_HOST": "127.0.0.1", "WEB_PORT": str(port), "WEB_PROCESSES": "1"}
    environment = plant.environment("api", port) | QUICK | own
    worker = plant.nursery.start(
        "mentor_api", environment | failing(point) | sentry.environment, ("web",)
    )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: http_status(f"{url}/readyz") == 200, seconds=30, what="the API")
    claims = {"id": SEED_OWNER_ID, "role": "USER", "mentorIds": [], "exp": time.time() + 900}
    token = jwt.encode(claims, plant.graphql_environment["JWT_SECRET"], algorithm="HS256")
    key = f"{SEED_OWNER_ID}/clip"
    plant.cloud.client("s3").copy_object(
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
    stop(plant, worker)

    assert [answer.status_code for answer in answers] == [status, 400, 401]
    assert len(sentry.events) == reports
    logged = [line for line in lines(plant) if line["event"] == "request"]
    first = logged[0]
    assert first["route"] == "/upload/answer"
    assert (first["user"], first["mentor"]) == (SEED_OWNER_ID, SEED_MENTOR_ID)
    assert first["upload_id"]
    assert "mentor" not in logged[1]
    assert "user" not in logged[2]
    if reports:
        event = only(plant, sentry)
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
    assert token not in (plant.folder / "log").read_text()


@pytest.mark.parametrize("service", ["transcoder", "transcriber", "notifier", "api"])
def test_a_process_that_breaks_off_at_its_start_is_reported(
    plant: Plant, sentry: SentryEndpoint, service: str
) -> None:
    in_the_way = plant.folder / "file"
    in_the_way.touch()
    worker = plant.start(service, **QUICK | {"WORK_DIR": str(in_the_way)}, **sentry.environment)
    assert plant.nursery.wait(worker, seconds=30) == 1
    event = only(plant, sentry)
    assert event["tags"]["code"] == "crashed"
    assert event["level"] == "fatal"
    assert [line["event"] for line in lines(plant)] == ["the process broke off"]


def test_a_web_process_that_cannot_start_is_reported_and_says_so_in_the_log_alone(
    plant: Plant, sentry: SentryEndpoint
) -> None:
    port = plant.ports()
    wrong = {"WEB_PORT": str(port), "WEB_PROCESSES": "1", "RATE_LIMIT_STORAGE": "x://:pass-word@h"}
    environment = plant.environment("api", port) | QUICK | wrong | sentry.environment
    worker = plant.nursery.start("mentor_api", environment, ("web",))
    assert plant.nursery.wait(worker, seconds=40) == 3
    event = only(plant, sentry)
    assert event["tags"] == {"service": "api-web", "code": "crashed"}
    assert "the web process cannot start" in [line["event"] for line in lines(plant)]
    written = (plant.folder / "log").read_text()
    assert [line for line in written.splitlines() if not line.startswith("{")] == []
    assert "pass-word" not in written


def test_an_unreachable_sentry_loses_no_dead_letter_and_keeps_no_process_from_ending(
    plant: Plant,
) -> None:
    with socket.socket() as deaf:
        # Connections are taken by the system and never answered.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        dsn = f"http://key@127.0.0.1:{deaf.getsockname()[1]}/1"
        reports = {"IS_SENTRY_ENABLED": "true", "SENTRY_DSN_MENTOR_UPLOAD": dsn}
        worker = plant.start("notifier", **QUICK, **reports)
        sqs = plant.cloud.client("sqs")
        name = plant.cloud.environment("notifier")["QUEUE_NAME"]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        for _ in range(3):
            sqs.send_message(QueueUrl=url, MessageBody="junk")
        wait_until(
            lambda: plant.messages("notifier", "DEAD_LETTER_QUEUE_NAME") == (3, 0),
            seconds=30,
            what="the dead letters",
        )
        stop(plant, worker)
    assert plant.messages("notifier", "QUEUE_NAME") == (0, 0)
    assert "Retrying" not in (plant.folder / "log").read_text()

"""A transfer on the whole stack, and the token is nowhere, after uploads and a transfer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests
import sentry_sdk

from mentor_local.graphql.seed import SEED_ANSWERED_QUESTION_ID, SEED_SECOND_QUESTION_ID
from mentor_local.search import find
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

BLOCKED = "http://169.254.169.254/latest/meta-data"


def export(running: RunningStack, media: dict[str, str]) -> dict[str, Any]:
    """Return an export of two answers; ``media`` maps a question to the address of its video."""
    answers = [
        {
            "question": {"_id": question, "question": "?", "name": None},
            "transcript": "as exported",
            "status": "COMPLETE",
            "webMedia": {"type": "video", "tag": "web", "url": url, "hash": "h", "duration": 5.0},
            "mobileMedia": None,
            "externalVideoIds": None,
        }
        for question, url in media.items()
    ]
    return {
        "mentor": running.endpoints["mentor"],
        "mentorExportJson": {
            "id": running.endpoints["mentor"],
            "mentorInfo": {"name": "Olive Owner"},
            "subjects": [],
            "questions": [answer["question"] for answer in answers],
            "answers": answers,
            "userQuestions": [],
        },
        "replacedMentorDataChanges": {"questionChanges": [], "answerChanges": []},
    }


def transferred(running: RunningStack, body: dict[str, Any]) -> dict[str, Any]:
    """Import as the UI does: poll the import task until it has ended, then delete it."""
    mentor = running.endpoints["mentor"]
    transfer = running.ui.import_mentor(body)

    def ended() -> bool:
        task = running.ui.import_task(mentor) or {}
        parts = [task[part]["status"] for part in ("graphQLUpdate", "s3VideoMigrate")]
        return parts == ["DONE", "DONE"] or "FAILED" in parts

    wait_until(ended, seconds=60, what="the import's modal to close")
    task = running.ui.import_task(mentor) or {}
    running.ui.delete_import_task(mentor)
    wait_until(
        lambda: running.ui.transfer_status(transfer)["status"] in {"DONE", "FAILED"},
        seconds=10,
        what="the transfer to be over",
    )
    return task | {"status": running.ui.transfer_status(transfer)}


def test_after_uploads_and_a_transfer_the_token_is_nowhere(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    """The same search finds the token where it is planted."""
    upload = running.ui.upload(clip("silent.mp4"), running.body(SEED_SECOND_QUESTION_ID))
    running.finish(upload["upload_id"])
    own = str(running.ui.status(upload["upload_id"])["urls"]["web"])
    media = {SEED_ANSWERED_QUESTION_ID: own, "0" * 23 + "1": BLOCKED}
    task = transferred(running, export(running, media))
    status = task.pop("status")
    assert status["media"] == {"total": 2, "copied": 1, "failed": 1}
    assert [task[part]["status"] for part in ("graphQLUpdate", "s3VideoMigrate")] == ["DONE"] * 2
    (error,) = task["migrationErrors"]
    assert "not a public address" in error
    answer = running.answer(SEED_ANSWERED_QUESTION_ID)
    assert answer is not None
    assert status["id"] in answer["webMedia"]["url"]
    assert (answer["webMedia"]["hash"], answer["webMedia"]["duration"]) == ("h", 5.0)

    actions = (running.home / "emulator" / "actions.txt").read_text().splitlines()
    assert [line for line in actions if not line.endswith(" allowed")] == []

    sqs, s3 = running.client("sqs"), running.client("s3")
    token = running.endpoints["token"]
    _, claims, signature = token.split(".")
    secrets = (token, claims, signature)
    _junk_to_a_dead_letter(sqs)
    _refuse_for_its_token(running)
    assert find(running, ["media.copy_requested.v1"]), "the recorder has the events of the transfer"
    _everybody_has_told(running)
    assert find(running, secrets) == []
    assert find(running, _configured_secrets(running)) == _told_on_purpose(running)

    recorder = sqs.get_queue_url(QueueName="recorder")["QueueUrl"]
    dead = sqs.get_queue_url(QueueName="mentor-upload-local-api-dlq")["QueueUrl"]
    for url in (recorder, dead):
        sqs.send_message(QueueUrl=url, MessageBody=f'{{"Authorization": "bearer {token}"}}')
    table = running.client("dynamodb").list_tables()["TableNames"][0]
    planted = {"pk": {"S": "PLANTED"}, "sk": {"S": "X"}, "note": {"S": token}}
    running.client("dynamodb").put_item(TableName=table, Item=planted)
    buckets = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    for bucket in buckets:
        s3.put_object(Bucket=bucket, Key="planted.json", Body=f"x{signature}x".encode())
    with (running.home / "stack.log").open("a") as log:
        log.write(f"Authorization: {claims}\n")
    _plant_a_report(running, token)
    found = set(find(running, secrets))
    assert found >= {
        "queue recorder",
        "queue mentor-upload-local-api-dlq",
        f"table {table}",
        *(f"bucket {bucket}" for bucket in buckets),
        "file stack.log",
    }
    assert [name for name in found if name.startswith("file sentry/")]
    for name in ("api", "notifier"):  # other tests count dead letters
        url = sqs.get_queue_url(QueueName=f"mentor-upload-local-{name}-dlq")["QueueUrl"]
        sqs.purge_queue(QueueUrl=url)


def _everybody_has_told(running: RunningStack) -> None:
    """Check that what is searched has what could leak: each process at DEBUG, and a report."""
    log = (running.home / "stack.log").read_text(errors="replace")
    for process in ("api", "ingest", "transcoder", "transcriber", "notifier"):
        assert re.search(rf"^{process} +\| .*\[debug", log, re.MULTILINE), process
    wait_until(
        lambda: _is_reported(running, b"a message that cannot be handled"),
        seconds=30,
        what="the junk to be reported",
    )


def _is_reported(running: RunningStack, text: bytes) -> bool:
    reports = (running.home / "sentry").glob("*.envelope")
    return any(text in path.read_bytes() for path in reports)


def _refuse_for_its_token(running: RunningStack) -> None:
    """Have a request fail with the token where it must not be: in the path, the query, the body."""
    api, token = running.endpoints["api"], running.endpoints["token"]
    headers = {"Authorization": f"bearer {token}"}
    for path in (f"/upload/status/{token}", f"/nowhere/{token}?token={token}"):
        assert requests.get(f"{api}{path}", headers=headers, timeout=10).status_code == 404
    body = {"mentor": token, "question": token, "video": token}
    answer = requests.post(f"{api}/upload/answer", json=body, headers=headers, timeout=10)
    assert answer.status_code == 400


def _configured_secrets(running: RunningStack) -> list[str]:
    return [running.endpoints[key] for key in ("jwt_secret", "api_secret")]


def _told_on_purpose(running: RunningStack) -> list[str]:
    """Return the files from which a process can be run by hand."""
    return [f"file env/{path.name}" for path in sorted((running.home / "env").iterdir())]


def _plant_a_report(running: RunningStack, token: str) -> None:
    """Report the token as a service would that redacts nothing."""
    dsn = (running.home / "sentry" / "dsn").read_text()
    with sentry_sdk.Client(dsn=dsn, default_integrations=False) as client:
        client.capture_event({"message": f"Authorization: bearer {token}"})


def _junk_to_a_dead_letter(sqs: Any) -> None:
    """Have a worker refuse a message, so that a dead-letter queue is searched with content."""
    queue = sqs.get_queue_url(QueueName="mentor-upload-local-notifier")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="no event at all")
    dead = sqs.get_queue_url(QueueName="mentor-upload-local-notifier-dlq")["QueueUrl"]
    count = "ApproximateNumberOfMessages"

    def refused() -> bool:
        found = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=[count])
        return int(found["Attributes"][count]) > 0

    wait_until(refused, seconds=30, what="the junk to be a dead letter")

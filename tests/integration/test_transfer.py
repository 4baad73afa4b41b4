"""A mentor transfer from the request to the end of the import task."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mentor_api.transfers.accept import announce
from mentor_api.transfers.sweep import TransferSweep
from mentor_common.aws.storage import Storage
from mentor_common.clock import ManualClock
from mentor_common.errors import DependencyDownError
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.model import TransferReader
from mentor_local.graphql.seed import SEED_FOREIGN_USER_ID, SEED_MENTOR_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IMPORTS = "mentorImport"


def question(number: int) -> str:
    return f"{number:024x}"


def objects(transfers: Any, prefix: str = "") -> list[str]:
    bucket = transfers.api.cloud.stack.static_bucket
    found = transfers.api.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", [])]


def imports(transfers: Any) -> int:
    return len(transfers.api.graphql.store.write_log(IMPORTS))


def states(transfers: Any) -> tuple[str, str]:
    task = transfers.task()
    return task["graphQLUpdate"]["status"], task["s3VideoMigrate"]["status"]


def test_nulls_are_accepted_and_a_missing_key_is_a_short_400(transfers: Any) -> None:
    for gone in ("id", "mentorInfo", "subjects", "questions", "answers", "userQuestions"):
        body = transfers.export(1)
        del body["mentorExportJson"][gone]
        answer = transfers.post(body)
        assert answer.status_code == 400
        assert answer.get_json()["data"]["message"].startswith(
            f"mentorExportJson.{gone} is missing"
        )
    for gone in ("mentor", "mentorExportJson", "replacedMentorDataChanges"):
        body = transfers.export(1)
        del body[gone]
        answer = transfers.post(body)
        assert (answer.status_code, len(answer.text) < 200) == (400, True)
        assert gone in answer.text
    for bad in (b"", b"[]", b"{", b'{"mentor": NaN}', b'{"mentor": "../../x"}', b"[" * 100_000):
        assert transfers.post(bad).status_code == 400
    assert transfers.task() == {}

    body = transfers.export(2, subjects=None)
    body["mentorExportJson"]["answers"][1] |= {"webMedia": None, "transcript": None, "status": None}
    body["mentorExportJson"]["answers"].append({"question": None, "transcript": "lost"})
    status = transfers.finish(transfers.start(body))
    assert status["status"] == "DONE"
    assert status["media"] == {"total": 1, "copied": 1, "failed": 0}
    assert status["errors"] == ["an answer without a question was left out"]
    assert transfers.answers()[question(1)]["transcript"] == "Answer 0"
    assert transfers.answers()[question(2)]["transcript"] == ""
    assert transfers.api.graphql.store.mentor(SEED_MENTOR_ID)["name"] == "Imported"


def test_a_5_mb_export_works_and_graphqls_limit_is_a_clear_failure(transfers: Any) -> None:
    body = transfers.export(2)
    for answer in body["mentorExportJson"]["answers"]:
        answer["webMedia"]["stringMetadata"] = "m" * 2_600_000  # what the import would refuse
    transfer = transfers.start(body)
    assert len(json.dumps(body)) > 5_000_000
    held = transfers.api.table.partition(f"TRANSFER#{transfer}")["JOB"]
    assert len(str(held)) < 2000, "the payload is in S3"
    status = transfers.finish(transfer)
    assert (status["status"], states(transfers)) == ("DONE", ("DONE", "DONE"))
    assert (status["media"]["copied"], status["errors"]) == (2, [])
    for number in (1, 2):
        assert transfers.answers()[question(number)]["webMedia"]["url"].startswith("videos/")

    body = transfers.export(1)
    body["mentorExportJson"]["answers"][0]["transcript"] = "long " * 1_000_000
    status = transfers.finish(transfers.start(body))
    assert status["status"] == "FAILED"
    assert "2 MB" in status["reason"]
    assert states(transfers) == ("FAILED", "FAILED")
    assert "2 MB" in transfers.task()["graphQLUpdate"]["errorMessage"]
    assert transfers.post(b" " * 21_000_000).status_code == 413


def test_status_moves_is_404_for_unknown_and_403_for_foreign(
    transfers: Any, make_token: Callable[..., str]
) -> None:
    transfer = transfers.start(transfers.export(1))
    first = transfers.status(transfer)
    assert (first["status"], first["id"], first["mentor"]) == ("QUEUED", transfer, SEED_MENTOR_ID)
    assert states(transfers) == ("QUEUED", "QUEUED")
    clock = ManualClock(time.time())
    importer = transfers.importer(clock)
    held = importer.imports.record_intent(transfer, SEED_MENTOR_ID)
    assert transfers.status(transfer)["status"] == "IN_PROGRESS"
    importer.imports.withdraw_intent(held)
    last = transfers.finish(transfer)
    assert last["status"] == "DONE"
    assert last["updated"] > first["updated"]
    client, headers = transfers.api.client, transfers.api.headers
    assert client.get(last["statusUrl"], headers=headers).get_json()["data"] == last
    assert client.get(f"/status/{transfer}", headers=headers).get_json()["data"] == last
    for unknown in ("7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8", "nonsense"):
        for path in ("/transfer/status/", "/status/"):
            assert client.get(path + unknown, headers=headers).status_code == 404
    foreign = {"Authorization": f"bearer {make_token(SEED_FOREIGN_USER_ID)}"}
    assert client.get(last["statusUrl"], headers=foreign).status_code == 403
    assert client.get(last["statusUrl"]).status_code == 401
    transfers.api.token = make_token(SEED_FOREIGN_USER_ID)
    assert transfers.post(transfers.export(1)).status_code == 403


def test_what_may_not_be_fetched_is_listed_and_the_rest_is_preserved(
    transfers: Any, tmp_path: Path
) -> None:
    """In one transfer: refused media beside good ones."""
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"\0\0\0\x18ftyp")
    host = transfers.host
    refused = {
        "file": {"url": secret.as_uri()},
        "ftp": {"url": "ftp://127.0.0.1/x.mp4"},
        "loopback": {"url": "http://127.0.0.1:1/x.mp4"},
        "localhost by name": {"url": f"http://localhost:{host.port}/video/x.mp4"},
        "decimal loopback": {"url": f"http://2130706433:{host.port + 1}/x.mp4"},
        "link-local": {"url": "http://169.254.169.254/latest/meta-data"},
        "private": {"url": "http://10.1.2.3/x.mp4"},
        "mapped": {"url": "http://[::ffff:10.1.2.3]/x.mp4"},
        "redirect to private": {"url": host.url("/away?to=http://192.168.0.1/x.mp4")},
        "redirect to file": {"url": host.url(f"/away?to={secret.as_uri()}")},
        "endless redirect": {"url": host.url("/loop")},
        "html": {"url": host.url("/html/x.mp4")},
        "gone": {"url": host.url("/gone/x.mp4")},
        "foreign tag": {"tag": "../../evil"},
    }
    body = transfers.export(len(refused) + 2)
    answers = body["mentorExportJson"]["answers"]
    for answer, changes in zip(answers, refused.values(), strict=False):
        answer["webMedia"] |= changes
    whole, own = answers[-2], answers[-1]
    whole["webMedia"]["transparentVideoUrl"] = host.url("/video/t.webm")
    whole["mobileMedia"] = transfers.medium(98, tag="mobile", url=host.url("/flaky/m.mp4"))
    whole["mobileMedia"]["transparentVideoUrl"] = "http://10.1.2.3/t.webm"
    whole["vttMedia"] = transfers.medium(
        99, type="subtitles", tag="en", url=host.url("/captions/x")
    )
    whole["vttMedia"]["vttText"] = "WEBVTT\n\nas exported"
    kept = f"{transfers.api.cloud.stack.static_url_base}videos/of/another/web.mp4"
    own["webMedia"]["url"] = kept
    bucket = transfers.api.cloud.stack.static_bucket
    transfers.api.cloud.client("s3").put_object(
        Bucket=bucket, Key="videos/of/another/web.mp4", Body=secret.read_bytes()
    )

    transfer = transfers.start(body)
    status = transfers.finish(transfer)
    assert (status["status"], states(transfers)) == ("DONE", ("DONE", "DONE"))
    assert status["media"] == {"total": len(refused) + 4, "copied": 4, "failed": len(refused)}
    errors = transfers.task()["migrationErrors"]
    assert errors == status["errors"]
    for number, what in enumerate(refused, start=1):
        told = [
            error
            for error in errors
            if error.startswith(f"web video of question {question(number)}:")
        ]
        assert len(told) == 1, what
    assert len(errors) == len(refused)
    assert secret.read_bytes(), "the worker's own files are left alone"
    assert not [asked for asked in host.asked if "video/x" in asked]

    stored = transfers.answers()
    prefix = f"videos/{SEED_MENTOR_ID}/{question(len(refused) + 1)}/{transfer}/"
    good = stored[question(len(refused) + 1)]
    exported = whole["webMedia"]
    for name in ("hash", "duration", "stringMetadata", "type", "tag"):
        assert good["webMedia"][name] == exported[name], name
    assert good["webMedia"]["url"] == f"{prefix}1/web.mp4"
    assert good["webMedia"]["transparentVideoUrl"] == f"{prefix}1/web-transparent.mp4"
    assert good["mobileMedia"]["url"] == f"{prefix}2/mobile.mp4", "the second start: one was flaky"
    assert good["mobileMedia"]["transparentVideoUrl"] == "http://10.1.2.3/t.webm"
    assert good["vttMedia"]["vttText"] == "WEBVTT\n\nas exported"
    assert good["hasUntransferredMedia"] is False
    assert stored[question(len(refused) + 2)]["webMedia"]["url"].startswith("videos/")
    for number in range(1, len(refused) + 1):
        assert stored[question(number)]["hasUntransferredMedia"] is True
    new = [key for key in objects(transfers) if key != "videos/of/another/web.mp4"]
    assert len(new) == 5
    assert all(key.startswith(f"videos/{SEED_MENTOR_ID}/") for key in new)
    head = transfers.api.cloud.client("s3").head_object(Bucket=bucket, Key=good["vttMedia"]["url"])
    assert head["ContentType"].startswith("text/vtt")


def test_a_redelivered_request_never_imports_twice(transfers: Any) -> None:
    transfer = transfers.start(transfers.export(2))
    resend(transfers, transfer, times=3)
    assert transfers.finish(transfer)["status"] == "DONE"
    before = transfers.answers()
    resend(transfers, transfer, times=2)
    drain(transfers)
    assert imports(transfers) == 1
    assert transfers.answers() == before
    assert len(transfers.api.graphql.store.write_log("updateAnswers")) == 1


def test_a_medium_that_fails_each_time_is_a_dead_letter_and_a_redrive_still_brings_it(
    transfers: Any,
) -> None:
    transfers.settings["MAX_STARTS"] = "2"
    body = transfers.export(2)
    body["mentorExportJson"]["answers"][0]["webMedia"]["url"] = transfers.host.url("/down/1.mp4")
    transfer = transfers.start(body)
    status = transfers.finish(transfer)
    assert (status["status"], states(transfers)) == ("DONE", ("DONE", "DONE"))
    assert status["media"] == {"total": 2, "copied": 1, "failed": 1}
    assert status["errors"] == transfers.task()["migrationErrors"]
    assert "could not fetch the file" in status["errors"][0]
    assert transfers.host.asked.count("/down/1.mp4") == 2

    drain(transfers)
    sqs = transfers.api.cloud.client("sqs")
    names = transfers.environment("api")
    dead = sqs.get_queue_url(QueueName=names["DEAD_LETTER_QUEUE_NAME"])["QueueUrl"]
    found = sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"], WaitTimeSeconds=0)
    (letter,) = found["Messages"]
    reasons = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert reasons["transfer"] == transfer
    assert (reasons["medium"], reasons["attempt"], reasons["code"]) == ("0", "1", "gave_up")

    transfers.host.mended.set()
    queue = sqs.get_queue_url(QueueName=names["QUEUE_NAME"])["QueueUrl"]
    for _ in range(2):  # A redrive is safe to run twice.
        sqs.send_message(
            QueueUrl=queue,
            MessageBody=letter["Body"],
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in reasons.items()
            },
        )

    def shown() -> bool:
        return str(transfers.answers()[question(1)]["webMedia"]["url"]).startswith("videos/")

    asyncio.run(transfers.work(shown))
    assert transfers.status(transfer)["media"] == {"total": 2, "copied": 2, "failed": 0}
    assert transfers.answers()[question(1)]["webMedia"]["hash"] == "hash-0"


@pytest.fixture
def silent_host() -> Iterator[SilentHost]:
    """Return a host that accepts every connection and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    held.append(listening.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        yield SilentHost(listening.getsockname()[1], held)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in held:
            each.close()


@dataclass(frozen=True)
class SilentHost:
    """Its port, and the connections that it has accepted."""

    port: int
    connections: list[socket.socket]


def test_media_on_a_host_that_accepts_and_says_nothing_fail_by_name_while_the_others_go_on(
    transfers: Any, silent_host: SilentHost
) -> None:
    transfers.settings |= {
        "REMOTE_FETCH_EXCEPTIONS": f"{transfers.host.exception},127.0.0.1:{silent_host.port}",
        "REMOTE_FETCH_ANSWER_SECONDS": "0.4",
    }
    silent = range(1, 9)
    body = transfers.export(len(silent) + 1)
    for number in silent:
        url = f"http://127.0.0.1:{silent_host.port}/{number}.mp4?signature=secret"
        body["mentorExportJson"]["answers"][number - 1]["webMedia"]["url"] = url
    transfer = transfers.start(body)
    good = question(len(silent) + 1)

    def the_good_one_is_copied() -> bool:
        media = transfers.status(transfer)["media"]
        return bool(media["copied"])

    asyncio.run(transfers.work(the_good_one_is_copied))
    assert transfers.status(transfer)["media"]["failed"] == 0, "before the others have failed"
    status = transfers.finish(transfer)
    assert (status["status"], states(transfers)) == ("DONE", ("DONE", "DONE"))
    assert transfers.answers()[good]["webMedia"]["url"].startswith("videos/")
    errors = transfers.task()["migrationErrors"]
    assert len(errors) == len(silent)
    for number in silent:
        told = f"web video of question {question(number)}: We tried 3 times and could not fetch"
        (error,) = [error for error in errors if error.startswith(told)]
        assert "127.0.0.1 " in error
        assert "secret" not in error
    tasks = TransferReader(transfers.api.table).transfer(transfer).media
    assert {tasks[number - 1].starts for number in silent} == {3}


def test_the_tries_of_a_medium_on_a_silent_host_end_within_two_minutes(transfers: Any) -> None:
    settings = transfers._settings("api").model_copy(
        update={"backoff_base_seconds": 5, "backoff_cap_seconds": 900}
    )
    pauses = settings.remote_fetch_pauses
    assert sum(pauses) + (len(pauses) + 1) * settings.remote_fetch_answer_seconds <= 110
    assert sum(pauses) >= 40, "a host that is being restarted gets time for it"


def test_an_outage_of_our_own_storage_costs_a_medium_no_try(
    transfers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outages = iter(range(7))

    def upload(self: Storage, *arguments: Any) -> None:
        if next(outages, None) is not None:
            raise DependencyDownError("s3", "SlowDown")
        real(self, *arguments)

    real = Storage.upload
    monkeypatch.setattr(Storage, "upload", upload)
    transfer = transfers.start(transfers.export(1))
    status = transfers.finish(transfer)
    assert status["media"] == {"total": 1, "copied": 1, "failed": 0}
    (task,) = TransferReader(transfers.api.table).transfer(transfer).media.values()
    assert task.starts == 1
    assert next(outages, None) is None


def resend(transfers: Any, transfer: str, times: int) -> None:
    """Say ``transfer.requested`` again, as the api's sweep may."""
    job = TransferReader(transfers.api.table).transfer(transfer).job
    assert job is not None
    for _ in range(times):
        announce(
            transfers.api.adapters.topic,
            TransferIntake(transfers.api.table, ManualClock(time.time())),
            job,
        )


def waiting(transfers: Any) -> int:
    sqs = transfers.api.cloud.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    count = 0
    for service in ("api", "notifier"):
        queue = transfers.api.cloud.environment(service)["QUEUE_NAME"]
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        count += sum(int(found[name]) for name in names)
    return count


def drain(transfers: Any) -> None:
    """Let the workers handle all that there is."""
    asyncio.run(transfers.work(lambda: waiting(transfers) == 0))


def test_one_transfer_at_a_time_and_the_same_request_again_is_the_same_one(transfers: Any) -> None:
    body = transfers.export(1)
    first = transfers.start(body)
    assert transfers.start(body) == first
    other = transfers.post(transfers.export(2))
    assert other.status_code == 409
    assert transfers.finish(first)["status"] == "DONE"
    second = transfers.start(body)
    assert second != first, "a finished one may be repeated on purpose"
    assert transfers.finish(second)["status"] == "DONE"
    nothing = transfers.finish(transfers.start(transfers.export(0)))
    assert (nothing["status"], nothing["media"]["total"]) == ("DONE", 0)
    assert states(transfers) == ("DONE", "DONE")


@pytest.mark.parametrize("mode", ["unavailable", "errors", "apply_then_drop"])
def test_a_transfer_that_graphql_does_not_take_leaves_nothing_that_blocks_the_ui(
    transfers: Any, mode: str
) -> None:
    transfers.api.graphql.fail_next(3, mode, match="importTaskCreate")
    transfers.api.graphql.fail_next(3, "unavailable", match="importTaskDelete")
    answer = transfers.post(transfers.export(1))
    assert answer.status_code == 503
    assert "Nothing was changed" in answer.text
    transfers.api.graphql.set_fault(None)
    clock = ManualClock(time.time() + 60)
    api = transfers.api
    intake = TransferIntake(transfers.api.table, clock)
    sweep = TransferSweep(
        intake, TransferReader(api.table), api.adapters.topic, api.graphql_client, clock
    )
    sweep.run()
    task = transfers.task()
    assert not task or task["graphQLUpdate"]["status"] == "FAILED"
    assert intake.due() == []
    assert transfers.finish(transfers.start(transfers.export(1)))["status"] == "DONE"
    assert imports(transfers) == 1

"""A transfer whose workers are killed and started again."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.provision import service_credentials
from mentor_local.waiting import wait_until
from module_processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

MEDIA = 30
COMMANDS = {"api": ("mentor_api", "ingest"), "notifier": ("mentor_notifier",)}
QUICK = {
    "VISIBILITY_SECONDS": "4",
    "BEAT_SECONDS": "1",
    "RECEIVE_WAIT_SECONDS": "1",
    "HEALTH_HOST": "127.0.0.1",
    "HEALTH_PORT": "0",
}


class Workers:
    """Ingest and notifier as processes with their roles' keys; killed ones are started again."""

    def __init__(self, transfers: Any, folder: Path, processes: Processes) -> None:
        self._transfers = transfers
        self._folder = folder
        self._processes = processes
        self._running: dict[str, ForkServerProcess] = {}
        stack = transfers.api.cloud.stack
        self._keys = {service: service_credentials(stack, service) for service in COMMANDS}

    def start(self, service: str) -> None:
        """Start a worker."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment |= self._transfers.environment(service) | self._keys[service] | QUICK
        environment["WORK_DIR"] = str(self._folder / service)
        module, *arguments = COMMANDS[service]
        self._running[service] = self._processes.start(module, environment, arguments)

    def kill(self, service: str) -> None:
        """End a worker as the kernel does when memory is short, and start it again."""
        self._running[service].kill()
        self._processes.wait(self._running[service], seconds=30)
        self.start(service)

    def stop(self) -> None:
        """End all workers in order."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            self._processes.wait(process, seconds=30)


@contextmanager
def working(transfers: Any, folder: Path) -> Iterator[Workers]:
    with Processes(folder / "log") as processes, ExitStack() as stack:
        workers = Workers(transfers, folder, processes)
        stack.callback(workers.stop)
        for service in COMMANDS:
            workers.start(service)
        yield workers


@pytest.fixture
def workers(transfers: Any, tmp_path: Path) -> Iterator[Workers]:
    with working(transfers, tmp_path) as running:
        yield running


def test_of_30_media_one_is_refused_and_29_are_updated_though_workers_are_killed(
    transfers: Any, workers: Workers, tmp_path: Path
) -> None:
    """It ends DONE with exactly one error, and nothing is done twice."""
    body = transfers.export(MEDIA)
    for number, answer in enumerate(body["mentorExportJson"]["answers"]):
        answer["webMedia"]["url"] = transfers.host.url(f"/slow/{number}.mp4")
        answer["webMedia"]["transparentVideoUrl"] = f"http://10.1.2.3/{number}.webm"
    refused = body["mentorExportJson"]["answers"][17]
    refused["webMedia"]["url"] = "http://169.254.169.254/latest/meta-data"
    transfer = transfers.start(body)

    def ended() -> int:
        media = transfers.status(transfer)["media"]
        return int(media["copied"] + media["failed"])

    for service, count in (("api", 4), ("notifier", 10), ("api", 18)):
        wait_until(lambda count=count: ended() >= count, seconds=60, what=f"{count} media")  # type: ignore[misc]  # bound at once
        assert transfers.status(transfer)["status"] == "IN_PROGRESS"
        workers.kill(service)
    wait_until(
        lambda: transfers.status(transfer)["status"] != "IN_PROGRESS",
        seconds=90,
        what="the transfer to end",
    )

    status, task = transfers.status(transfer), transfers.task()
    assert status["status"] == "DONE", (tmp_path / "log").read_text()[-3000:]
    assert status["media"] == {"total": MEDIA, "copied": MEDIA - 1, "failed": 1}
    assert (task["graphQLUpdate"]["status"], task["s3VideoMigrate"]["status"]) == ("DONE", "DONE")
    (error,) = task["migrationErrors"]
    assert refused["question"]["_id"] in error
    exported = {
        answer["question"]["_id"]: answer["webMedia"]
        for answer in body["mentorExportJson"]["answers"]
    }
    stored = transfers.answers()
    updated = [q for q in exported if stored[q]["webMedia"]["url"].startswith("videos/")]
    assert len(updated) == MEDIA - 1
    kept = ("hash", "duration", "stringMetadata", "transparentVideoUrl", "tag", "type")
    for question in updated:
        for name in kept:
            assert stored[question]["webMedia"][name] == exported[question][name]
    bucket = transfers.api.cloud.stack.static_bucket
    s3 = transfers.api.cloud.client("s3")
    for question in updated:
        s3.head_object(Bucket=bucket, Key=stored[question]["webMedia"]["url"])
    log = transfers.api.graphql.store
    assert len(log.write_log("mentorImport")) == 1
    assert len(log.write_log("updateAnswers")) == 1

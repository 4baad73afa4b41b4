"""Real worker processes over the emulator and the local GraphQL server, for tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from mentor_common.aws import clients
from mentor_common.events import Topic
from mentor_common.jobs import Reader, accepted_event
from mentor_local.accepting import accept, new_answer
from mentor_local.process import http_status
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.events import SourceObject
    from mentor_common.jobs import Job, Table
    from mentor_local.graphql.server import GraphQLServer
    from mentor_local.nursery import Nursery, Worker

GRACE = 4.0


@dataclass
class Plant:
    """Real worker processes over the emulator and the local GraphQL server."""

    cloud: Any
    table: Table
    graphql: GraphQLServer
    graphql_environment: dict[str, str]
    nursery: Nursery
    folder: Path
    ports: Callable[[], int]
    workers: dict[str, tuple[Worker, int]] = field(default_factory=dict)

    def start(self, name: str, **changes: str) -> Worker:
        """Start a worker, ``transcoder`` or ``transcoder-2`` say; return it."""
        service = name.partition("-")[0]
        port = self.ports()
        environment = self.environment(name, port) | changes
        module, *arguments = (
            ("mentor_api", "ingest") if service == "api" else (f"mentor_{service}",)
        )
        worker = self.nursery.start(module, environment, arguments)
        self.workers[name] = worker, port
        return worker

    def environment(self, name: str, port: int) -> dict[str, str]:
        """Return what a worker is told that shall answer probes at ``port``."""
        service = name.partition("-")[0]
        told: dict[str, str] = (
            {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            | self.cloud.environment(service)
            | self.graphql_environment
            | {
                "HEALTH_HOST": "127.0.0.1",
                "HEALTH_PORT": str(port),
                "WORK_DIR": str(self.folder / name),
                "RECEIVE_WAIT_SECONDS": "1",
                "VISIBILITY_SECONDS": "12",
                "BEAT_SECONDS": "3",
                "GRACE_SECONDS": str(GRACE),
                "LEASE_SECONDS": "5",
                "GRAPHQL_TIMEOUT_SECONDS": "2",
                "SWEEP_SECONDS": "1",
                "LOG_FORMAT": "console",
            }
        )
        return told

    def probe(self, name: str, path: str) -> requests.Response:
        """Ask a worker's health port."""
        return requests.get(f"http://127.0.0.1:{self.workers[name][1]}/{path}", timeout=5)

    def wait_ready(self, name: str) -> None:
        """Wait until a worker is ready."""
        url = f"http://127.0.0.1:{self.workers[name][1]}/readyz"
        wait_until(lambda: http_status(url) == 200, seconds=30, what=f"{name} to be ready")

    def accept(self, source: SourceObject, *, speech: bool = False) -> Job:
        """Accept and announce a clip of a new answer."""
        job = self.accept_silently(source, speech=speech)
        topic = Topic(
            clients.client("sns", "us-east-1"), self.cloud.environment("api")["TOPIC_ARN"]
        )
        topic.publish(accepted_event(job))
        return job

    def accept_silently(self, source: SourceObject, *, speech: bool = False) -> Job:
        """Accept a clip of a new answer; the sweep has to announce it."""
        answer = new_answer(self.graphql.store, None if speech else "_IDLE_")
        return accept(self.table, answer, source, "wanted" if speech else "idle")

    def outcome(self, job: Job) -> str | None:
        """Return how an upload ended, once that was told."""
        outcome = Reader(self.table).upload(job.upload_id).outcome
        return outcome.kind if outcome and outcome.said else None

    def messages(self, service: str, which: str) -> tuple[int, int]:
        """Return how many messages a queue has, visible and hidden."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=self.cloud.environment(service)[which])["QueueUrl"]
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)["Attributes"]
        return int(found[kinds[0]]), int(found[kinds[1]])

"""Real worker processes over the emulator and the local GraphQL server, for tests.

Each has the keys of its service's role, as in the local stack.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from mentor_common.aws import clients
from mentor_common.clock import ManualClock, SystemClock
from mentor_common.events import Topic
from mentor_common.jobs import Reader, Write, accepted_event
from mentor_common.jobs.intake import PUBLISH_SECONDS
from mentor_local.accepting import accept, new_answer
from mentor_local.process import http_status
from mentor_local.provision import service_credentials
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from mentor_common.clock import Clock
    from mentor_common.events import SourceObject
    from mentor_common.jobs import Job, Table
    from mentor_local.graphql.server import GraphQLServer
    from module_processes import Processes

GRACE = 4.0


@dataclass
class RealWorkers:
    """Workers by name, and what tests do with the uploads they work on."""

    cloud: Any
    table: Table
    graphql: GraphQLServer
    graphql_environment: dict[str, str]
    processes: Processes
    folder: Path
    ports: Callable[[], int]
    started: dict[str, tuple[ForkServerProcess, int]] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    def start(self, name: str, **changes: str) -> ForkServerProcess:
        """Start a worker, ``transcoder`` or ``transcoder-2`` say; return it."""
        service = name.partition("-")[0]
        port = self.ports()
        environment = self.environment(name, port) | changes
        module, *arguments = (
            ("mentor_api", "ingest") if service == "api" else (f"mentor_{service}",)
        )
        worker = self.processes.start(module, environment, arguments)
        self.started[name] = worker, port
        return worker

    def environment(self, name: str, port: int) -> dict[str, str]:
        """Return the environment of a worker that answers probes at ``port``."""
        service = name.partition("-")[0]
        own: dict[str, str] = (
            {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            | self.cloud.environment(service)
            | self._keys(service)
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
        return own

    def _keys(self, service: str) -> dict[str, str]:
        """Return keys of the service's role, one pair for all its processes."""
        if service not in self.keys:
            self.keys[service] = service_credentials(self.cloud.stack, service)
        return self.keys[service]

    def probe(self, name: str, path: str) -> requests.Response:
        """Ask a worker's health port."""
        return requests.get(f"http://127.0.0.1:{self.started[name][1]}/{path}", timeout=5)

    def wait_ready(self, name: str) -> None:
        """Wait until a worker is ready."""
        url = f"http://127.0.0.1:{self.started[name][1]}/readyz"
        wait_until(lambda: http_status(url) == 200, seconds=30, what=f"{name} to be ready")

    def accept(self, source: SourceObject, *, speech: bool = False) -> Job:
        """Accept and announce a clip of a new answer."""
        job = self._accept(source, SystemClock(), speech=speech)
        topic = Topic(
            clients.client("sns", "us-east-1"), self.cloud.environment("api")["TOPIC_ARN"]
        )
        topic.publish(accepted_event(job))
        return job

    def accept_silently(self, source: SourceObject, *, speech: bool = False) -> Job:
        """Accept a clip of a new answer a while ago; the sweep has to announce it, and may now."""
        return self._accept(source, ManualClock(time.time() - PUBLISH_SECONDS), speech=speech)

    def _accept(self, source: SourceObject, clock: Clock, *, speech: bool) -> Job:
        answer = new_answer(self.graphql.store, None if speech else "_IDLE_")
        return accept(self.table, answer, source, "wanted" if speech else "idle", clock)

    def end_sweep_leases(self) -> None:
        """Let another process sweep at once, as one does that is ended in order."""
        for sweep in self.table.partition("SWEEPS"):
            self.table.write(Write("SWEEPS", sweep))

    def outcome(self, job: Job) -> str | None:
        """Return how an upload ended, once its outcome was published."""
        outcome = Reader(self.table).upload(job.upload_id).outcome
        return outcome.kind if outcome and outcome.said else None

    def messages(self, service: str, which: str) -> tuple[int, int]:
        """Return how many messages a queue has, visible and hidden."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=self.cloud.environment(service)[which])["QueueUrl"]
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)["Attributes"]
        return int(found[kinds[0]]), int(found[kinds[1]])

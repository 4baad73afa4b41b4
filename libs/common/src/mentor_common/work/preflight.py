"""``--preflight``: whether a version can do its work in a stage, before anything runs on it.

A deployment starts the new image with it in the stage's own pod, and goes on only if all is well
(docs/deploy.md): the settings are read, everything that the process depends on is asked, and a
canary message (:mod:`mentor_common.work.canary`) goes through the process's own handlers. It is
never put into a queue, where a running version could take it.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, wait_fixed

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.consumer.queue import Message, SqsQueue
from mentor_common.errors import DependencyDownError, MentorUploadError
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.telemetry.redaction import redact_text
from mentor_common.work.canary import CanaryError
from mentor_common.work.single_event import EXIT_CODES, FileQueue, handle_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mentor_common.consumer.queue import Queue
    from mentor_common.settings import CommonSettings, WorkerSettings
    from mentor_common.work.canary import Canary
    from mentor_common.work.worker import Wiring

PATIENCE_SECONDS = 30.0
"""A new pod's network, and a dependency that is just being restarted, take moments."""
_PAUSE_SECONDS = 2.0


class Preflight:
    """The checks of a process, a line each; ``passed`` until one of them fails.

    What does not answer is asked again for ``patience`` seconds from now, by all checks together.
    """

    def __init__(self, patience: float) -> None:
        self.passed = True
        self._until = time.monotonic() + patience

    def check(self, name: str, call: Callable[[], str], about: str = "") -> None:
        """Make a check and print its line, with what ``call`` has seen, or why it failed.

        ``about`` is what the failure is about, as the settings call it.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(DependencyDownError),
            stop=lambda _: time.monotonic() >= self._until,
            wait=wait_fixed(_PAUSE_SECONDS),
            reraise=True,
        )
        try:
            line = f"ok: {retrying(call)}"
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what was to be found
            self.passed = False
            line = f"FAILED: {about and f'{about}: '}{_problem(error)}"
        print(f"preflight: {name}: {redact_text(line)}", flush=True)  # noqa: T201 -- what was asked for

    def ask(self, dependency: str, probe: Callable[[], None], name: str) -> None:
        """Ask a dependency, whose ``name`` the settings give."""

        def call() -> str:
            probe()
            return name

        self.check(dependency, call, name)

    def ask_all(self, probes: Mapping[str, Callable[[], None]], settings: CommonSettings) -> None:
        """Ask each dependency."""
        for dependency, probe in probes.items():
            self.ask(dependency, probe, _name_of(dependency, settings))


def run_preflight(
    service: str, settings: WorkerSettings, build: Callable[[Queue], Wiring], patience: float
) -> int:
    """Make all checks of a worker; return the exit code."""
    checks, queue = Preflight(patience), FileQueue()
    wiring = build(queue)
    checks.check("sqs", lambda: asyncio.run(_receive(settings)), settings.queue_name)
    checks.ask_all(wiring.probes, settings)
    canary = wiring.canary
    if canary is not None and checks.passed:
        checks.check(
            "canary", lambda: asyncio.run(_handle(service, settings, wiring, queue, canary))
        )
    return int(not checks.passed)


async def _receive(settings: WorkerSettings) -> str:
    """Look at both queues as a worker does; a message that is received stays visible to all."""
    names = settings.queue_name, settings.dead_letter_queue_name
    async with SqsQueue.connect(settings.aws_region, *names) as queue:
        await queue.probe()
        await queue.receive(1, wait_seconds=0, visibility=0)
    return " and ".join(names)


async def _handle(
    service: str, settings: WorkerSettings, wiring: Wiring, queue: FileQueue, canary: Canary
) -> str:
    """Handle the canary message as any other; return what came of it."""
    started = time.monotonic()
    try:
        event = await asyncio.to_thread(canary.message)
        message = Message(event.to_json(), receipt="canary", message_id="canary")
        code, why = await handle_message(service, settings, wiring, queue, message)
        if code != os.EX_OK:
            raise CanaryError(f"{EXIT_CODES[code]}: {why}")
        outcome = await asyncio.to_thread(canary.outcome)
    finally:
        await asyncio.to_thread(canary.expire)
    return f"{event.envelope.type}: {outcome}, in {time.monotonic() - started:.1f} s"


def _name_of(dependency: str, settings: CommonSettings) -> str:
    """Return what the settings call a dependency; without a name, that it is asked at all."""
    setting = {
        "dynamodb": "jobs_table_name",
        "graphql": "graphql_endpoint",
        "s3": "static_bucket",
        "sns": "topic_arn",
    }.get(dependency, "")
    return str(getattr(settings, setting, "it answers"))


def _problem(error: Exception) -> str:
    if isinstance(error, ObjectMissingError):
        return "it is not there"
    if isinstance(error, MentorUploadError | GraphQLRefusedError | CanaryError):
        return str(error)
    return error_summary(error)

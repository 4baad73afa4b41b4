"""The command line of every worker."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING, TypeVar

from mentor_common import errorreports, failpoints
from mentor_common.consumer.task import Ports, TaskRunner
from mentor_common.consumer.worker import Wiring, run
from mentor_common.events import UploadAccepted
from mentor_common.jobs import Tasks
from mentor_common.logs import configure
from mentor_common.settings import WorkerSettings, describe, load
from mentor_common.workdir import scratch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from mentor_common.adapters import Adapters
    from mentor_common.consumer.queue import SqsQueue
    from mentor_common.consumer.task import Assignment, WorkDone
    from mentor_common.events import TaskKind

W = TypeVar("W", bound=WorkerSettings)


def run_service(
    service: str, settings: type[W], build: Callable[[W, SqsQueue, Path], Wiring]
) -> None:
    """Run a worker until it is told to stop, or with ``--check-config`` print its settings.

    Parameters
    ----------
    service
        Name in logs.
    settings
        The service's settings class, read from the environment.
    build
        The service's bootstrap; gets the settings, the queue and a scratch directory.
    """
    parser = argparse.ArgumentParser(prog=f"mentor_{service}")
    parser.add_argument("--check-config", action="store_true")
    check_only = parser.parse_args().check_config
    loaded = load(settings)
    if check_only:
        print(describe(loaded))  # noqa: T201 -- what was asked for
        return
    configure(service, level=loaded.log_level, style=loaded.log_format)
    errorreports.start(service, loaded)
    failpoints.arm(os.environ)
    with scratch(loaded.work_dir) as folder:
        asyncio.run(run(service, loaded, lambda queue: build(loaded, queue, folder)))


def task_wiring(
    kind: TaskKind,
    names: Callable[[UploadAccepted], Sequence[str]],
    work: Callable[[Assignment], Awaitable[WorkDone]],
    settings: WorkerSettings,
    queue: SqsQueue,
    adapters: Adapters,
) -> Wiring:
    """Wire a worker that has one unit of work; see :class:`TaskRunner` for the parameters."""
    ports = Ports(
        tasks=Tasks(adapters.table, adapters.clock),
        reader=adapters.reader,
        topic=adapters.topic,
        queue=queue,
        clock=adapters.clock,
    )
    runner = TaskRunner(
        kind,
        names,
        work,
        ports,
        lease_seconds=settings.visibility_seconds,
        max_starts=settings.max_starts,
    )
    return Wiring(
        handlers={UploadAccepted.TYPE: runner}, probes=adapters.probes(settings.static_bucket)
    )

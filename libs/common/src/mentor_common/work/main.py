"""The command line of every worker."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mentor_common.consumer.queue import Queue
from mentor_common.jobs.kinds import KINDS
from mentor_common.process import process
from mentor_common.settings import WorkerSettings, describe, load
from mentor_common.telemetry import metrics, tracer
from mentor_common.telemetry.version import version
from mentor_common.work.canary import UploadCanary
from mentor_common.work.preflight import PATIENCE_SECONDS, run_preflight
from mentor_common.work.single_event import EXIT_CODES, handle_file
from mentor_common.work.upload_work import upload_runner
from mentor_common.work.worker import Wiring, connect, run
from mentor_common.workdir import scratch

if TYPE_CHECKING:
    from mentor_common.adapters import Adapters
    from mentor_common.events import TaskKind
    from mentor_common.work.upload_work import DoWork, SubTasksOf

W = TypeVar("W", bound=WorkerSettings)
Build = Callable[[W, Queue, Path], Wiring]
CHECK_WIRING = "make every client and handler that the settings ask for, send nothing, and end"


def run_service(service: str, settings: type[W], build: Build[W]) -> None:
    """Run a worker as its command line says, then end the process.

    Parameters
    ----------
    settings
        The service's settings class, read from the environment.
    build
        The service's bootstrap; gets the settings, the queue and a scratch directory.
    """
    parser = argparse.ArgumentParser(prog=f"mentor_{service}")
    arguments_of_worker(parser)
    sys.exit(run_worker(service, settings, build, parser.parse_args()))


def arguments_of_worker(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that every worker has."""
    parser.add_argument(
        "--check-config", action="store_true", help="print the settings, redacted, and end"
    )
    parser.add_argument("--check-wiring", action="store_true", help=CHECK_WIRING)
    argument_of_preflight(parser)
    parser.add_argument(
        "--event",
        type=Path,
        metavar="FILE",
        help="handle the one event in FILE with the real wiring, but no queue, and end: "
        + "; ".join(f"{code} {what}" for code, what in EXIT_CODES.items()),
    )


def argument_of_preflight(parser: argparse.ArgumentParser) -> None:
    """Add ``--preflight``, which every process has."""
    parser.add_argument(
        "--preflight",
        type=float,
        nargs="?",
        const=PATIENCE_SECONDS,
        metavar="SECONDS",
        help="ask everything that the process depends on, handle a canary message, print how each "
        "went, and end: 0 all is well, 1 it is not. What is down is asked again for SECONDS "
        f"({PATIENCE_SECONDS:.0f})",
    )


def run_worker(
    service: str, settings: type[W], build: Build[W], arguments: argparse.Namespace
) -> int:
    """Run a worker until it is asked to stop, or do what the arguments ask for instead."""
    loaded = load(settings)
    if arguments.check_config:
        print(describe(loaded))  # noqa: T201 -- what was asked for
        return 0
    with process(service, loaded), scratch(loaded.work_dir) as folder:
        metrics.BUILD.labels(service=service, version=version()).set(1)
        tracer.start(service, version(), loaded)

        def made(queue: Queue) -> Wiring:
            return build(loaded, queue, folder)

        if arguments.check_wiring:
            asyncio.run(connect(loaded, made))
            return 0
        if arguments.preflight is not None:
            return run_preflight(service, loaded, made, arguments.preflight)
        if arguments.event is not None:
            return handle_file(service, loaded, made, arguments.event)
        asyncio.run(run(service, loaded, made))
    return 0


def upload_wiring(
    kind: TaskKind,
    sub_tasks_of: SubTasksOf,
    work: DoWork,
    settings: WorkerSettings,
    queue: Queue,
    adapters: Adapters,
) -> Wiring:
    """Wire a worker that has one kind of work; see :func:`.upload_runner` for the parameters."""
    runner = upload_runner(
        kind,
        sub_tasks_of,
        work,
        adapters,
        queue,
        lease_seconds=settings.visibility_seconds,
        max_starts=settings.max_starts,
    )
    return Wiring(
        handlers={event.TYPE: runner for event in KINDS[kind].requested_by},
        probes=adapters.probes(settings.static_bucket),
        canary=UploadCanary(kind, adapters, settings),
    )

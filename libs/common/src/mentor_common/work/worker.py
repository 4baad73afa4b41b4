"""The process of a worker: a consumer with its sweeps, health server and signal handlers."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from mentor_common.clock import SystemClock
from mentor_common.consumer import instrumentation
from mentor_common.consumer.breaker import DependencyBreaker
from mentor_common.consumer.health import serve
from mentor_common.consumer.loop import Consumer, Policy
from mentor_common.consumer.queue import SqsQueue
from mentor_common.errors import DependencyDownError
from mentor_common.jobs import Table
from mentor_common.settings import describe
from mentor_common.sweeping import SweepHealth, Tally, tally
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.registry import Registration, registered
from mentor_common.work.sweep_lease import SweepLease

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mentor_common.consumer.loop import Handler
    from mentor_common.consumer.queue import Queue
    from mentor_common.settings import WorkerSettings
    from mentor_common.work.canary import Canary

    Build = Callable[[Queue], "Wiring"]

_log = get_logger(__name__)
_SPARE_THREADS = 8
_DEPTH_SECONDS = 15.0
_WATCHED_SECONDS = 60.0
"""For so long after a scrape of the metrics somebody looks at them."""
_IDLE_FACTOR = 4
"""A sweep that has nothing to do soon pauses so many times as long."""
_LEASE_FACTOR = 9
"""For so many of its pauses a replica has the right to sweep: more than two of the long ones."""


@dataclass
class Wiring:
    """The handlers, probes and sweeps of a service, as its bootstrap makes them for :func:`run`.

    Parameters
    ----------
    handlers
        Event type to handler.
    probes
        Dependency name to a function that raises ``DependencyDownError`` while it is down;
        called in a thread. ``sqs`` is added.
    sweeps
        Function to seconds between its calls; called in a thread. Of all replicas one at a time
        calls it.
    gauges
        The same, called in every replica.
    about
        Facts about the service that ``/readyz`` answers, as JSON values.
    canary
        By which ``--preflight`` proves the handlers.
    """

    handlers: Mapping[str, Handler]
    probes: Mapping[str, Callable[[], None]]
    sweeps: Mapping[Callable[[], None], float] = field(default_factory=dict)
    gauges: Mapping[Callable[[], None], float] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    canary: Canary | None = None


async def run(service: str, settings: WorkerSettings, build: Build) -> None:
    """Run a worker until SIGTERM or SIGINT; return when all is finished or handed back."""
    _log.info("starting", settings=describe(settings))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Each handler may hold a thread for minutes; heartbeats, probes and sweeps need some as well.
    loop.set_default_executor(ThreadPoolExecutor(settings.concurrency * 2 + _SPARE_THREADS))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    names = settings.queue_name, settings.dead_letter_queue_name
    async with SqsQueue.connect(settings.aws_region, *names) as queue:
        wiring = build(queue)
        sweeps = SweepStates()
        breaker = DependencyBreaker(probes_of(wiring, queue))
        consumer = Consumer(
            queue,
            wiring.handlers,
            policy_of(settings),
            breaker,
            service,
            queue_name=settings.queue_name,
        )
        await _probe_all(breaker)
        table, clock = Table(settings.jobs_table_name, settings.aws_region), SystemClock()
        registration = Registration(table, clock, service)
        host, port = settings.health_host, settings.health_port
        with serve(consumer, host, port, wiring.about, failing=sweeps.failing):
            async with registered(registration, consumer, stop):
                depths = asyncio.create_task(_watch_depths(queue, stop))
                await consume(consumer, wiring, stop, sweeps, partial(SweepLease, table, clock))
                await depths
    _log.info("stopped")


async def connect(settings: WorkerSettings, build: Build) -> None:
    """Wire a worker as :func:`run` does, and send nothing."""
    names = settings.queue_name, settings.dead_letter_queue_name
    async with SqsQueue.connect(settings.aws_region, *names) as queue:
        build(queue)


class SweepStates:
    """The sweeps of a process, each by its name, and which of them fail at everything."""

    def __init__(self) -> None:
        self._health: dict[str, SweepHealth] = {}

    def record(self, sweep: str, run: Tally, now: float, *, broke_off: bool) -> None:
        """Take a run into account, as :meth:`.SweepHealth.record` does, and show it."""
        health = self._health.setdefault(sweep, SweepHealth())
        health.record(run, now, broke_off=broke_off)
        metrics.SWEEP_FAILING.labels(sweep=sweep).set(int(health.fails))

    def failing(self) -> dict[str, str]:
        """Return those that fail at everything, with the reason why, as ``/readyz`` has it."""
        return {
            f"sweep {name}": "it fails at everything that is due; the log says why"
            for name, health in dict(self._health).items()
            if health.fails
        }


async def consume(
    consumer: Consumer,
    wiring: Wiring,
    stop: asyncio.Event,
    states: SweepStates | None = None,
    leased: Callable[..., SweepLease] | None = None,
) -> None:
    """Run a consumer beside its sweeps until ``stop`` is set and all of them have ended.

    ``leased`` makes the lease on a sweep from its name; without it this replica always sweeps.
    """
    states = states or SweepStates()

    def lease_on(call: Callable[[], None], seconds: float) -> SweepLease | None:
        if leased is None or call not in wiring.sweeps:
            return None
        name, spare = instrumentation.name_of(call), _IDLE_FACTOR * seconds
        return leased(name, seconds=_LEASE_FACTOR * seconds, spare=spare)

    sweeps = [
        asyncio.create_task(
            _sweep(call, seconds, consumer.breaker, stop, states, lease_on(call, seconds))
        )
        for call, seconds in {**wiring.sweeps, **wiring.gauges}.items()
    ]
    await consumer.run(stop)
    if sweeps:
        await asyncio.wait(sweeps)


def policy_of(settings: WorkerSettings) -> Policy:
    """Return the consumer's policy that the settings ask for."""
    return Policy(
        slots=settings.concurrency,
        visibility=settings.visibility_seconds,
        beat=settings.beat_seconds,
        receive_wait=settings.receive_wait_seconds,
        grace=settings.grace_seconds,
        max_handler=settings.max_handler_seconds,
        backoff_base=settings.backoff_base_seconds,
        backoff_cap=settings.backoff_cap_seconds,
    )


def probes_of(wiring: Wiring, queue: SqsQueue) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the breaker's probes by dependency; each raises ``DependencyDownError`` while down."""

    def threaded(probe: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        async def call() -> None:
            await asyncio.to_thread(probe)

        return call

    probes = {name: threaded(probe) for name, probe in wiring.probes.items()}
    return {**probes, "sqs": queue.probe}


async def _probe_all(breaker: DependencyBreaker) -> None:
    """Probe every dependency once, so that readiness is true from the first answer on."""
    for name in breaker.dependencies:
        breaker.trip(DependencyDownError(name, "not asked yet"), quiet=True)
    await breaker.probe()


async def _watch_depths(queue: SqsQueue, stop: asyncio.Event) -> None:
    """Keep the gauges of the queues' depths up to date while somebody looks at them.

    One that cannot be read waits.
    """
    while not stop.is_set():
        figures: dict[str, dict[str, int]] = {}
        try:
            if metrics.scraped_within(_WATCHED_SECONDS):
                figures = await queue.figures()
            else:
                metrics.QUEUE_MESSAGES.clear()  # no number, rather than an old one
        except Exception as error:  # noqa: BLE001 -- a gauge must not end a worker
            _log.debug("queue depths not known", error=str(error))
        for name, states in figures.items():
            for state, count in states.items():
                metrics.QUEUE_MESSAGES.labels(queue=name, state=state).set(count)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _DEPTH_SECONDS)


async def _sweep(
    call: Callable[[], None],
    seconds: float,
    breaker: DependencyBreaker,
    stop: asyncio.Event,
    states: SweepStates,
    lease: SweepLease | None = None,
) -> None:
    failures = error_reports.ReportThrottle()
    name, clock = instrumentation.name_of(call), asyncio.get_running_loop().time
    while not stop.is_set():
        pause = seconds
        if not breaker.is_open:
            with tally() as run:
                try:
                    elsewhere = await asyncio.to_thread(lease.held_elsewhere) if lease else 0
                    if elsewhere:
                        pause = max(seconds, elsewhere)
                    else:
                        with instrumentation.sweep(call) as this_run:
                            await asyncio.to_thread(call)
                            this_run.outcome = "failed" if run.failed else "ok"
                        pause = _pause_after(run, seconds)
                        states.record(name, run, clock(), broke_off=False)
                    breaker.record_success(call)
                except DependencyDownError as error:
                    breaker.trip(error, by=call)
                except Exception as error:  # noqa: BLE001 -- one bad item must not end the sweep
                    _log.exception("sweep failed")
                    failures.report_first(call, "a sweep fails", error, code="sweep")
                    states.record(name, run, clock(), broke_off=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
    if lease:
        await asyncio.to_thread(lease.release)


def _pause_after(run: Tally, seconds: float) -> float:
    """Return for how long a sweep pauses after a run: until something is due, but not for long."""
    idle = _IDLE_FACTOR * seconds
    if run.failed or not run.looked or (run.handled and run.next_in is None):
        return seconds
    return max(seconds, idle if run.next_in is None else min(idle, run.next_in))

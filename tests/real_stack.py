"""A stack started exactly as `make run` starts it, once for all tests that ask for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from mentor_local import running as running_stack
from mentor_local.search import record_events
from ports import stack_bases
from sentry_endpoint import SentryEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentor_local.running import RunningStack

PACE = {
    "ENCODING_PROFILE": "fast",
    # A killed worker's message is taken over within seconds; a busy machine misses no heartbeat.
    "VISIBILITY_SECONDS": "20",
    "BEAT_SECONDS": "4",
    "BACKOFF_BASE_SECONDS": "1",
    "GRAPHQL_TIMEOUT_SECONDS": "5",
    "SWEEP_SECONDS": "1",
    "OTEL_BSP_SCHEDULE_DELAY": "1000",  # milliseconds
}
"""Settings with which tests wait less for what does not depend on them."""


@contextmanager
def started(home: Path, **changes: str) -> Iterator[RunningStack]:
    """Run a stack at the tests' pace for as long as the context lasts."""
    with running_stack.started(home, stack_bases(running_stack.PORTS), **PACE | changes) as stack:
        record_events(stack.client("sqs"), stack.client("sns"))
        yield stack


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One stack for the tests in e2e and browser; they use a question of their own each."""
    home = tmp_path_factory.mktemp("stack")
    # What is reported lies in the stack's folder, too: who searches that, searches all.
    with SentryEndpoint(home / "sentry") as sentry:
        (home / "sentry").mkdir()
        (home / "sentry" / "dsn").write_text(sentry.dsn)
        with started(home, LOG_LEVEL="DEBUG", **sentry.environment) as stack:
            yield stack

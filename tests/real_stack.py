"""A stack started exactly as `make run` starts it, once for all tests that ask for it."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from mentor_local import running as running_stack
from mentor_local.search import record_events
from ports import stack_bases
from sentry_endpoint import SentryEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_local.running import RunningStack

_SUBJECTS = """query Subjects($mentor: ID!) { mentor(id: $mentor) {
  subjects { _id name questions { question { _id question type name } } }
} }"""
_CHANGE = """mutation Change($subject: SubjectUpdateInputType!) {
  api { subjectUpdate(subject: $subject) { _id } }
}"""
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


@pytest.fixture(scope="session")
def new_question(running: RunningStack) -> Callable[[str], str]:
    """Return a function that asks the seeded mentor one more question; it returns the id.

    Other tests count on the seeded questions as they are.
    """
    ui, mentor = running.ui, running.endpoints["mentor"]

    def make(text: str) -> str:
        (subject,) = ui.query(_SUBJECTS, {"mentor": mentor})["mentor"]["subjects"]
        fresh = {"_id": secrets.token_hex(12), "question": text, "type": "QUESTION", "name": None}
        entries = [
            {"question": entry["question"], "category": None, "topics": []}
            for entry in [*subject["questions"], {"question": fresh}]
        ]
        changed = {"_id": subject["_id"], "name": subject["name"], "questions": entries}
        ui.query(_CHANGE, {"subject": changed})
        return str(fresh["_id"])

    return make

"""Fail points: named places before and after every effect on the outside, where tests break it.

Inert unless the test profile is switched on. Each effect stands in ``with effect("sns.publish")``
and thereby has two fail points, ``sns.publish:before`` and ``sns.publish:after``; the latter is
reached only when the effect succeeded. A test walks the syntax tree and fails when an effect has
none.

With ``MENTOR_UPLOAD_PROFILE=test`` the variable ``MENTOR_UPLOAD_FAILPOINTS`` says what happens in
a real process, a comma-separated list of ``<point>#<hit>=<action>``: at that hit of the point
(1 is the first) ``kill`` ends the process as SIGKILL does and ``raise`` raises
:class:`InjectedError`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Watcher = Callable[[str], None]

EFFECTS = frozenset(
    {
        "graphql.write",
        "jobs.transact",
        "jobs.write",
        "registry.write",
        "s3.copy",
        "s3.delete",
        "s3.multipart",
        "s3.put",
        "s3.tag",
        "sns.publish",
        "sqs.delete",
        "sqs.hide",
        "sqs.send",
        "transcribe.start",
    }
)
"""Every kind of effect the services have on the outside."""

_state: dict[str, Watcher | None] = {"watcher": None}


class InjectedError(Exception):
    """A defect that a test planted."""


@contextmanager
def effect(name: str) -> Iterator[None]:
    """Pass the fail points before and after an effect; ``name`` is one of :data:`EFFECTS`."""
    watcher = _state["watcher"]
    if watcher is None:
        yield
        return
    if name not in EFFECTS:
        raise ValueError(f"unknown effect {name}")
    watcher(f"{name}:before")
    yield
    watcher(f"{name}:after")


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Call ``watcher`` with the name of each fail point reached; what it raises, goes through."""
    previous = _state["watcher"]
    _state["watcher"] = watcher
    try:
        yield
    finally:
        _state["watcher"] = previous


def arm(environment: Mapping[str, str]) -> None:
    """Arm the fail points that the environment names, if it has the test profile.

    Raises
    ------
    ValueError
        When the list cannot be read: a test would silently prove nothing.
    """
    listed = environment.get("MENTOR_UPLOAD_FAILPOINTS", "")
    if environment.get("MENTOR_UPLOAD_PROFILE") != "test" or not listed:
        return
    plan = dict(_parse(entry.strip()) for entry in listed.split(","))
    hits: Counter[str] = Counter()
    lock = threading.Lock()

    def watcher(point: str) -> None:
        with lock:
            hits[point] += 1
            action = plan.get((point, hits[point]))
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "raise":
            raise InjectedError(point)

    _state["watcher"] = watcher


def _parse(entry: str) -> tuple[tuple[str, int], str]:
    where, _, action = entry.partition("=")
    point, _, hit = where.partition("#")
    name, _, side = point.partition(":")
    if name not in EFFECTS or side not in {"before", "after"} or action not in {"kill", "raise"}:
        raise ValueError(f"MENTOR_UPLOAD_FAILPOINTS: cannot read {entry!r}")
    return (point, int(hit or 1)), action

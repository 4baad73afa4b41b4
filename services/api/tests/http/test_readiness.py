"""Readiness: each dependency is asked beside the others, and only what is required decides."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mentor_api.http.readiness import Readiness
from mentor_common.errors import DependencyDownError

if TYPE_CHECKING:
    import pytest


def refuses() -> None:
    raise DependencyDownError("sns", "HTTP 503")


def breaks_off() -> None:
    raise ValueError("a defect")


def test_each_dependency_says_what_it_met_and_only_the_required_one_fails() -> None:
    probes = {"dynamodb": lambda: None, "sns": refuses, "s3": breaks_off}
    readiness = Readiness(probes, frozenset({"dynamodb"}))
    down = readiness.down()
    assert down == {"sns": "sns: HTTP 503", "s3": "s3: ValueError"}
    assert not readiness.fails(down)
    assert readiness.fails({"dynamodb": "dynamodb: HTTP 503"})


def test_a_probe_that_does_not_come_back_is_named_and_not_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mentor_api.http.readiness._PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr("mentor_api.http.readiness._FRESH_SECONDS", 0)
    asked, answering = threading.Semaphore(0), threading.Event()

    def sleeps() -> None:
        asked.release()
        answering.wait(60)

    readiness = Readiness({"graphql": sleeps}, frozenset())
    for _ in range(3):
        assert readiness.down() == {"graphql": "graphql: no answer in 0 s"}
    assert asked.acquire(timeout=60)
    assert not asked.acquire(blocking=False)
    answering.set()

"""Rate limits as settings, and when the store that holds the counts fails."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

from mentor_api.http.problems import Problem
from mentor_api.http.rate_limits import RateLimits
from mentor_api.openapi.__main__ import offline_settings


def test_a_store_that_fails_lets_requests_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = RateLimits(offline_settings(rate_limit_writes="1 per minute"))
    limits.count("user1", "write")
    with pytest.raises(Problem) as refused:
        limits.count("user1", "write")
    assert refused.value.status == 429
    assert refused.value.retry_after is not None

    def down(*_: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(limits._limiter, "hit", down)
    limits.count("user1", "write")


def test_users_and_kinds_are_counted_apart() -> None:
    limits = RateLimits(
        offline_settings(rate_limit_writes="1 per minute", rate_limit_reads="1 per minute")
    )
    for user in ("user1", "user2"):
        limits.count(user, "read")
        limits.count(user, "write")


def test_counts_of_windows_that_are_over_are_forgotten_without_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = RateLimits(offline_settings(rate_limit_reads="1 per minute"))
    started: list[object] = []
    monkeypatch.setattr("threading.Thread.start", started.append)
    for number in range(100):
        limits.count(f"user{number}", "read")
    storage: Any = limits._limiter.storage
    counted = set(storage.expirations)
    assert len(counted) == 100
    later, begun = time.time() + 3600, time.monotonic() + 3600
    monkeypatch.setattr("time.time", lambda: later)
    monkeypatch.setattr("time.monotonic", lambda: begun)
    limits.count("user1", "read")
    assert len(storage.expirations) == len(storage.storage) == 1
    assert counted.isdisjoint(storage.expirations)
    assert not started


@pytest.mark.parametrize("name", ["rate_limit_reads", "rate_limit_writes"])
def test_a_limit_that_cannot_be_read_stops_the_process_at_start(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        offline_settings(**{name: "often"})


def test_origins_are_a_list() -> None:
    settings = offline_settings(cors_origin="https://a.example , https://b.example")
    assert settings.cors_origins == ("https://a.example", "https://b.example")

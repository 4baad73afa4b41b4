"""Rate limits as settings, and when the store that holds the counts fails."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", ["rate_limit_reads", "rate_limit_writes"])
def test_a_limit_that_cannot_be_read_stops_the_process_at_start(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        offline_settings(**{name: "often"})


def test_origins_are_a_list() -> None:
    settings = offline_settings(cors_origin="https://a.example , https://b.example")
    assert settings.cors_origins == ("https://a.example", "https://b.example")

"""Readiness of a worker: what it waits for, and facts about the service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mentor_common.consumer.health import Health


def test_readiness_names_what_is_down_beside_facts_about_the_service() -> None:
    consumer: Any = SimpleNamespace(breaker=SimpleNamespace(down={}))
    health = Health(consumer, 0, {"engine": "whisper"})
    assert health.readyz() == (200, {"status": "ok", "down": {}, "engine": "whisper"})
    consumer.breaker.down = {"s3": "timed out"}
    expected = {"status": "down", "down": {"s3": "timed out"}, "engine": "whisper"}
    assert health.readyz() == (503, expected)

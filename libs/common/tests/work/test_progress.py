"""Percent and lease of running work."""

from __future__ import annotations

import asyncio

import pytest

from mentor_common.errors import HandBackError, StoppedError
from mentor_common.work.progress import Progress


class Scene:
    """What a piece of work's progress calls."""

    def __init__(self, obsolete: str | Exception | None = None) -> None:
        self.written: list[int] = []
        self.requests = 0
        self.obsolete_reason = obsolete
        self.progress = Progress(self.written.append, self.obsolete, self.request_heartbeat)

    async def obsolete(self) -> str | None:
        if isinstance(self.obsolete_reason, Exception):
            raise self.obsolete_reason
        return self.obsolete_reason

    def request_heartbeat(self) -> None:
        self.requests += 1


def test_percent_never_falls_and_leaves_100_to_the_result() -> None:
    async def story() -> list[int]:
        scene = Scene()
        for percent in (30, 20, 55, 100):
            scene.progress.report(percent)
            await scene.progress.beat()
        return scene.written

    assert asyncio.run(story()) == [30, 30, 55, 99]


def test_progress_asks_for_one_beat_in_five_seconds() -> None:
    async def story() -> tuple[int, int]:
        scene = Scene()
        for percent in range(1, 90):
            scene.progress.report(percent)
        before = scene.requests
        scene.progress._written_at -= 5
        scene.progress.report(90)
        scene.progress.report(90)
        return before, scene.requests

    assert asyncio.run(story()) == (1, 2)


def test_a_beat_counts_as_writing() -> None:
    async def story() -> int:
        scene = Scene()
        await scene.progress.beat()
        scene.progress.report(10)
        return scene.requests

    assert asyncio.run(story()) == 0


def test_obsolete_work_is_stopped_with_the_reason() -> None:
    async def story() -> None:
        await Scene("the upload was cancelled").progress.beat()

    with pytest.raises(StoppedError, match="the upload was cancelled"):
        asyncio.run(story())


def test_work_goes_on_while_nothing_is_decided() -> None:
    scene = Scene(HandBackError("a newer upload is being accepted", 10))
    asyncio.run(scene.progress.beat())
    assert scene.written == [0]

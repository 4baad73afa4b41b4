"""Percent and lease of running work."""

from __future__ import annotations

import asyncio

import pytest

from mentor_common.errors import HandBackError, StoppedError
from mentor_common.work.progress import RENEW_SECONDS, Progress


class Scene:
    """What a piece of work's progress calls."""

    def __init__(self, obsolete: str | Exception | None = None, lease_seconds: float = 60) -> None:
        self.written: list[int] = []
        self.starts = 0
        self.checks = 0
        self.obsolete_reason = obsolete
        self.progress = Progress(self.written.append, self.obsolete, self.start, lease_seconds)

    async def obsolete(self) -> str | None:
        self.checks += 1
        if isinstance(self.obsolete_reason, Exception):
            raise self.obsolete_reason
        return self.obsolete_reason

    def start(self) -> None:
        self.starts += 1

    def age(self) -> None:
        """Let the time pass until the next renewal."""
        self.progress._renew_at -= RENEW_SECONDS


def test_percent_never_falls_and_leaves_100_to_the_result() -> None:
    async def story() -> list[int]:
        scene = Scene()
        for percent in (30, 20, 55, 100):
            scene.progress.report(percent)
            scene.age()
            await scene.progress.beat()
        return scene.written

    assert asyncio.run(story()) == [30, 30, 55, 99]


def test_each_beat_asks_whether_to_go_on_and_few_of_them_write() -> None:
    async def story() -> tuple[int, list[int], int]:
        scene = Scene()
        await scene.progress.beat()
        moments = scene.written.copy(), scene.starts
        assert moments == ([], 0), "work of moments has nothing to say"
        scene.age()
        for _ in range(3):
            await scene.progress.beat()
        scene.age()
        await scene.progress.beat()
        return scene.checks, scene.written, scene.starts

    assert asyncio.run(story()) == (5, [0, 0], 1)


def test_obsolete_work_is_stopped_with_the_reason() -> None:
    async def story() -> None:
        await Scene("the upload was cancelled").progress.beat()

    with pytest.raises(StoppedError, match="the upload was cancelled"):
        asyncio.run(story())


def test_work_goes_on_while_nothing_is_decided() -> None:
    async def story() -> list[int]:
        scene = Scene(HandBackError("a newer upload is being accepted", 10))
        scene.age()
        await scene.progress.beat()
        return scene.written

    assert asyncio.run(story()) == [0]


@pytest.mark.parametrize(("lease_seconds", "first"), [(60, 10), (12, 6)])
def test_renewals_wait_as_long_as_the_lease_allows(lease_seconds: float, first: float) -> None:
    async def story() -> list[int]:
        scene = Scene(lease_seconds=lease_seconds)
        scene.progress._renew_at -= first - 1
        await scene.progress.beat()
        assert scene.written == []
        scene.progress._renew_at -= 1
        await scene.progress.beat()
        return scene.written

    assert asyncio.run(story()) == [0]

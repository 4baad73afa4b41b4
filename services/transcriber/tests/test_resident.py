"""A recogniser's process that stays: one for many recordings, and another after every mishap."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.media import Bounds, ToolTimeoutError
from mentor_transcriber.engines.base import RecogniserError
from mentor_transcriber.engines.resident import Patience, Resident

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mentor_common.media import ToolRun

CHILD = """
import json, os, sys, time
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("die"):
        sys.exit("it broke down")
    if asked.get("hang"):
        time.sleep(600)
    if asked.get("fill"):
        bytearray(asked["fill"])
    print(json.dumps({"pid": os.getpid(), "asked": asked}), flush=True)
"""
IMPATIENT = Patience(start=30, base=0.3, per_second=0)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "sound.wav"
    path.write_bytes(bytes(32_000))
    return path


def resident(script: str = CHILD, **changes: Any) -> Resident:
    return Resident("whisper", (sys.executable, "-c", script), Bounds(), **changes)


def talk(recogniser: Resident, story: Callable[[Resident], Awaitable[None]]) -> None:
    """Play a story with a recogniser, and end its process."""

    async def play() -> None:
        try:
            await story(recogniser)
        finally:
            await recogniser.close()

    asyncio.run(play())


def test_one_process_answers_for_all_recordings_one_at_a_time(wav: Path) -> None:
    timings: list[ToolRun] = []

    async def story(recogniser: Resident) -> None:
        asked = [recogniser.ask(wav, {"number": number}, timings) for number in range(3)]
        answers = await asyncio.gather(*asked)
        assert [answer["asked"]["number"] for answer in answers] == [0, 1, 2]
        assert len({answer["pid"] for answer in answers}) == 1

    talk(resident(), story)
    assert [run.tool for run in timings] == ["recogniser"] * 3


@pytest.mark.parametrize(
    ("request_", "error", "says"),
    [
        ({"die": True}, RecogniserError, "ended with 1: it broke down"),
        ({"hang": True}, ToolTimeoutError, "did not answer in time"),
    ],
)
def test_after_a_mishap_another_process_takes_over(
    wav: Path, request_: dict[str, Any], error: type[Exception], says: str
) -> None:
    async def story(recogniser: Resident) -> None:
        before = (await recogniser.ask(wav, {}))["pid"]
        with pytest.raises(error, match=says):
            await recogniser.ask(wav, request_)
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
        assert (await recogniser.ask(wav, {}))["pid"] != before

    talk(resident(patience=IMPATIENT), story)


def test_when_cancelled_its_process_ends_first(wav: Path) -> None:
    async def story(recogniser: Resident) -> None:
        pid = (await recogniser.ask(wav, {}))["pid"]
        task = asyncio.create_task(recogniser.ask(wav, {"hang": True}))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    talk(resident(), story)


def test_a_process_that_was_killed_while_nobody_asked_is_replaced(wav: Path) -> None:
    async def story(recogniser: Resident) -> None:
        pid = (await recogniser.ask(wav, {}))["pid"]
        os.kill(pid, 9)
        with suppress(RecogniserError):  # its end may have been seen before it was asked, or not
            await recogniser.ask(wav, {})
        assert (await recogniser.ask(wav, {}))["pid"] != pid

    talk(resident(), story)


def test_after_many_recordings_it_is_replaced(wav: Path) -> None:
    async def story(recogniser: Resident) -> None:
        pids = [(await recogniser.ask(wav, {}))["pid"] for _ in range(5)]
        assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [2, 2, 1]

    talk(resident(most_answers=2), story)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of data")
def test_what_takes_too_much_memory_ends_with_an_error(wav: Path) -> None:
    async def story(recogniser: Resident) -> None:
        with pytest.raises(RecogniserError, match="MemoryError"):
            await recogniser.ask(wav, {"fill": 1 << 30})

    recogniser = Resident("whisper", (sys.executable, "-c", CHILD), Bounds(memory_bytes=512 << 20))
    talk(recogniser, story)


def test_a_model_that_cannot_be_loaded_is_an_error_that_says_so(wav: Path) -> None:
    async def story(recogniser: Resident) -> None:
        with pytest.raises(RecogniserError, match="no model here"):
            await recogniser.ask(wav, {})

    talk(resident("raise SystemExit('no model here')"), story)

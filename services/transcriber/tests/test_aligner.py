"""The aligner's process stays: the same times for all recordings, and none where it fails."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from mentor_common.confinement import missing
from mentor_transcriber.alignment import Stretch, an_aligner
from mentor_transcriber.engines.child import seconds_of
from mentor_transcriber.spelling import spoken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.media import ToolRun

STUDENT = "When I was a student I did not know what I wanted to do."
NAVY = "Glenbrixton worked in the navy for 21 years."

pytestmark = pytest.mark.usefixtures("pocketsphinx")


def whole(wav: Path, text: str) -> list[Stretch]:
    return [Stretch(0.0, seconds_of(wav), tuple(tuple(spoken(word)) for word in text.split()))]


def test_one_process_finds_in_each_recording_what_a_new_one_finds(
    speak: Callable[[str], Path],
) -> None:
    timings: list[ToolRun] = []
    asked = [(speak(text), text) for text in (STUDENT, NAVY, STUDENT)]

    async def alone(wav: Path, text: str) -> object:
        async with an_aligner(wav.parent) as aligner:
            return await aligner.find(wav, whole(wav, text))

    async def story() -> None:
        async with an_aligner(asked[0][0].parent) as aligner:
            pids, found = set(), []
            for wav, text in asked:
                found.append(await aligner.find(wav, whole(wav, text), timings=timings))
                pids.add(aligner.pid)
        assert found == [await alone(*each) for each in asked]
        assert len(pids) == 1
        assert all(times[0] is not None for times in found)
        with pytest.raises(ProcessLookupError):
            os.kill(pids.pop() or 0, 0)

    asyncio.run(story())
    assert [run.tool for run in timings] == ["aligner"] * 3


def test_a_recording_at_which_it_dies_keeps_its_own_times_and_the_next_has_another_process(
    speak: Callable[[str], Path],
) -> None:
    wav = speak(STUDENT)

    async def story() -> None:
        async with an_aligner(wav.parent) as aligner:
            (before,) = await aligner.find(wav, whole(wav, STUDENT))
            first = aligner.pid or 0
            amid = asyncio.create_task(aligner.find(wav, whole(wav, STUDENT)))
            await asyncio.sleep(0)  # The recording is named to the process then.
            os.kill(first, signal.SIGKILL)
            assert await amid == [None]
            assert await aligner.find(wav, whole(wav, STUDENT)) == [before]
            assert aligner.pid not in {None, first}

    asyncio.run(story())


@pytest.mark.skipif(
    sys.platform != "linux" or bool(missing()), reason="this system confines in part only"
)
def test_it_reads_the_recordings_of_its_folder_alone(
    speak: Callable[[str], Path], tmp_path: Path
) -> None:
    wav = speak(STUDENT)

    async def story() -> None:
        async with an_aligner(tmp_path) as aligner:
            assert await aligner.find(wav, whole(wav, STUDENT)) == [None]
            inside = tmp_path / "job" / "audio.wav"
            inside.parent.mkdir()
            inside.write_bytes(wav.read_bytes())
            assert await aligner.find(inside, whole(inside, STUDENT)) != [None]

    asyncio.run(story())

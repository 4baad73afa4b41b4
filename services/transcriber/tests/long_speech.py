"""Memory of a twenty-minute answer: ``make long-speech``; too long for `make test`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mentor_transcriber.engines.whisper import WhisperEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_transcriber.engines.base import Recognition
    from mentor_transcriber.engines.whisper import WhisperModel

RATE = 16_000


def peak_mb_of(process: int) -> int:
    """Return the most memory that a process has ever had resident (VmHWM of proc(5))."""
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak")
def test_twenty_minutes_take_no_more_memory_than_a_pod_has_room_for(
    whisper_model: WhisperModel,
    story: Path,
    pcm: Callable[[Path], bytes],
    write_wav: Callable[[str, bytes], Path],
) -> None:
    """Two minutes without a pause, the longest stretch there is, and quiet around them.

    The sound as a whole and one stretch are what memory depends on.
    """
    # Longer than a window of Whisper's: it tries again, and again, what repeats within one.
    spoken = pcm(story)
    speech = spoken * (125 * 2 * RATE // len(spoken))
    quiet = bytes(2 * RATE * 60 * 9)
    wav = write_wav("long.wav", quiet + speech + quiet)

    async def peak() -> tuple[int, Recognition]:
        engine = WhisperEngine(whisper_model)
        try:
            recognition = await engine.recognise(wav)
            assert engine.pid
            return peak_mb_of(engine.pid), recognition
        finally:
            await engine.close()

    peak_mb, recognition = asyncio.run(peak())
    assert recognition.words[0].start > 500
    assert recognition.words[-1].end > 640
    assert peak_mb <= 800

"""The transcriber opens the same files as the transcoder: the same gate keeps it from harm."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_local.corpus import EXPECTED, make_hostile
from mentor_transcriber.audio import cut_sound

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = "http://127.0.0.1:9/"
SLOW_TO_MAKE = {"pixel-bomb.mp4", "growing-picture.webm"}  # and the transcoder's test has them
SOUND_DECIDES = {"noise-after-header.mp4": "sound_unreadable", "lying-pixel-shape.mp4": None}


def outcome(path: Path, folder: Path) -> str | None:
    try:
        asyncio.run(cut_sound(path, trim=None, work_dir=folder))
    except PermanentError as refused:
        return refused.code
    return None


@pytest.mark.usefixtures("ffmpeg")
def test_every_hostile_file_is_refused_or_harmless(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    names = [name for name in EXPECTED if name not in SLOW_TO_MAKE]
    found = {name: outcome(make_hostile(name, corpus, NOBODY), tmp_path) for name in names}
    assert found == {name: EXPECTED[name].get("code") for name in names} | SOUND_DECIDES

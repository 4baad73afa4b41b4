"""A picture that changes its size or is turned in mid-stream is never squashed or made small."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.corpus.colours import BT709
from mentor_local.corpus.measure import streams
from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]
    Luma = Callable[[Path, int, int], bytes]

JOB = EncodeJob(profile=Profile.FAST)
VP8 = (
    "-c:v",
    "libvpx",
    "-deadline",
    "realtime",
    "-cpu-used",
    "8",
    "-threads",
    "1",
    "-b:v",
    "2M",
    *BT709,
)
X264 = ("-c:v", "libx264", "-preset", "ultrafast", *BT709)
WHITE = 200  # luma; black is below it


def record(path: Path, *parts: tuple[str, float]) -> Path:
    """Make a black picture with a white square in its middle, half as wide as its shorter side."""
    quiet = ("ffmpeg", "-nostdin", "-v", "error")
    encoder = VP8 if path.suffix == ".webm" else X264
    inputs: list[str] = []
    outputs: list[str] = []
    for number, (size, seconds) in enumerate(parts):
        side = min(map(int, size.split("x"))) // 2
        square = f"drawbox=x=(iw-{side})/2:y=(ih-{side})/2:w={side}:h={side}:color=white:t=fill"
        inputs += ("-f", "lavfi", "-i", f"color=black:s={size}:r=30:d={seconds},{square}")
        outputs += ("-map", str(number), *encoder, str(path.with_name(f"{number}-{path.name}")))
    subprocess.run([*quiet, *inputs, *outputs], check=True)
    listing = path.with_suffix(".txt")
    listing.write_text("".join(f"file {n}-{path.name}\n" for n in range(len(parts))))
    joined = ("-f", "concat", "-i", str(listing), "-c", "copy", str(path))
    subprocess.run([*quiet, *joined], check=True)
    return path


def white_parts(luma: Luma, path: Path, frames: Sequence[int]) -> list[tuple[int, int]]:
    """Return width and height of the white in some of the frames, pixels."""
    video = streams(path)[0]
    width, height = video["width"], video["height"]
    seen = luma(path, width, height)
    size = width * height
    pictures = [seen[at : at + size] for at in range(0, len(seen), size)]
    return [white_part(pictures[frame], width, height) for frame in frames]


def white_part(picture: bytes, width: int, height: int) -> tuple[int, int]:
    rows = [picture[at : at + width] for at in range(0, len(picture), width)]
    wide = sum(value > WHITE for value in rows[height // 2])
    high = sum(row[width // 2] > WHITE for row in rows)
    return wide, high


def test_a_small_first_second_does_not_make_everything_small(
    tmp_path: Path, encode: Encode
) -> None:
    """WebRTC begins at 160x90 and soon sends the full size."""
    path = record(tmp_path / "call.webm", ("160x90", 1), ("640x360", 1.2))
    encoded = encode(path, JOB).encoded
    assert isinstance(encoded.web, Rendition)
    assert (encoded.web.width, encoded.web.height) == (640, 360)
    assert encoded.web.duration_ms == pytest.approx(2200, abs=60)


def test_a_trim_has_the_size_that_lasts_in_it(tmp_path: Path, encode: Encode) -> None:
    path = record(tmp_path / "call.webm", ("320x180", 2), ("640x360", 1))
    encoded = encode(path, replace(JOB, trim=(0, 1.5))).encoded
    assert (encoded.web.width, encoded.web.height) == (320, 180)


@pytest.mark.parametrize("name", ["turn.webm", "turn.mp4"])
def test_a_turn_in_mid_stream_is_cropped_or_padded_and_never_squashed(
    tmp_path: Path, encode: Encode, luma: Luma, name: str
) -> None:
    path = record(tmp_path / name, ("320x180", 1.4), ("180x320", 1.1))
    for keep in (False, True):
        encoded = encode(path, replace(JOB, maintain_original_aspect_ratio=keep)).encoded
        assert isinstance(encoded.web, Rendition)
        assert isinstance(encoded.mobile, Rendition)
        assert (encoded.web.width, encoded.web.height) == (320, 180)
        for rendition in (encoded.web, encoded.mobile):
            for wide, high in white_parts(luma, rendition.path, (30, -1)):
                assert wide > 40, keep
                assert wide == pytest.approx(high, abs=0.04 * high + 2), keep

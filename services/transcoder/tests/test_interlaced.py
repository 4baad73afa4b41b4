"""Interlaced video comes out without combs, whoever says that it is interlaced."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from mentor_local.corpus.measure import psnr
from mentor_transcoder.job import EncodeJob, Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]

JOB: Final = EncodeJob(profile=Profile.FAST)
# A bar that moves 4 pixels from field to field, 50 fields a second.
MOVING: Final = (
    "color=gray:s=320x180:r=50:d=1.2[room];color=white:s=40x180:r=50[bar];"
    "[room][bar]overlay=x=4*n:shortest=1,format=yuv420p"
)
TOP_FIRST: Final = "tinterlace=interleave_top,setfield=tff"
BOTTOM_FIRST: Final = "tinterlace=interleave_bottom,setfield=bff"
FIELDS: Final = "-flags +ildct+ilme"
H264: Final = "-c:v libx264 -preset ultrafast -qp 0"

# Name of the file: how its fields are woven, and the encoder that says so or does not.
SOURCES: Final[dict[str, tuple[str, str]]] = {
    "camcorder-h264-top-first.mp4": (TOP_FIRST, f"{H264} {FIELDS} -x264opts tff=1"),
    "camcorder-h264-bottom-first.mp4": (BOTTOM_FIRST, f"{H264} {FIELDS} -x264opts bff=1"),
    "frames-alone-say-so-mpeg4.mov": (TOP_FIRST, f"-c:v mpeg4 -q:v 1 {FIELDS} -top 1"),
    "header-alone-says-so-h264.mkv": (TOP_FIRST, f"{H264} -field_order tt"),
    "header-alone-says-so-mjpeg.mov": (BOTTOM_FIRST, "-c:v mjpeg -q:v 1 -field_order bb"),
    "prores.mov": (f"{TOP_FIRST},format=yuv422p10le", f"-c:v prores_ks {FIELDS} -top 1"),
}


def make(path: Path, weave: str, encoder: str, picture: str = MOVING) -> Path:
    woven = ("-f", "lavfi", "-i", f"{picture},{weave}")
    command = ["ffmpeg", "-nostdin", "-v", "error", *woven, *encoder.split(), str(path)]
    subprocess.run(command, check=True)
    return path


def combing(path: Path) -> float:
    """Return how much more a line differs from its neighbours than from the lines beyond them.

    Mean over the picture, of 255: 0 without combs, for the moving bar's edges are upright.
    """
    luma = "scale=80:180:flags=neighbor,format=yuv420p,extractplanes=y"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-vf", luma]
    command += ["-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 180, 80).astype(np.int16)[1:-1]
    above, row, below = frames[:, :-2], frames[:, 1:-1], frames[:, 2:]
    combs = np.maximum(0, np.abs(row - (above + below) / 2) - np.abs(above - below))
    return float(combs.sum() / (80 * 180 * (len(frames) + 2)))


@pytest.mark.parametrize("name", SOURCES)
def test_interlaced_video_comes_out_deinterlaced_at_its_rate(
    name: str, tmp_path: Path, encode: Encode, probe: Callable[[Path], list[dict[str, Any]]]
) -> None:
    source = make(tmp_path / name, *SOURCES[name])
    assert combing(source) > 2
    web = encode(source, JOB).encoded.web
    assert combing(web.path) < 0.2
    (video,) = probe(web.path)
    assert (video["avg_frame_rate"], video["nb_read_packets"]) == ("25/1", "30")


def test_progressive_frames_pass_untouched(tmp_path: Path, encode: Encode) -> None:
    # Lines of one pixel that jump at every frame look like combs, and no flag says that they are.
    lines = "nullsrc=s=320x180:r=25:d=1.2,geq=lum=128+80*mod(Y+N\\,2):cb=128:cr=128,format=yuv420p"
    source = make(tmp_path / "lines.mp4", "null", H264, lines)
    before = combing(source)
    assert before > 50
    assert combing(encode(source, JOB).encoded.web.path) == pytest.approx(before, rel=0.1)


def test_progressive_frames_flagged_as_interlaced_lose_little(
    tmp_path: Path, encode: Encode
) -> None:
    flagged = f"{H264} -x264opts fake-interlaced=1:tff=1 -colorspace bt709"
    picture = "testsrc2=s=320x180:r=25:d=1.2,format=yuv420p"
    source = make(tmp_path / "flagged.mp4", "setfield=tff", flagged, picture)
    assert psnr(encode(source, JOB).encoded.web.path, source) > 30

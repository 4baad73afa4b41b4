"""A picture that begins after the sound is filled, and stays in step with it.

Each clip flashes and beeps at 1.0 and at 2.0 s of three.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.corpus.measure import beeps, brightness, flashes, streams
from mentor_transcoder.job import EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]

# Bright, so that a black lead-in would be seen.
FLASHES = (
    "color=0x707070:s=320x180:r=30:d=3,drawbox=color=white:t=fill:"
    "enable='between(t,0.99,1.09)+between(t,1.99,2.09)'"
)
BEEPS = "aevalsrc=0.5*sin(6283.2*t)*(between(t\\,1\\,1.1)+between(t\\,2\\,2.1)):s=48000:d=3"
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
SYNC_S = 0.020
FRAME_S = 1 / 30


def record(path: Path, picture: str = "null", sound: str = "anull") -> Path:
    """Make a clip with filters on its picture and on its sound; gaps of time stay gaps."""
    inputs = ("-f", "lavfi", "-i", FLASHES, "-f", "lavfi", "-i", BEEPS)
    filters = ("-vf", picture, "-af", sound, "-vsync", "vfr")
    encoder = VP8 if path.suffix == ".webm" else X264
    command = ("ffmpeg", "-nostdin", "-v", "error", *inputs, *filters, *encoder, str(path))
    subprocess.run(command, check=True)
    return path


def nearest(time: float, marks: Sequence[float]) -> float:
    return time + min((mark - time for mark in marks), key=abs)


def check(web: Any, seconds: float, seen: Sequence[float], heard: Sequence[float]) -> None:
    assert isinstance(web, Rendition), web
    assert web.duration_ms == pytest.approx(seconds * 1000, abs=40)
    video = streams(web.path)[0]
    assert float(video.get("start_time", 0)) == 0
    assert flashes(web.path) == pytest.approx(seen, abs=FRAME_S)
    assert beeps(web.path) == pytest.approx(heard, abs=FRAME_S)
    for time in set(seen) & set(heard):
        assert nearest(time, flashes(web.path)) == pytest.approx(
            nearest(time, beeps(web.path)), abs=SYNC_S
        )
    assert min(brightness(web.path)) > 80


@pytest.mark.parametrize(
    ("name", "late"),
    [("camera.webm", 0.05), ("camera.webm", 0.8), ("camera.webm", 1.5), ("camera.mp4", 0.8)],
)
def test_sound_before_the_first_picture_is_filled_with_that_picture(
    tmp_path: Path, encode: Encode, name: str, late: float
) -> None:
    """The recorder's usual start of a camera: the sound is there 0.8 s before the picture."""
    path = record(tmp_path / name, picture=f"trim=start={late}")
    encoded = encode(path, EncodeJob(profile=Profile.FAST, thumbnail=True)).encoded
    seen = [time for time in (1.0, 2.0) if time > late]
    check(encoded.web, 3.0, seen, [1.0, 2.0])
    assert int(streams(encoded.web.path)[0]["nb_read_packets"]) == pytest.approx(90, abs=2)
    assert min(brightness(encoded.thumbnail)) > 80


@pytest.mark.parametrize(
    ("trim", "seconds", "marks"),
    [
        ((0.5, 2.6), 2.1, [0.5, 1.5]),
        ((0.0, 0.95), 0.95, []),
        ((0.81, 2.6), 1.79, [0.19, 1.19]),
    ],
)
def test_a_trim_that_begins_before_the_picture_is_filled_too(
    tmp_path: Path, encode: Encode, trim: tuple[float, float], seconds: float, marks: list[float]
) -> None:
    path = record(tmp_path / "camera.webm", picture="trim=start=0.8")
    encoded = encode(path, EncodeJob(profile=Profile.FAST, trim=trim)).encoded
    if marks:
        check(encoded.web, seconds, marks, marks)
    else:
        assert encoded.web.duration_ms == pytest.approx(seconds * 1000, abs=40)


@pytest.mark.parametrize(
    ("picture", "sound", "seen", "heard"),
    [
        ("null", "atrim=start=0.7", [1.0, 2.0], [1.0, 2.0]),
        ("trim=end=1.5", "anull", [1.0], [1.0, 2.0]),
        ("null", "atrim=end=1.5", [1.0, 2.0], [1.0]),
        # The camera stood still from 1.2 to 1.8 s.
        ("select='not(between(t,1.2,1.8))'", "anull", [1.0, 2.0], [1.0, 2.0]),
        # The frames come between the ticks of the constant rate.
        ("setpts=PTS+0.011/TB", "asetpts=PTS+0.011/TB", [1.011, 2.011], [1.011, 2.011]),
    ],
)
def test_wherever_one_of_them_is_missing_picture_and_sound_stay_in_step(
    tmp_path: Path,
    encode: Encode,
    picture: str,
    sound: str,
    seen: list[float],
    heard: list[float],
) -> None:
    path = record(tmp_path / "answer.mp4", picture, sound)
    check(encode(path, EncodeJob(profile=Profile.FAST)).encoded.web, 3.0, seen, heard)


@pytest.mark.parametrize("name", ["pause.webm", "pause.mp4"])
def test_a_pause_that_the_timestamps_keep_is_shown_as_a_still(
    tmp_path: Path, encode: Encode, name: str
) -> None:
    """Browsers play it so, and the times of a trim and of captions count it."""
    pause = "PTS+gte(T\\,1.5)*20/TB"
    path = record(tmp_path / name, f"setpts={pause}", f"asetpts={pause}")
    job = EncodeJob(profile=Profile.FAST, trim=(0.5, 22.5))
    check(encode(path, job).encoded.web, 22.0, [0.5, 21.5], [0.5, 21.5])

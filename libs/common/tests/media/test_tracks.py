"""The right one of several tracks is taken: picture and sound."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import inspect
from mentor_common.media.packets import PacketScan
from mentor_common.media.tracks import choose_picture, choose_sound

if TYPE_CHECKING:
    from pathlib import Path

MOVING = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d={seconds}")
SMALL = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=30:d={seconds}")
CARD = ("-f", "lavfi", "-i", "color=red:s=640x640:r=1:d=1", "-frames:v", "1")
TONE = ("-f", "lavfi", "-i", "sine=d={seconds}")
SILENCE = ("-f", "lavfi", "-i", "anullsrc=r=48000:d={seconds}")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")


def video(index: int, size: tuple[int, int] = (320, 180), **flags: int) -> dict[str, Any]:
    return {
        "index": index,
        "codec_type": "video",
        "codec_name": "h264",
        "width": size[0],
        "height": size[1],
        "disposition": flags,
    }


def sound(index: int, **flags: int) -> dict[str, Any]:
    return {"index": index, "codec_type": "audio", "channels": 2, "disposition": flags}


def scan(*seconds: float, frames: int | None = None) -> PacketScan:
    """Return the packets of streams that last so long, with 30 frames a second."""
    found = PacketScan()
    for index, length in enumerate(seconds):
        count = frames or round(length * 30)
        for n in range(count):
            each = length / count
            times = {"pts_time": str(n * each), "duration_time": str(each)}
            found.add({"stream_index": index, **times, "size": "100", "pos": str(n), "flags": "K_"})
    return found


@pytest.mark.parametrize(
    ("streams", "seconds", "chosen"),
    [
        ([video(0), video(1)], (1, 6), 1),
        ([video(0, default=1), video(1)], (3, 6), 1),
        ([video(0), video(1, default=1)], (6.1, 6), 1),
        ([video(0, (640, 360)), video(1)], (6, 6), 0),
        ([video(0), video(1, (640, 360))], (6, 6), 1),
        ([video(0), video(1)], (6, 6), 0),
        ([video(0, (640, 360), attached_pic=1), video(1)], (6, 6), 1),
        ([video(0, (640, 360), timed_thumbnails=1), video(1)], (6, 6), 1),
    ],
)
def test_the_picture_is_the_longest_then_the_default_then_the_largest(
    streams: list[dict[str, Any]], seconds: tuple[float, ...], chosen: int
) -> None:
    picture = choose_picture(streams, scan(*seconds))
    assert picture is not None
    assert picture["index"] == chosen


def test_a_single_frame_is_never_the_picture() -> None:
    assert choose_picture([video(0)], scan(6, frames=1)) is None
    assert choose_picture([video(0)], scan(6, frames=2)) is not None


@pytest.mark.parametrize(
    ("streams", "silent", "chosen"),
    [
        ([sound(0), sound(1)], [], 0),
        ([sound(0), sound(1, default=1)], [], 1),
        ([sound(0, default=1), sound(1)], [0], 1),
        ([sound(0), sound(1, default=1)], [0, 1], 1),
        ([sound(0, default=1, comment=1), sound(1, default=1)], [], 1),
    ],
)
def test_the_sound_is_audible_then_the_default_then_no_commentary(
    streams: list[dict[str, Any]], silent: list[int], chosen: int
) -> None:
    found = choose_sound(streams, silent)
    assert found is not None
    assert found["index"] == chosen


def make(path: Path, *arguments: str, seconds: float = 2) -> Path:
    filled = [argument.format(seconds=seconds) for argument in arguments]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *filled, str(path)], check=True)
    return path


@pytest.mark.parametrize("name", ["two-sounds.mp4", "two-sounds.mkv"])
@pytest.mark.usefixtures("ffmpeg")
def test_a_silent_track_is_not_taken_while_another_has_sound(tmp_path: Path, name: str) -> None:
    tracks = ("-map", "0:v", "-map", "1:a", "-map", "2:a")
    source = asyncio.run(inspect(make(tmp_path / name, *MOVING, *SILENCE, *TONE, *tracks, *X264)))
    assert (source.video_index, source.audio_index) == (0, 2)


@pytest.mark.usefixtures("ffmpeg")
def test_one_sound_is_taken_without_being_listened_to(tmp_path: Path) -> None:
    path = make(tmp_path / "silence.mp4", *MOVING, *SILENCE, *X264)
    source = asyncio.run(inspect(path, ffmpeg="/does/not/exist"))
    assert source.audio_index == 1


@pytest.mark.usefixtures("ffmpeg")
def test_a_preview_and_a_cover_before_the_film_are_passed_over(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", *MOVING, *TONE, *X264)
    preview = make(tmp_path / "preview.mp4", *SMALL, *X264, seconds=1)
    cover = make(tmp_path / "cover.mov", *CARD, "-c:v", "mjpeg")
    inputs = [part for path in (cover, preview, film) for part in ("-i", str(path))]
    tracks = ("-map", "0", "-map", "1", "-map", "2", "-c", "copy", "-disposition:v:0", "default")
    source = asyncio.run(inspect(make(tmp_path / "all.mp4", *inputs, *tracks)))
    assert (source.video_index, source.audio_index) == (2, 3)
    assert (source.coded_width, source.coded_height) == (320, 180)


@pytest.mark.usefixtures("ffmpeg")
def test_sound_with_nothing_but_a_cover_is_no_video(tmp_path: Path) -> None:
    cover = make(tmp_path / "cover.mov", *CARD, "-c:v", "mjpeg")
    path = tmp_path / "song.mov"
    make(path, "-i", str(cover), *TONE, "-map", "0", "-map", "1", "-c:v", "copy", "-c:a", "aac")
    with pytest.raises(PermanentError) as refused:
        asyncio.run(inspect(path))
    assert refused.value.code == "no_video"


@pytest.mark.usefixtures("ffmpeg")
def test_a_sound_that_cannot_be_opened_does_not_change_the_picture_taken(tmp_path: Path) -> None:
    """The same rule for the picture holds where only the pictures can be read."""
    tracks = ("-map", "0:v", "-map", "1:v", "-map", "2:a")
    preview = ("-t", "1", *SMALL)
    path = make(tmp_path / "broken.mp4", *preview, *MOVING, *TONE, *tracks, *X264)
    content = bytearray(path.read_bytes())
    settings = content.index(b"\x05\x80\x80\x80", content.index(b"esds"))
    length = content[settings + 4]
    content[settings + 5 : settings + 5 + length] = b"\xff" * length
    path.write_bytes(content)
    source = asyncio.run(inspect(path))
    assert source.sound_damaged
    assert source.video_index == 1

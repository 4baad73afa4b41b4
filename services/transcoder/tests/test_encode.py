from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.errors import PermanentError, TransientError
from mentor_common.media import Tools, inspect
from mentor_transcoder.encode import transcode
from mentor_transcoder.job import EncodeJob, Profile, Rendition, RenditionFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    Clip = Callable[[str], Path]
    Encode = Callable[[Path, EncodeJob], Any]
    Probe = Callable[[Path], list[dict[str, Any]]]
    Luma = Callable[[Path, int, int], bytes]

FAST = EncodeJob(profile=Profile.FAST)
REALTIME = ("-deadline", "realtime", "-cpu-used", "8", "-threads", "1")


async def not_stored(_path: Path) -> None:
    """Leave a file that was made where it is."""


def processes_of(source: Path) -> list[str]:
    """Return the command lines of living processes that name ``source``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                arguments = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(source).encode() in arguments:
                found.append(arguments.decode())
    return found


@pytest.mark.parametrize(
    "name", ["counted.mp4", "counted.webm", "counted.live.webm", "counted.mkv"]
)
def test_a_trim_keeps_exactly_the_frames_asked_for(
    as_mp4: Clip, encode: Encode, luma: Luma, name: str
) -> None:
    source = as_mp4(name)
    before = source.read_bytes()
    encoded = encode(source, replace(FAST, trim=(1, 2.5))).encoded
    for rendition in (encoded.web, encoded.mobile):
        assert rendition.duration_ms == pytest.approx(1500, abs=100)
        shown = [value - 20 for value in luma(rendition.path, 1, 1)]
        assert len(shown) == pytest.approx(45, abs=1)
        assert shown[0] == pytest.approx(30, abs=2)
        assert shown[-1] == pytest.approx(74, abs=2)
    assert encoded.duration_s == pytest.approx(1.5)
    assert source.read_bytes() == before


def test_what_a_plain_mp4_becomes(clip: Clip, encode: Encode, probe: Probe) -> None:
    encoded = encode(clip("phone.mp4"), EncodeJob(thumbnail=True)).encoded
    sizes = {}
    for rendition in (encoded.web, encoded.mobile):
        assert isinstance(rendition, Rendition)
        video, audio = probe(rendition.path)
        sizes[rendition.path.name] = (video["width"], video["height"])
        assert (rendition.width, rendition.height) == (video["width"], video["height"])
        assert (video["codec_name"], video["pix_fmt"]) == ("h264", "yuv420p")
        assert (video["sample_aspect_ratio"], video["avg_frame_rate"]) == ("1:1", "30/1")
        assert (audio["codec_name"], audio["channels"]) == ("aac", 2)
        assert rendition.duration_ms == pytest.approx(2000, abs=100)
        content = rendition.path.read_bytes()
        assert rendition.size_bytes == len(content)
        assert content.index(b"moov") < content.index(b"mdat")
        assert b"+48.1" not in content
        assert b"a secret" not in content
    assert sizes == {"web.mp4": (640, 360), "mobile.mp4": (480, 480)}
    (picture,) = probe(encoded.thumbnail)
    assert (picture["codec_name"], picture["width"], picture["height"]) == ("mjpeg", 640, 360)


def test_one_process_with_one_decode_does_it_all(clip: Clip, encode: Encode) -> None:
    result = encode(clip("silent.mp4"), replace(FAST, thumbnail=True))
    assert sorted(run.tool for run in result.timings) == ["ffmpeg", "ffprobe", "ffprobe"]
    assert sorted(result.made) == ["mobile.mp4", "thumbnail.jpg", "web.mp4"]


def test_percents_rise_to_100(clip: Clip, encode: Encode) -> None:
    percents = encode(clip("counted.mp4"), FAST).percents
    assert percents == sorted(set(percents))
    assert percents[-1] == 100


def test_a_trim_beyond_the_end_keeps_what_there_is(clip: Clip, encode: Encode) -> None:
    encoded = encode(clip("counted.mp4"), replace(FAST, trim=(1.5, 99))).encoded
    assert encoded.web.duration_ms == pytest.approx(1500, abs=100)
    assert encoded.mobile.duration_ms == pytest.approx(1500, abs=100)


def test_a_trim_to_under_a_second_is_refused(clip: Clip, encode: Encode) -> None:
    with pytest.raises(PermanentError) as refused:
        encode(clip("counted.mp4"), replace(FAST, trim=(2, 2.5)))
    assert refused.value.code == "trim_too_short"


def test_a_turned_recording_comes_out_upright(
    quarter_turned: Path, encode: Encode, probe: Probe, luma: Luma
) -> None:
    job = replace(FAST, maintain_original_aspect_ratio=True)
    encoded = encode(quarter_turned, job).encoded
    assert (encoded.web.width, encoded.web.height) == (180, 320)
    (video,) = probe(encoded.web.path)
    assert video["sample_aspect_ratio"] == "1:1"
    top, bottom = luma(encoded.web.path, 1, 2)[:2]
    assert abs(top - bottom) > 150


def test_a_portrait_is_cropped_and_not_squeezed(quarter_turned: Path, encode: Encode) -> None:
    encoded = encode(quarter_turned, FAST).encoded
    assert (encoded.web.width, encoded.web.height) == (178, 100)
    assert (encoded.mobile.width, encoded.mobile.height) == (480, 480)


def test_a_silent_video_has_no_sound_track_and_keeps_its_rate(
    clip: Clip, encode: Encode, probe: Probe, out_dir: Path
) -> None:
    encoded = encode(clip("silent.mp4"), FAST).encoded
    (video,) = probe(encoded.web.path)
    assert video["avg_frame_rate"] == "15/1"
    assert encoded.thumbnail is None, "nobody has asked for one"
    assert sorted(path.name for path in out_dir.iterdir()) == ["mobile.mp4", "web.mp4"]


def test_sound_that_ended_before_the_trim_is_no_fault(
    clip: Clip, encode: Encode, probe: Probe
) -> None:
    encoded = encode(clip("early-silence.mp4"), replace(FAST, trim=(1, 2.2))).encoded
    assert [stream["codec_type"] for stream in probe(encoded.mobile.path)] == ["video"]


def test_a_picture_that_changes_its_size_goes_through(tmp_path: Path, encode: Encode) -> None:
    """It states no colours, so that their conversion is set up anew as well."""
    inputs, outputs = [], []
    for index, size in enumerate(("320x180", "160x120")):
        inputs += ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=30:d=1"]
        outputs += ["-map", str(index), "-c:v", "libvpx", *REALTIME]
        outputs.append(str(tmp_path / f"{index}.webm"))
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *outputs], check=True)
    (tmp_path / "parts.txt").write_text("file 0.webm\nfile 1.webm\n")
    joined = tmp_path / "joined.webm"
    command = ["ffmpeg", "-v", "error", "-f", "concat", "-i", str(tmp_path / "parts.txt")]
    subprocess.run([*command, "-c", "copy", str(joined)], check=True)
    encoded = encode(joined, FAST).encoded
    assert encoded.web.duration_ms == pytest.approx(2000, abs=100)
    assert encoded.mobile.duration_ms == pytest.approx(2000, abs=100)


def test_only_the_rendition_at_fault_fails(clip: Clip, encode: Encode, out_dir: Path) -> None:
    (out_dir / "mobile.mp4").mkdir()
    result = encode(clip("silent.mp4"), replace(FAST, thumbnail=True))
    assert isinstance(result.encoded.web, Rendition)
    failed = result.encoded.mobile
    assert isinstance(failed, RenditionFailed)
    assert failed.code == "encode_failed"
    assert "Is a directory" in failed.detail
    assert "Record or export it again" in failed.reason
    assert result.encoded.thumbnail is not None
    assert result.percents == sorted(set(result.percents))
    assert result.percents[-1] < 100


def test_a_thumbnail_that_fails_never_fails_the_video(
    clip: Clip, encode: Encode, out_dir: Path
) -> None:
    (out_dir / "thumbnail.jpg").mkdir()
    result = encode(clip("silent.mp4"), replace(FAST, thumbnail=True))
    assert isinstance(result.encoded.web, Rendition)
    assert isinstance(result.encoded.mobile, Rendition)
    assert result.encoded.thumbnail is None
    assert result.percents[-1] == 100


def test_a_damaged_picture_fails_both_with_a_reason(
    clip: Clip, encode: Encode, tmp_path: Path
) -> None:
    content = bytearray(clip("silent.mp4").read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(content)
    encoded = encode(damaged, FAST).encoded
    for failed in (encoded.web, encoded.mobile):
        assert isinstance(failed, RenditionFailed)
        assert "may be damaged" in failed.reason


def test_a_missed_deadline_is_tried_again_later(clip: Clip, encode: Encode) -> None:
    with pytest.raises(TransientError, match="did not end within"):
        encode(clip("large.mp4"), EncodeJob(profile=Profile.COMPAT, deadline_s=0.5))


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("kill -9 $$", "ended with -9"),
        ("echo \"No such filter: 'zscale'\" >&2; exit 1", "No such filter: 'zscale'"),
    ],
    ids=["killed", "built without a filter"],
)
def test_an_ffmpeg_at_fault_is_no_fault_of_the_video(
    clip: Clip, out_dir: Path, tmp_path: Path, script: str, fault: str
) -> None:
    faulty = tmp_path / "ffmpeg"
    faulty.write_text(f"#!/bin/sh\n{script}\n")
    faulty.chmod(0o755)

    async def scenario() -> None:
        path = clip("silent.mp4")
        tools = Tools(ffmpeg=str(faulty))
        source = await inspect(path)
        await transcode(
            path,
            source,
            out_dir,
            FAST,
            tools=tools,
            on_percent=lambda _: None,
            on_made=not_stored,
            timings=[],
        )

    with pytest.raises(TransientError, match=fault):
        asyncio.run(scenario())


def test_cancelling_in_mid_encode_leaves_no_process(
    clip: Clip, out_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "to-be-cancelled.mp4"
    shutil.copy(clip("large.mp4"), path)

    async def scenario() -> int:
        begun = asyncio.Event()
        task = asyncio.create_task(
            transcode(
                path,
                await inspect(path),
                out_dir,
                EncodeJob(profile=Profile.COMPAT),
                tools=Tools(),
                on_percent=lambda _: begun.set(),
                on_made=not_stored,
                timings=[],
            )
        )
        await begun.wait()
        running = len(processes_of(path))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert processes_of(path) == []
        return running

    assert asyncio.run(scenario()) == 1

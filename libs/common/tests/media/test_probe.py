from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from mentor_common.errors import PermanentError
from mentor_common.media import Limits, Source, Span, ToolRun, inspect
from mentor_common.media.guard import DECODERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Clip = Callable[[str], Path]

NO_VIDEO = "No video found or too short (1sec)!"


def look(path: Path, limits: Limits | None = None) -> Source:
    return asyncio.run(inspect(path, limits=limits))


def refusal(path: Path, limits: Limits | None = None) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        look(path, limits)
    return refused.value


def test_an_mp4_is_described(clip: Clip) -> None:
    source = look(clip("plain.mp4"))
    assert source.container == "mp4"
    assert source.duration_s == pytest.approx(6, abs=0.03)
    assert (source.video_start_s, source.video_end_s) == pytest.approx((0, 6), abs=0.01)
    assert (source.coded_width, source.coded_height) == (320, 180)
    assert source.display_size(Span(0, 6)) == (320, 180)
    assert (source.sample_aspect, source.rotation) == (Fraction(1), 0)
    assert source.fps == 30
    assert (source.video_codec, source.pix_fmt, source.has_alpha) == ("h264", "yuv420p", False)
    assert source.audio_index == 1
    assert source.audio_start_s == 0
    assert source.audio_end_s == pytest.approx(6, abs=0.03)
    assert source.audio_channels == 1


@pytest.mark.parametrize("name", ["plain.webm", "live.webm"])
def test_a_webm_is_measured_even_where_it_states_no_duration(clip: Clip, name: str) -> None:
    source = look(clip(name))
    assert source.container == "webm"
    assert source.duration_s == pytest.approx(6, abs=0.05)
    assert source.fps == 30
    assert source.audio_index == 1


def test_the_container_is_what_the_file_is_not_what_it_is_called(
    clip: Clip, tmp_path: Path
) -> None:
    named_mp4 = tmp_path / "webm.mp4"
    shutil.copy(clip("plain.webm"), named_mp4)
    assert look(named_mp4).container == "webm"
    matroska = tmp_path / "matroska.mp4"
    shutil.copy(clip("matroska.mkv"), matroska)
    assert look(matroska).container == "webm"
    assert look(clip("phone.mov")).container == "mp4"


def test_a_name_that_looks_like_an_address_is_a_file(clip: Clip, tmp_path: Path) -> None:
    odd = tmp_path / "http:what's this|.mp4"
    shutil.copy(clip("silent.mp4"), odd)
    assert look(odd).duration_s == pytest.approx(2, abs=0.01)


def test_a_silent_video_has_no_sound(clip: Clip) -> None:
    source = look(clip("silent.mp4"))
    assert (source.audio_index, source.audio_start_s, source.audio_end_s) == (None, None, None)


def test_transparency_is_seen(clip: Clip) -> None:
    assert look(clip("alpha.webm")).has_alpha


def test_display_size_is_of_square_pixels(clip: Clip) -> None:
    source = look(clip("anamorphic.mp4"))
    assert source.sample_aspect == Fraction(4, 3)
    assert (source.coded_width, source.display_size(Span(0, 2))) == (320, (427, 180))


def test_metadata_is_compact_json_without_the_place_of_filming(clip: Clip) -> None:
    text = look(clip("phone.mov")).metadata_json
    metadata = json.loads(text)
    assert [stream["codec_name"] for stream in metadata["streams"]] == ["h264", "aac"]
    assert "48.1" not in text
    assert "/" not in metadata["format"].get("filename", "")
    assert len(text) < 4096


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sound-only.mp4", "no_video"),
        ("sound-only.webm", "no_video"),
        ("half-second.mp4", "too_short"),
        ("half-second.webm", "too_short"),
    ],
)
def test_no_second_of_picture_is_refused(clip: Clip, name: str, code: str) -> None:
    refused = refusal(clip(name))
    assert refused.code == code
    assert refused.reason.startswith(NO_VIDEO)


@pytest.mark.parametrize("content", [b"", b"Hello, I am a text.\n" * 50, b"\0" * 5000])
@pytest.mark.usefixtures("ffmpeg")
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answer.mp4"
    path.write_bytes(content)
    refused = refusal(path)
    assert refused.code == "not_a_video"
    assert refused.reason.startswith(NO_VIDEO)


def test_one_second_is_enough(clip: Clip) -> None:
    assert look(clip("one-second.webm")).duration_s == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["faststart.mp4", "plain.webm"])
def test_a_truncated_upload_is_refused(clip: Clip, tmp_path: Path, name: str) -> None:
    whole = clip(name).read_bytes()
    part = tmp_path / name
    part.write_bytes(whole[: len(whole) * 2 // 3])
    refused = refusal(part)
    assert refused.code == "truncated"
    assert "Upload the file again" in refused.reason


def test_an_mp4_cut_before_its_index_is_refused(clip: Clip, tmp_path: Path) -> None:
    part = tmp_path / "part.mp4"
    part.write_bytes(clip("plain.mp4").read_bytes()[:50_000])
    assert refusal(part).code == "not_a_video"


def test_a_long_video_is_refused_in_minutes(clip: Clip) -> None:
    refused = refusal(clip("live.webm"), Limits(max_duration_s=3))
    assert refused.code == "too_long"
    assert "minutes" in refused.reason


def test_a_picture_above_the_setting_is_refused(clip: Clip) -> None:
    assert refusal(clip("silent.mp4"), Limits(max_pixels=320 * 180 - 1)).code == "too_large"


def test_a_picture_that_would_fill_the_memory_is_refused(clip: Clip) -> None:
    assert refusal(clip("huge.mp4")).code == "too_large"


@pytest.mark.parametrize("name", ["cinepak.mov", "flashsv.mkv", "tiff.mov", "wmav2.mkv"])
def test_a_decoder_that_is_not_on_the_list_is_refused_by_its_name(clip: Clip, name: str) -> None:
    refused = refusal(clip(name))
    assert refused.code == "codec_refused"
    assert name.partition(".")[0] in refused.reason


def test_what_phones_cameras_and_editors_write_is_on_the_list(clip: Clip) -> None:
    assert look(clip("editors.mov")).video_codec == "prores"
    assert look(clip("cameras.mkv")).video_codec == "mpeg4"


def test_each_name_on_the_list_is_a_decoder_of_ffmpeg(ffmpeg: str) -> None:
    listed = subprocess.run([ffmpeg, "-v", "quiet", "-decoders"], check=True, capture_output=True)
    known = set(re.findall(r"^ [VAS]\S{5} (\S+)", listed.stdout.decode(), re.MULTILINE))
    elsewhere = {"libvorbis", "libopencore_amrnb", "libopencore_amrwb"}  # in other builds
    assert set(DECODERS) - known <= elsewhere


@pytest.mark.usefixtures("ffmpeg")
def test_a_playlist_is_refused_and_nothing_in_it_is_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/inner.ts"
        playlist = tmp_path / "answer.mp4"
        playlist.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{address}\n#EXT-X-ENDLIST\n"
        )
        assert refusal(playlist).code == "not_a_video"
        with pytest.raises(BlockingIOError):  # nobody has called
            server.accept()


def test_a_missing_file_is_not_blamed_on_the_mentor(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "lost.mp4")


def test_one_run_reads_headers_and_packets(clip: Clip) -> None:
    timings: list[ToolRun] = []
    asyncio.run(inspect(clip("plain.mp4"), timings=timings))
    assert [run.tool for run in timings] == ["ffprobe"]

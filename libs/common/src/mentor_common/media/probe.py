"""The gate: describes a file that is a video we can work on, and refuses any other.

One run of ffprobe reads the headers and every packet. Headers lie (paused recordings) or say
nothing (MediaRecorder's WebM has no duration); packets do not.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from mentor_common.confinement import Bounds, Files
from mentor_common.errors import PermanentError, TransientError
from mentor_common.media.describe import describe, seconds
from mentor_common.media.guard import GUARD_FLAGS, input_url, unlisted_decoder
from mentor_common.media.kinds import (
    HEAD_BYTES,
    NO_VIDEO,
    container_of,
    file_type_of,
    refusal_text,
)
from mentor_common.media.loudness import is_silent
from mentor_common.media.packets import PACKET_ENTRIES, PacketScan, ProbeOutput
from mentor_common.media.process import ToolResult, ToolRun, concurrently, run
from mentor_common.media.salvage import decoder_failed_to_open, video_streams_only
from mentor_common.media.sizes import picture_sizes
from mentor_common.media.source import Limits, Source
from mentor_common.media.span import FRAME_SLACK_S
from mentor_common.media.tracks import sound_tracks
from mentor_common.media.truncation import is_truncated

if TYPE_CHECKING:
    from pathlib import Path

TOO_DEMANDING: Final = "too_demanding"
"""Code of a file that keeps the machine busy beyond all measure."""

_PROBE_TIMEOUT_S: Final = 60.0
# Ten times what the headers or all packets of an hour of video cost.
_PROBE_BOUNDS: Final = Bounds(memory_bytes=2 << 30, cpu_s=20)
_MOST_SOUNDS: Final = 4  # that are measured

# Named one by one: a hostile file can carry megabytes of tags, a phone's the place of filming.
_OPTIONS: Final = (
    "-show_entries",
    (
        f"{PACKET_ENTRIES}"
        ":stream=index,codec_type,codec_name,profile,width,height,sample_aspect_ratio,pix_fmt,"
        "color_range,color_space,color_transfer,color_primaries,field_order,avg_frame_rate,"
        "r_frame_rate,"
        "start_time,duration,bit_rate,sample_rate,channels"
        ":stream_tags=alpha_mode"
        ":stream_side_data=rotation,dv_profile,dv_bl_signal_compatibility_id"
        ":stream_disposition=default,comment,karaoke,visual_impaired,dependent,"
        "attached_pic,timed_thumbnails,still_image"
        ":format=format_name,start_time,duration,size,bit_rate"
    ),
    "-of",
    "json=c=1",
)


async def inspect(
    path: Path,
    *,
    limits: Limits | None = None,
    ffprobe: str = "ffprobe",
    ffmpeg: str = "ffmpeg",
    timings: list[ToolRun] | None = None,
) -> Source:
    """Return the description of a video, or refuse the file.

    Parameters
    ----------
    limits
        Sizes and durations; the defaults of `Limits` when ``None``.
    ffprobe, ffmpeg
        The executables; the second is only used on a file whose sound cannot be opened, or that
        has several.
    timings
        Receives an entry for each run of a tool.

    Raises
    ------
    PermanentError
        With a sentence for the mentor. ``not_a_video``: no MP4, QuickTime, WebM or Matroska file,
        or unreadable. ``codec_refused``: a picture, sound or text in it needs a decoder that is not
        on the list. ``no_video``: no moving picture in it. ``too_short``, ``too_long``,
        ``too_large``: outside the limits. ``dolby_vision``: colours that only a Dolby Vision
        decoder can show. ``truncated``: bytes of the file are missing.
        ``too_demanding``: reading it takes far too much work.
    TransientError
        ffprobe did not end, or something killed it.
    FileNotFoundError
        There is no such file.
    """
    limits = limits or Limits()
    # A download that went missing is our fault, not the mentor's.
    cut = await asyncio.to_thread(is_truncated, path)
    done, output, scan = await _probe(path, ffprobe, timings)
    if done.returncode > 0 and (decoder := unlisted_decoder(done.stderr_tail)):
        raise _codec_refused(decoder)
    original: dict[int, int] | None = None
    if done.returncode > 0 and decoder_failed_to_open(done.stderr_tail):
        async with video_streams_only(path, ffmpeg=ffmpeg, timings=timings) as pictures:
            if pictures is not None:
                alone, original = pictures
                done, output, scan = await _probe(alone, ffprobe, timings)
    await asyncio.to_thread(_check_readable, done, path)
    header = output.header()
    silent = await _silent(path, sound_tracks(header.get("streams", []), scan), ffmpeg, timings)
    source = describe(header, scan, silent)
    if cut:
        _refuse_truncated(source, seconds(header.get("format", {}).get("duration")))
    if source is None:
        raise PermanentError(
            "no_video", f"{NO_VIDEO} The file has no picture in it. Record or choose a video."
        )
    if original is not None:
        index = original[source.video_index]
        source = replace(source, video_index=index, sound_damaged=True, picture_packets=None)
    else:
        sizes = await picture_sizes(path, source, ffprobe=ffprobe, timings=timings)
        source = replace(source, sizes=sizes)
    _check(source, limits)
    return source


async def _silent(
    path: Path, candidates: list[dict[str, Any]], ffmpeg: str, timings: list[ToolRun] | None
) -> list[int]:
    """Return the silent ones of several sound tracks; a single one is not measured."""
    if len(candidates) < 2:  # noqa: PLR2004 - without a second one there is no choice
        return []
    indices = [stream["index"] for stream in candidates[:_MOST_SOUNDS]]
    found = await concurrently(
        *(is_silent(path, index, ffmpeg=ffmpeg, timings=timings) for index in indices)
    )
    return [index for index, silent in zip(indices, found, strict=True) if silent]


async def _probe(
    path: Path, ffprobe: str, timings: list[ToolRun] | None
) -> tuple[ToolResult, ProbeOutput, PacketScan]:
    scan = PacketScan()
    output = ProbeOutput(scan)
    done = await run(
        # Why a stream could not be opened is only a warning.
        (ffprobe, "-v", "warning", *GUARD_FLAGS, *_OPTIONS, input_url(path)),
        timeout_s=_PROBE_TIMEOUT_S,
        timings=timings,
        bounds=_PROBE_BOUNDS,
        files=Files((path,)),
        on_line=output.line,
    )
    return done, output, scan


def _check_readable(done: ToolResult, path: Path) -> None:
    """Refuse what no tool can read."""
    if "exceeds specified max pixel count" in done.stderr_tail:
        _refuse_size()
    if done.exceeded:
        raise too_demanding()
    if done.returncode < 0:
        raise TransientError("ffprobe was killed by a signal")
    if done.returncode != 0:
        with path.open("rb") as file:
            raise _not_a_video(file.read(HEAD_BYTES))


def _not_a_video(head: bytes) -> PermanentError:
    file_type, is_video = file_type_of(head) or "", container_of(head) is not None
    return PermanentError("not_a_video", refusal_text(head), type=file_type, is_video=is_video)


def too_demanding() -> PermanentError:
    """Return the refusal of a file that keeps the machine busy beyond all measure."""
    return PermanentError(
        TOO_DEMANDING,
        "This video takes far more work than a video of its length should; the file may be"
        " damaged. Record it again, or export it as an ordinary MP4.",
    )


def _codec_refused(decoder: str) -> PermanentError:
    return PermanentError(
        "codec_refused",
        f"The video holds a picture, sound or subtitles of the kind {decoder}, which is not"
        " accepted. Record it again, or export it as an ordinary MP4 with H.264 and AAC.",
        kind=decoder,
    )


def _check(source: Source, limits: Limits) -> None:
    pixels = max(
        source.coded_width * source.coded_height,
        *(size.width * size.height for size in source.sizes),
        0,
    )
    if pixels > limits.max_pixels:
        _refuse_size()
    if source.undecodable_dolby_vision_profile is not None:
        raise PermanentError(
            "dolby_vision",
            f"The video is in Dolby Vision profile {source.undecodable_dolby_vision_profile}, whose"
            " colours cannot be converted. Switch HDR video off in the camera's settings and record"
            " again, or export the video as an ordinary (SDR) H.264 MP4.",
            profile=source.undecodable_dolby_vision_profile,
        )
    if source.duration_s > limits.max_duration_s:
        raise PermanentError(
            "too_long",
            f"The video lasts {source.duration_s / 60:.0f} minutes; the longest allowed is"
            f" {limits.max_duration_s / 60:.0f} minutes. Upload a shorter one.",
            minutes=round(source.duration_s / 60),
            most=round(limits.max_duration_s / 60),
        )
    length = source.video_end_s - source.video_start_s
    if length < limits.min_duration_s - FRAME_SLACK_S:
        raise PermanentError(
            "too_short",
            f"{NO_VIDEO} The picture lasts {length:.1f} s, at least"
            f" {limits.min_duration_s:g} s are needed. Record a longer video.",
            seconds=round(length, 1),
            least=limits.min_duration_s,
        )


def _refuse_truncated(source: Source | None, claimed_s: float | None) -> NoReturn:
    """Refuse a file whose end is missing, with what its header says of it if that is more."""
    arrived_s = source.duration_s if source else 0.0
    whole_s = claimed_s if claimed_s is not None and claimed_s > arrived_s else 0.0
    part = (
        f"{arrived_s:.1f} s of a {whole_s:.1f} s video arrived" if whole_s else "its end is missing"
    )
    raise PermanentError(
        "truncated",
        f"The upload is incomplete: {part}. Upload the file again.",
        arrived=round(arrived_s, 1),
        whole=round(whole_s, 1),
    )


def _refuse_size() -> NoReturn:
    raise PermanentError(
        "too_large",
        "The picture of this video is too large. Export it with at most 4K (3840 x 2160) pixels.",
    )

"""Verification of a finished rendition against its plan, before it is published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mentor_common.media import GUARD_FLAGS, Files, ToolRun, input_url, run
from mentor_transcoder import colour
from mentor_transcoder.job import Rendition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentor_transcoder.geometry import Frame
    from mentor_transcoder.plan import Plan
    from mentor_transcoder.standard import Copy

_SHOWN: Final = (
    "stream=codec_type,codec_name,pix_fmt,width,height,sample_aspect_ratio,start_time,duration,"
    "color_range,color_space,color_transfer,color_primaries,nb_read_packets:stream_tags=alpha_mode:format=duration,size"
)
_PACKETS: Final = ":packet=stream_index,pts_time,flags"
_MOMENT_SLACK_S: Final = 0.002  # times in Matroska are rounded to milliseconds
_DURATION_SLACK_S: Final = 0.25
_DURATION_SLACK: Final = 0.02
_FRAMES_SLACK: Final = 3
_FRAMES_SLACK_SHARE: Final = 0.1  # frames before the first key frame of a cut stream are lost


@dataclass(frozen=True)
class _Kind:
    picture: str
    sound: str
    transparent: bool


_KINDS: Final = {
    ".mp4": _Kind("h264", "aac", transparent=False),
    ".webm": _Kind("vp9", "opus", transparent=True),
}


class VerificationError(Exception):
    """A file differs from its plan; the text says in which points."""


async def verify(
    path: Path,
    plan: Plan,
    frame: Frame,
    *,
    ffprobe: str,
    timeout_s: float,
    timings: list[ToolRun] | None,
    copy: Copy | None = None,
) -> Rendition:
    """Compare a finished file with its plan.

    Parameters
    ----------
    copy
        Its pictures are these, every one of them at its time; ``None`` where it was encoded.

    Raises
    ------
    VerificationError
        Unreadable, other streams than expected, wrong size, colour labels, length or number of
        frames.
    ToolTimeoutError
        ffprobe did not end.
    """
    done = await run(
        (
            *(ffprobe, "-v", "error", *GUARD_FLAGS),
            *("-count_packets", "-show_entries", _SHOWN + (_PACKETS if copy else "")),
            *("-of", "json=c=1", input_url(path)),
        ),
        timeout_s=timeout_s,
        timings=timings,
        files=Files((path,)),
    )
    if done.returncode != 0:
        raise VerificationError(f"{path.name} cannot be read: {done.stderr_tail.strip()}")
    probed: dict[str, Any] = json.loads(done.stdout)
    try:
        differences = list(_differences(probed, plan, frame, _KINDS[path.suffix], copy))
        duration_ms = float(probed["format"]["duration"]) * 1000
        size_bytes = int(probed["format"]["size"])
    except (KeyError, ValueError) as error:
        raise VerificationError(f"{path.name} lacks a property: {error}") from error
    if differences:
        raise VerificationError(f"{path.name}: {'; '.join(differences)}")
    return Rendition(path, frame.width, frame.height, duration_ms, size_bytes)


def _differences(
    probed: dict[str, Any], plan: Plan, frame: Frame, kind: _Kind, copy: Copy | None
) -> Iterator[str]:
    streams: list[dict[str, Any]] = probed["streams"]
    codecs = [stream.get("codec_name") for stream in streams]
    expected = [kind.picture, kind.sound] if plan.has_sound else [kind.picture]
    if codecs != expected:
        yield f"streams {codecs}, expected {expected}"
        return
    video = streams[0]
    if kind.transparent and _tags(video).get("alpha_mode") != "1":
        yield "no transparency"
    # Only a copy may leave the shape of its pixels open.
    shape = video.get("sample_aspect_ratio", "1:1") if copy else video["sample_aspect_ratio"]
    picture = (video["pix_fmt"], shape, video["width"], video["height"])
    expected_picture = ("yuv420p", "1:1", frame.width, frame.height)
    if picture != expected_picture:
        yield f"picture {picture}, expected {expected_picture}"
    colours = {name: video.get(name) for name in colour.TAGS}
    expected_colours = colour.stated(plan.source) if copy else colour.TAGS
    if colours != expected_colours:
        yield f"colours {colours}, expected {expected_colours}"
    end = max(_end_s(stream, probed["format"]) for stream in streams)
    slack = max(_DURATION_SLACK_S, _DURATION_SLACK * plan.length_s)
    if abs(end - plan.length_s) > slack:
        yield f"lasts {end:.3f} s, expected {plan.length_s:.3f}"
    if copy is not None:
        yield from _differences_of_copy(probed["packets"], copy)
        return
    frames, ideal = int(video["nb_read_packets"]), float(plan.fps) * plan.picture_s
    if abs(frames - ideal) > _FRAMES_SLACK + _FRAMES_SLACK_SHARE * ideal:
        yield f"{frames} frames, expected about {ideal:.0f}"


def _differences_of_copy(packets: list[dict[str, Any]], copy: Copy) -> Iterator[str]:
    """Yield what is wrong with the pictures of a copy, the first of its streams."""
    pictures = [packet for packet in packets if packet["stream_index"] == 0]
    if any("D" in packet["flags"] for packet in pictures):
        yield "it holds pictures that are not shown"
    times = [float(packet["pts_time"]) for packet in pictures]
    if len(times) != len(copy.times):
        yield f"{len(times)} pictures, expected {len(copy.times)}"
        return
    off = max(abs(time - at) for time, at in zip(times, copy.times, strict=True))
    if off > _MOMENT_SLACK_S:
        yield f"a picture {off:.3f} s from its time"


def _end_s(stream: dict[str, Any], container: dict[str, Any]) -> float:
    """Return when a stream ends; WebM says it of the whole file only."""
    if "duration" in stream:
        return float(stream["start_time"]) + float(stream["duration"])
    return float(container["duration"])


def _tags(stream: dict[str, Any]) -> dict[str, str]:
    """Return a stream's tags; Matroska's come with capitals."""
    return {name.lower(): value for name, value in stream.get("tags", {}).items()}

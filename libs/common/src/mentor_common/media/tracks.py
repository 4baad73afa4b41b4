"""The picture and the sound of a file that has several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from mentor_common.media.packets import PacketScan, StreamPackets

Stream = dict[str, Any]

_AS_LONG: Final = 0.95  # two tracks of one recording end a few frames apart
_NO_PICTURE: Final = ("attached_pic", "timed_thumbnails", "still_image", "dependent")
_ASIDE: Final = ("comment", "visual_impaired", "karaoke")


def choose_picture(streams: list[Stream], scan: PacketScan) -> Stream | None:
    """Return the video stream to show: the longest, then the default, then the largest.

    Never a cover, thumbnails or a single frame; ``None`` if there is nothing else.
    """
    pictures = [stream for stream in streams if _is_picture(stream, scan)]
    if not pictures:
        return None
    longest = max(_length(scan, stream) for stream in pictures)

    def rank(stream: Stream) -> tuple[bool, bool, int]:
        as_long = _length(scan, stream) >= longest * _AS_LONG
        return as_long, _flag(stream, "default"), stream["width"] * stream["height"]

    return max(pictures, key=rank)


def sound_tracks(streams: list[Stream], scan: PacketScan) -> list[Stream]:
    """Return the audio streams that can be decoded and have packets.

    A browser without a microphone writes an empty track, a phone one in a codec only it knows.
    """
    return [
        stream
        for stream in streams
        if stream.get("codec_type") == "audio"
        and "codec_name" in stream
        and stream.get("channels", 0) > 0
        and stream["index"] in scan.streams
    ]


def choose_sound(candidates: list[Stream], silent: Collection[int]) -> Stream | None:
    """Return the sound to hear: one that is not silent, then the default, then no commentary.

    Parameters
    ----------
    candidates
        What `sounds` returned.
    silent
        Indices of those in which nothing can be heard.
    """

    def rank(stream: Stream) -> tuple[bool, bool, bool]:
        aside = any(_flag(stream, name) for name in _ASIDE)
        return stream["index"] not in silent, _flag(stream, "default"), not aside

    return max(candidates, key=rank, default=None)


def _is_picture(stream: Stream, scan: PacketScan) -> bool:
    return (
        stream.get("codec_type") == "video"
        and "codec_name" in stream
        and not any(_flag(stream, name) for name in _NO_PICTURE)
        and stream.get("width", 0) > 0
        and stream.get("height", 0) > 0
        and stream["index"] in scan.streams
        and scan.streams[stream["index"]].count > 1
    )


def _length(scan: PacketScan, stream: Stream) -> float:
    packets: StreamPackets = scan.streams[stream["index"]]
    return packets.end - packets.first


def _flag(stream: Stream, name: str) -> bool:
    return bool(stream.get("disposition", {}).get(name))

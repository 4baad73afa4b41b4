"""Hostile inputs: files made to read what they should not, or to use up the machine.

``expected.json`` beside this module says how each must end: refused with a code, or DONE, harmless.
Where a file names an address, it is the one that is passed in, so that a listener there can prove
that nobody has asked.
"""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentor_local.corpus.odd import ffmpeg, make_odd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXPECTED: Final[Mapping[str, Mapping[str, str]]] = json.loads(
    (Path(__file__).parent / "expected.json").read_text()
)
_H264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_ELEMENTARY: Final = b"\x1a\x45\xdf\xa3"  # how Matroska begins
_TEN_HOURS: Final = 36_000
_PLAYLIST: Final = ("#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3,")


def _text(*lines: str) -> Callable[[Path, Path, str], None]:
    def write(_folder: Path, path: Path, url: str) -> None:
        path.write_text("".join(f"{line.format(url=url)}\n" for line in lines))

    return write


def _bytes(content: bytes) -> Callable[[Path, Path, str], None]:
    def write(_folder: Path, path: Path, _url: str) -> None:
        path.write_bytes(content)

    return write


def _lavfi(picture: str, *options: str) -> Callable[[Path, Path, str], None]:
    def make(_folder: Path, path: Path, _url: str) -> None:
        ffmpeg("-f", "lavfi", "-i", picture, *options, str(path))

    return make


def _concat_neighbour(folder: Path, path: Path, _url: str) -> None:
    """Name a real video that lies beside the script."""
    neighbour = folder / "neighbour.mp4"
    neighbour.write_bytes(make_odd("plain.mp4", folder / "base").read_bytes())
    path.write_text(f"ffconcat version 1.0\nfile {neighbour.name}\n")


def _external_reference(folder: Path, path: Path, url: str) -> None:
    """Declare that the samples lie elsewhere: a data reference with an address."""
    content = bytearray(make_odd("plain.mp4", folder / "base").read_bytes())
    address = url.encode() + b"\0"
    self_contained = content.index(b"url \x00\x00\x00\x01", content.index(b"dref")) - 4
    entry = struct.pack(">I4sI", 12 + len(address), b"url ", 0) + address
    content[self_contained : self_contained + 12] = entry
    # The index stands last, so only the boxes around the reference grow.
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        at = content.rindex(name, 0, self_contained) - 4
        (size,) = struct.unpack_from(">I", content, at)
        struct.pack_into(">I", content, at, size + len(address))
    path.write_bytes(content)


def _lying_duration(folder: Path, path: Path, _url: str) -> None:
    """Claim ten hours in every header of a clip of three seconds."""
    content = bytearray(make_odd("plain.mp4", folder / "base").read_bytes())
    at = content.index(b"mvhd")
    (scale,) = struct.unpack_from(">I", content, at + 16)
    struct.pack_into(">I", content, at + 20, _TEN_HOURS * scale)
    while (at := content.find(b"mdhd", at + 4)) > 0:
        (scale,) = struct.unpack_from(">I", content, at + 16)
        struct.pack_into(">I", content, at + 20, min(2**32 - 1, _TEN_HOURS * scale))
    path.write_bytes(content)


def _lying_pixel_shape(folder: Path, path: Path, _url: str) -> None:
    plain = str(make_odd("plain.mp4", folder / "base"))
    metadata = "h264_metadata=sample_aspect_ratio=65535/1"
    ffmpeg("-i", plain, "-c", "copy", "-bsf:v", metadata, str(path))


def _timestamp_bomb(_folder: Path, path: Path, _url: str) -> None:
    """Make three frames, ten hours apart: 1 080 000 of them at 30 a second."""
    later = ("-vf", f"setpts=N*{_TEN_HOURS}/TB", "-vsync", "passthrough")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x36:r=1:d=3", *later, *_H264, str(path))


def _late_bomb(folder: Path, path: Path, _url: str) -> None:
    plain = str(make_odd("plain.mp4", folder / "base"))
    late = ("-itsoffset", str(_TEN_HOURS), "-i", plain)
    ffmpeg("-i", plain, *late, "-map", "0:a", "-map", "1:v", "-c", "copy", str(path))


def _growing_picture(folder: Path, path: Path, _url: str) -> None:
    """Begin small, and go on with a picture beyond all limits."""
    listing = folder / "growing.txt"
    lines = []
    for size, rate in (("320x180", "10"), ("8208x4320", "1")):
        part = folder / f"growing-{size}.webm"
        picture = ("-f", "lavfi", "-i", f"color=s={size}:r={rate}:d=1")
        ffmpeg(*picture, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", str(part))
        lines.append(f"file {part.name}\n")
    listing.write_text("".join(lines))
    ffmpeg("-f", "concat", "-i", str(listing), "-c", "copy", "-live", "1", str(path))


def _many_tracks(folder: Path, path: Path, _url: str) -> None:
    plain = str(make_odd("plain.mp4", folder / "base"))
    tracks = [part for _ in range(60) for part in ("-map", "0:a")]
    ffmpeg("-i", plain, "-map", "0:v", *tracks, "-c", "copy", "-f", "matroska", str(path))


def _attachment(folder: Path, path: Path, url: str) -> None:
    """Attach a script, a subtitle with an address and a long tag."""
    plain = str(make_odd("plain.mp4", folder / "base"))
    script, words = folder / "run.sh", folder / "words.srt"
    script.write_text(f"#!/bin/sh\ncurl {url}\n")
    words.write_text(f'1\n00:00:00,500 --> 00:00:02,000\n<img src="{url}">\n')
    inputs = ("-i", plain, "-i", str(words), "-attach", str(script))
    tags = ("-metadata:s:t", "mimetype=application/x-sh", "-metadata", f"title={url * 500}")
    ffmpeg(*inputs, *tags, "-map", "0", "-map", "1", "-c", "copy", "-f", "matroska", str(path))


def _noise_after_header(folder: Path, path: Path, _url: str) -> None:
    content = bytearray(make_odd("faststart.mp4", folder / "base").read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = random.Random(2).randbytes(len(content) - start)  # noqa: S311 -- no secret
    path.write_bytes(content)


_MAKERS: Final[Mapping[str, Callable[[Path, Path, str], None]]] = {
    "playlist-http.mp4": _text(*_PLAYLIST, "{url}segment.ts", "#EXT-X-ENDLIST"),
    "playlist-file.mp4": _text(*_PLAYLIST, "file:///etc/passwd", "#EXT-X-ENDLIST"),
    "playlist-key.mp4": _text(
        *_PLAYLIST[:2], '#EXT-X-KEY:METHOD=AES-128,URI="{url}key"', "#EXTINF:3,", "a.ts"
    ),
    "manifest-dash.mp4": _text(
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">',
        "<Period><AdaptationSet><Representation id='1'><BaseURL>{url}</BaseURL>",
        "</Representation></AdaptationSet></Period></MPD>",
    ),
    "concat-neighbour.mp4": _concat_neighbour,
    "concat-absolute.mp4": _text("ffconcat version 1.0", "file /etc/passwd"),
    "concat-http.mp4": _text("ffconcat version 1.0", "file {url}video.mp4"),
    "session.mp4": _text("v=0", "c=IN IP4 127.0.0.1", "t=0 0", "m=video 5004 RTP/AVP 96"),
    "captions.mp4": _text("WEBVTT", "", "00:00.000 --> 00:03.000", "{url}"),
    "redirect.mp4": _text("[InternetShortcut]", "URL={url}"),
    "playlist.webm": _text(*_PLAYLIST, "{url}segment.webm", "#EXT-X-ENDLIST"),
    "page.mp4": _text("<html><body><video src='{url}'></video></body></html>"),
    "one-byte.mp4": _bytes(b"\0"),
    "zeros.mp4": _bytes(bytes(100_000)),
    "noise.mp4": _bytes(random.Random(3).randbytes(100_000)),  # noqa: S311 -- no secret
    "only-a-signature.webm": _bytes(_ELEMENTARY + bytes(100_000)),
    "picture.mp4": _lavfi("testsrc2=s=320x180:d=1", "-frames:v", "1", "-f", "image2", "-c", "png"),
    "avi.mp4": _lavfi("testsrc2=s=320x180:d=2", "-c:v", "mpeg4", "-f", "avi"),
    "external-reference.mp4": _external_reference,
    "timestamp-bomb.mp4": _timestamp_bomb,
    "late-bomb.mp4": _late_bomb,
    "pixel-bomb.mp4": _lavfi("color=s=8192x4336:r=4:d=1.5", *_H264),
    "growing-picture.webm": _growing_picture,
    "rate-bomb.mp4": _lavfi("testsrc2=s=64x36:r=1000:d=3", *_H264),
    "lying-duration.mp4": _lying_duration,
    "lying-pixel-shape.mp4": _lying_pixel_shape,
    "many-tracks.webm": _many_tracks,
    "attachment.webm": _attachment,
    "noise-after-header.mp4": _noise_after_header,
}

HOSTILE: Final = tuple(_MAKERS)
"""Names of all hostile inputs."""


def make_hostile(name: str, folder: Path, url: str) -> Path:
    """Return the hostile input of that name in ``folder``, made on first use.

    Parameters
    ----------
    name
        One of `HOSTILE`.
    url
        The address that those with an address name; ends with a slash.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _MAKERS[name](folder, path, url)
    return path

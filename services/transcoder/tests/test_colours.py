"""Colours come out as they were recorded, whatever the source's matrix, range and primaries are.

Stripes of known colours are stored in every way that cameras, browsers and editors store them;
the outputs are turned back into RGB by their own labels, as a browser does it.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import pytest

from mentor_transcoder.job import Encoded, EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Encode = Callable[[Path, EncodeJob], Any]
    Colours = Sequence[tuple[int, ...]]
    Probe = Callable[[Path], list[dict[str, Any]]]

STRIPES: Final = (
    (128, 128, 128),
    (217, 28, 28),
    (28, 190, 40),
    (40, 60, 200),
    (191, 191, 20),
    (20, 191, 191),
    (191, 20, 191),
    (200, 150, 120),
)
# The mobile rendition shows the middle three quarters.
TRUTHS: Final = (STRIPES, STRIPES[1:7], STRIPES)
TOLERANCE: Final = 4
JOB: Final = EncodeJob(profile=Profile.FAST, thumbnail=True)

LOSSLESS: Final = "-c:v libx264 -preset ultrafast -qp 0"
VP9: Final = "-c:v libvpx-vp9 -lossless 1 -deadline realtime -cpu-used 8 -threads 1"
SD: Final = "scale=out_color_matrix=bt601:out_range=tv:flags=accurate_rnd"
HD: Final = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd"
LABEL_709: Final = "-color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709"
LABEL_525: Final = "-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m"
LABEL_625: Final = "-colorspace bt470bg -color_primaries bt470bg -color_trc smpte170m"
# zscale alone converts primaries.
WIDE: Final = "format=gbrp,zscale=tin=bt709:pin=bt709:m=bt2020nc:p=bt2020:t=bt2020-10:r=tv"
BT709: Final = {
    "color_range": "tv",
    "color_space": "bt709",
    "color_transfer": "bt709",
    "color_primaries": "bt709",
}
P3: Final = "format=gbrp,zscale=tin=iec61966-2-1:pin=bt709:p=smpte432:t=iec61966-2-1"
LABEL_2020: Final = "-colorspace bt2020nc -color_primaries bt2020 -color_trc bt2020-10"

# Name of the file: the filters that store the stripes, the encoder and its labels.
SOURCES: Final[dict[str, tuple[str, str]]] = {
    "bt709.mp4": (f"{HD},format=yuv420p", f"{LOSSLESS} {LABEL_709}"),
    "bt709-unlabelled-720p.mp4": (
        f"scale=1280:720:flags=neighbor,{HD},format=yuv420p",
        "-c:v libx264 -preset ultrafast -qp 1",
    ),
    "rgb-h264.mp4": ("format=gbrp", "-c:v libx264rgb -preset ultrafast -qp 0"),
    "rgb-png.mov": ("format=rgb24", "-c:v png"),
    "rgb-animation.mov": ("format=argb", "-c:v qtrle"),
    "rgb-vp9.webm": ("format=gbrp", VP9),
    "bt709-prores-4444.mov": (
        f"{HD},format=yuva444p10le,setparams=colorspace=bt709",
        "-c:v prores_ks",
    ),
    "bt601-525.mp4": (f"{SD},format=yuv420p", f"{LOSSLESS} -color_range tv {LABEL_525}"),
    "bt601-625.mp4": (f"{SD},format=yuv420p", f"{LOSSLESS} -color_range tv {LABEL_625}"),
    "bt601-unlabelled.mp4": (f"{SD},format=yuv420p", LOSSLESS),
    "bt601-unlabelled-vp8.webm": (f"{SD},format=yuv420p", "-c:v libvpx -threads 1 -crf 4 -b:v 8M"),
    "bt601-matrix-alone-vp9.webm": (f"{SD},format=yuv420p", f"{VP9} -colorspace smpte170m"),
    "full-range-webcam.mov": (
        "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p",
        "-c:v mjpeg -q:v 1",
    ),
    "full-range-bt601.mp4": (
        "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p",
        f"{LOSSLESS} {LABEL_525}",
    ),
    "full-range-bt709.mp4": (
        "scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p",
        f"{LOSSLESS} {LABEL_709.replace('-color_range tv', '-color_range pc')}",
    ),
    "bt2020-10-bit.mp4": (f"{WIDE},format=yuv420p10le", f"{LOSSLESS} {LABEL_2020}"),
    "bt2020-matrix-alone-vp9.webm": (
        f"{WIDE},format=yuv420p10le",
        f"{VP9} -profile:v 2 -colorspace bt2020nc",
    ),
    "p3-rgb.mov": (P3, "-c:v libx264rgb -preset ultrafast -qp 0 -color_primaries smpte432"),
    "ycgco.mp4": (
        "format=gbrp,zscale=m=ycgco:r=tv,format=yuv444p",
        f"{LOSSLESS} -colorspace ycgco",
    ),
}


def ffmpeg(*arguments: str, stdin: bytes = b"") -> bytes:
    command = ["ffmpeg", "-v", "error", "-y", *arguments]
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout


def striped(path: Path, filters: str, encoder: str) -> Path:
    """Write a second of the stripes, 320 x 176."""
    pixels = b"".join(bytes(colour) * 320 * 22 for colour in STRIPES)
    raw = "-f rawvideo -pix_fmt rgb24 -video_size 320x176 -framerate 5 -i pipe:0"
    ffmpeg(*raw.split(), "-vf", filters, *encoder.split(), str(path), stdin=pixels * 6)
    return path


def difference(seen: Colours, truth: Colours) -> int:
    """Return by how much the worst channel of the worst colour is off, of 255."""
    pairs = zip(chain(*seen), chain(*truth), strict=True)
    return max(abs(one - other) for one, other in pairs)


def shown(encoded: Encoded) -> list[Colours]:
    """Return each stripe's colour in web rendition, mobile rendition and thumbnail."""
    assert isinstance(encoded.web, Rendition)
    assert isinstance(encoded.mobile, Rendition)
    # A JPEG carries no labels: it is BT.601 in full range.
    labels = ("bt709:range=tv", "bt709:range=tv", "bt470bg:range=pc")
    exact = "neighbor+accurate_rnd+full_chroma_int+full_chroma_inp"
    chains = [
        f"[{n}]setparams=colorspace={label},scale=2:{rows}:flags={exact},format=rgb24,pad=2:800[p{n}]"
        for n, (label, rows) in enumerate(zip(labels, (800, 600, 800), strict=True))
    ]
    files = (encoded.web.path, encoded.mobile.path, encoded.thumbnail)
    inputs = [part for path in files for part in ("-i", str(path))]
    graph = ";".join([*chains, "[p0][p1][p2]hstack=3"])
    raw = ffmpeg(*inputs, "-filter_complex", graph, "-frames:v", "1", "-f", "rawvideo", "-")
    rows = [raw[at * 18 : at * 18 + 18] for at in range(50, 800, 100)]
    whole = [[tuple(row[at : at + 3]) for row in rows] for at in (0, 6, 12)]
    return [whole[0], whole[1][:6], whole[2]]


@pytest.mark.parametrize("name", SOURCES)
def test_each_colour_comes_out_true(name: str, tmp_path: Path, encode: Encode) -> None:
    encoded = encode(striped(tmp_path / name, *SOURCES[name]), JOB).encoded
    for seen, truth in zip(shown(encoded), TRUTHS, strict=True):
        assert difference(seen, truth) <= TOLERANCE, (seen, truth)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_colours_beside_transparency_come_out_true_and_labelled(
    codec: str, tmp_path: Path, encode: Encode, probe: Probe
) -> None:
    encoder = f"-c:v {codec} -auto-alt-ref 0 -deadline realtime -cpu-used 8 -crf 4 -b:v 8M"
    clip = striped(tmp_path / "clear.webm", f"{SD},format=yuva420p", encoder)
    encoded = encode(clip, JOB).encoded
    for rendition in (encoded.web, encoded.mobile):
        assert isinstance(rendition, Rendition)
        assert rendition.transparent is not None
        for path in (rendition.path, rendition.transparent):
            (video,) = probe(path)
            assert {key: video.get(key) for key in BT709} == BT709
    twins = replace(
        encoded,
        web=replace(encoded.web, path=encoded.web.transparent),
        mobile=replace(encoded.mobile, path=encoded.mobile.transparent),
    )
    for outputs in (encoded, twins):
        for seen, truth in zip(shown(outputs), TRUTHS, strict=True):
            assert difference(seen, truth) <= TOLERANCE, (seen, truth)

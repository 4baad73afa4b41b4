"""Odd inputs: what browsers, phones and editors really upload.

Each is made from the first 1.6 seconds of our own clip, 320 x 180 at 30 frames a second, with a
white flash and a beep at 0.4 and at 1.0 seconds, so that a result tells whether picture and sound
still belong together. All carry a place of filming, which must not come out again.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN_CLIP: Final = Path(__file__).parents[3] / "sample" / "answer.mp4"
PLACE: Final = "+48.1173+011.5166/"
_BASE: Final = "base.mkv"
_FLASH: Final = "drawbox=color=white:t=fill:enable='between(t,0.39,0.49)+between(t,0.99,1.09)'"
_BEEPS: Final = "between(t\\,0.4\\,0.5)+between(t\\,1\\,1.1)"
_BEEP: Final = f"aevalsrc=0.5*sin(6283.2*t)*({_BEEPS}):s=48000:d=1.6"
_H264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p")
_AAC: Final = ("-c:a", "aac", "-ac", "2")
_OPUS: Final = ("-c:a", "libopus", "-ac", "2")
_REALTIME: Final = ("-deadline", "realtime", "-cpu-used", "8", "-threads", "1", "-b:v", "3M")
_VP8: Final = ("-c:v", "libvpx", *_REALTIME)
_VP9: Final = ("-c:v", "libvpx-vp9", *_REALTIME)
_MP4: Final = (*_H264, *_AAC)
# The left half is transparent. Alternate reference frames cannot carry that.
_ALPHA: Final = (
    "-vf",
    (
        "split[c][m];[m]lutyuv=y=255:u=128:v=128,drawbox=w=iw/2:h=ih:color=black:t=fill,"
        "format=gray[a];[c][a]alphamerge,format=yuva420p"
    ),
    *("-auto-alt-ref", "0", "-metadata:s:v", "alpha_mode=1"),
)
_LATER: Final = "PTS+gte(T\\,0.7)*0.8/TB"
_FRAGMENTS: Final = "frag_keyframe+empty_moov+default_base_moof"


def _hdr(transfer: str) -> tuple[str, ...]:
    """Return the options that make the clip high dynamic range, its pixels and its labels."""
    linear = "zscale=tin=bt709:min=bt709:pin=bt709:rin=tv:t=linear,format=gbrpf32le"
    wide = f"zscale=p=bt2020:t={transfer}:m=bt2020nc:r=tv:npl=203,format=yuv420p10le"
    labels = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", transfer)
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8")
    return ("-vf", f"{linear},{wide}", *encoder, *labels, "-color_range", "tv", *_AAC)


_FROM_BASE: Final[Mapping[str, tuple[str, ...]]] = {
    "plain.mp4": _MP4,
    "faststart.mp4": (*_MP4, "-movflags", "+faststart"),
    "mediarecorder.webm": (*_VP8, *_OPUS, "-live", "1"),
    "mediarecorder-vp9.webm": (*_VP9, *_OPUS, "-live", "1"),
    "duration.webm": (*_VP8, *_OPUS),
    "matroska-labelled.mp4": (*_H264, *_OPUS, "-f", "matroska"),
    "webm-labelled.mp4": (*_VP8, *_OPUS, "-f", "webm"),
    "alpha-vp8.webm": (*_ALPHA, *_VP8, *_OPUS),
    "alpha-vp9.webm": (*_ALPHA, *_VP9, *_OPUS),
    "alpha-vp9-live.webm": (*_ALPHA, *_VP9, *_OPUS, "-live", "1"),
    "non-square-pixels.mp4": ("-vf", "scale=240:180,setsar=4/3", *_MP4),
    "portrait.mp4": ("-vf", "transpose=1", *_MP4),
    "four-to-three.mp4": ("-vf", "crop=240:180", *_MP4),
    "odd-size.mp4": ("-vf", "scale=321:181", *_MP4, "-pix_fmt", "yuv444p"),
    "tiny.mp4": ("-vf", "scale=64:36", *_MP4),
    # Few frames and coarse ones, for each takes a while.
    "uhd.mp4": (
        *("-vf", "fps=5,scale=3840:2160:flags=fast_bilinear", "-t", "1.2"),
        *(*_MP4, "-crf", "30"),
    ),
    "variable-rate.mp4": ("-vf", "select='not(between(mod(n,6),3,4))'", "-vsync", "vfr", *_MP4),
    "15-fps.mp4": ("-vf", "fps=15", *_MP4),
    "60-fps.mp4": ("-vf", "fps=60", *_MP4),
    "ntsc.mp4": ("-vf", "fps=30000/1001", *_MP4),
    # From 0.7 s on everything comes 0.8 s later, as when a browser's tab was asleep.
    "gap.webm": (
        *("-vf", f"setpts={_LATER}", "-vsync", "vfr", "-af", f"asetpts={_LATER}"),
        *(*_VP8, *_OPUS),
    ),
    "late-sound.mp4": ("-af", "atrim=start=0.2", *_MP4),
    "surround.mp4": (*_H264, "-c:a", "aac", "-ac", "6"),
    "no-sound.mp4": (*_H264, "-an"),
    "pcm.mov": (*_H264, "-c:a", "pcm_s16le"),
    "hevc.mp4": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0", *_AAC),
    "444.mp4": (*_MP4, "-pix_fmt", "yuv444p"),
    "10-bit.mp4": (*_MP4, "-pix_fmt", "yuv420p10le"),
    "hdr-pq.mp4": _hdr("smpte2084"),
    "hdr-hlg.mp4": _hdr("arib-std-b67"),
    "fragmented.mp4": (*_MP4, "-g", "15", "-movflags", _FRAGMENTS),
    "sound-only.mp4": ("-vn", *_AAC),
    "sound-only.webm": ("-vn", *_OPUS),
}


def _turned(folder: Path, path: Path, degrees: int) -> None:
    upright = str(make_odd("plain.mp4", folder))
    ffmpeg("-i", upright, "-c", "copy", "-metadata:s:v", f"rotate={degrees}", str(path))


def _cover(folder: Path, path: Path) -> None:
    """Put a square picture beside the video, as music players' files have it."""
    picture = folder / "cover.jpg"
    square = ("-f", "lavfi", "-i", "color=red:s=500x500:d=1:r=1", "-frames:v", "1")
    ffmpeg(*square, str(picture))
    inputs = ("-i", str(picture), "-i", str(make_odd("plain.mp4", folder)))
    maps = ("-map", "1", "-map", "0", "-c", "copy", "-disposition:v:1", "attached_pic")
    ffmpeg(*inputs, *maps, str(path))


def _resized(folder: Path, path: Path) -> None:
    """Change the picture's size at 0.8 s, as a browser does when its connection gets worse."""
    parts = []
    for number, (size, start) in enumerate((("320:180", 0.0), ("160:90", 0.8))):
        part = folder / f"part-{number}.webm"
        span = ("-ss", str(start), "-t", "0.8", "-i", str(make_odd(_BASE, folder)))
        ffmpeg(*span, "-vf", f"scale={size}", *_VP8, *_OPUS, str(part))
        parts.append(f"file {part.name}\n")
    listing = folder / "parts.txt"
    listing.write_text("".join(parts))
    ffmpeg("-f", "concat", "-i", str(listing), "-c", "copy", str(path))


def _beginning(of: str, share: float) -> Callable[[Path, Path], None]:
    def cut(folder: Path, path: Path) -> None:
        content = make_odd(of, folder).read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return cut


def _noisy_sound(folder: Path, path: Path) -> None:
    """Fill the sound's packets with noise: its decoder opens, and understands nothing."""
    plain = make_odd("plain.mp4", folder)
    shown = ("-select_streams", "a", "-show_entries", "packet=pos,size", "-of", "csv=p=0")
    scan = subprocess.run(
        ("ffprobe", "-v", "error", *shown, str(plain)), check=True, capture_output=True, text=True
    )
    content, noise = bytearray(plain.read_bytes()), random.Random(1)  # noqa: S311 -- no secret
    for line in scan.stdout.split():
        size, start = map(int, line.split(",")[:2])
        content[start : start + size] = noise.randbytes(size)
    path.write_bytes(content)


def _unopenable_sound(folder: Path, path: Path) -> None:
    """Spoil the AAC decoder's settings, so that it cannot even be opened."""
    content = bytearray(make_odd("plain.mp4", folder).read_bytes())
    tag = content.index(b"\x05\x80\x80\x80", content.index(b"esds"))
    length = content[tag + 4]
    content[tag + 5 : tag + 5 + length] = b"\xff" * length
    path.write_bytes(content)


_DERIVED: Final[Mapping[str, Callable[[Path, Path], None]]] = {
    "rotated-90.mp4": lambda folder, path: _turned(folder, path, 90),
    "rotated-270.mp4": lambda folder, path: _turned(folder, path, 270),
    "cover.mp4": _cover,
    "resized.webm": _resized,
    "noisy-sound.mp4": _noisy_sound,
    "unopenable-sound.mp4": _unopenable_sound,
    "truncated-no-index.mp4": _beginning("plain.mp4", 0.7),
    "truncated-faststart.mp4": _beginning("faststart.mp4", 0.7),
    "truncated.webm": _beginning("duration.webm", 0.6),
    "truncated-mediarecorder.webm": _beginning("mediarecorder.webm", 0.8),
}

ODD: Final = (*_FROM_BASE, *_DERIVED)
"""Names of all odd inputs."""


def make_odd(name: str, folder: Path) -> Path:
    """Return the odd input of that name in ``folder``, made on first use.

    Raises
    ------
    KeyError
        There is none of that name.
    """
    path = folder / name
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"partial-{name}"
    if name in _DERIVED:
        _DERIVED[name](folder, partial)
    elif name == _BASE:
        _make_base(partial)
    else:
        place = ("-metadata", f"location={PLACE}", "-metadata", f"comment=filmed at {PLACE}")
        ffmpeg("-i", str(make_odd(_BASE, folder)), *_FROM_BASE[name], *place, str(partial))
    return partial.rename(path)


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg, quietly."""
    subprocess.run(("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments), check=True)


def _make_base(path: Path) -> None:
    shrink = "scale=320:180:out_color_matrix=bt709:out_range=tv"
    inputs = ("-t", "2", "-i", str(OWN_CLIP), "-f", "lavfi", "-i", _BEEP)
    filters = ("-vf", f"{shrink},{_FLASH},trim=end_frame=48,format=yuv420p")
    lossless = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-c:a", "pcm_s16le")
    colours = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", *filters, *lossless, *colours, str(path))

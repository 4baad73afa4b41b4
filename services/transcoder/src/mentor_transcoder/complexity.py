"""A cheap look at how many bits a picture takes, and the encoder's setting that follows from it.

One setting is good enough for every title, and cheap; only what does not fit into the cap of the
bit rate with it needs a better encoder. The figures and how they were measured:
docs/performance.md, Encoding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from mentor_common.media import (
    GUARD_FLAGS,
    Bounds,
    Files,
    ToolRun,
    ToolTimeoutError,
    input_url,
    run,
)
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from mentor_transcoder.plan import Plan

_log = get_logger(__name__)

_SHORTEST_S: Final = 2.0  # of less a look would cost about what it saves
_S_A_PIECE: Final = 20.0
_MOST_PIECES: Final = 3
_FRAMES: Final = 6  # of each piece
_TIMEOUT_S: Final = 20.0
_BOUNDS: Final = Bounds(memory_bytes=1 << 30, cpu_s=20)
_PACKET_BYTES: Final = re.compile(r"^0(?:, *-?\d+){3}, *(\d+),", re.MULTILINE)
WEB_CAP: Final = 6_000_000
"""Largest bit rate of the web rendition, bits a second."""


@dataclass(frozen=True)
class Quality:
    """How x264 encodes.

    Parameters
    ----------
    preset, crf
        Its preset and constant rate factor.
    x264
        What x264 does otherwise than the preset says, as ffmpeg's `-x264-params` has it.
    """

    preset: str
    crf: int
    x264: str = ""

    def options(self, index: int) -> list[str]:
        """Return ffmpeg's options of the output's video stream of this number."""
        options = [f"-preset:v:{index}", self.preset, f"-crf:v:{index}", str(self.crf)]
        if self.x264:
            options += [f"-x264-params:v:{index}", self.x264]
        return options


# ``superfast`` does not look ahead by itself: what stands still then takes half as many bits again.
_CHEAP: Final = Quality("superfast", 17, "mbtree=1:rc-lookahead=10")
# At the cap of the bit rate it makes more of the same bits.
_THOROUGH: Final = Quality("faster", 20)


def web_quality(bit_rate: float | None) -> Quality:
    """Return the cheapest setting of the web rendition that has VMAF 95, and 90 at its worst.

    Parameters
    ----------
    bit_rate
        Bits a second that the cheap setting would take; ``None`` where it is not known.
    """
    return _THOROUGH if bit_rate is None or bit_rate > WEB_CAP else _CHEAP


async def look(plan: Plan, *, ffmpeg: str, timings: list[ToolRun]) -> float | None:
    """Encode six frames a piece of the span, from the key frame before it; return the bit rate.

    Bits a second. ``None`` for a span under two seconds, and whenever it does not succeed: the
    encode that follows says what is wrong with a file.
    """
    if plan.span.length < _SHORTEST_S:
        return None
    try:
        done = await run(
            build_look(ffmpeg, plan),
            timeout_s=_TIMEOUT_S,
            timings=timings,
            bounds=_BOUNDS,
            files=Files((plan.path,)),
            name="look",
        )
    except (ToolTimeoutError, OSError) as error:
        _log.warning("no look at the picture", why=str(error))
        return None
    printed = done.stdout.decode(errors="replace") if done.returncode == 0 else ""
    bit_rate = parse_look(printed, plan.fps)
    if bit_rate is None:
        _log.warning("no look at the picture", returncode=done.returncode, why=done.stderr_tail)
    return bit_rate


def build_look(ffmpeg: str, plan: Plan) -> Sequence[str]:
    """Return the command that prints the packets of up to three pieces, for `parse_look`."""
    span = plan.span
    pieces = min(_MOST_PIECES, max(1, int(span.length / _S_A_PIECE)))
    middles = [span.start + span.length * (2 * n + 1) / (2 * pieces) for n in range(pieces)]
    argv = [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error"]
    for at in middles:
        argv += [*GUARD_FLAGS, "-threads", "1", "-noaccurate_seek", "-ss", f"{at:.3f}"]
        argv += ["-i", input_url(plan.path)]
    # Up to the moment sought nothing is thrown away, so its frames are counted from 0 again.
    cut = f"setpts=PTS-STARTPTS,fps={plan.fps},trim=end_frame={_FRAMES}"
    shown = f"{plan.frames['web'].filters},format=yuv420p"
    chains = [f"[{n}:{plan.source.video_index}]{cut},{shown}[p{n}]" for n in range(pieces)]
    joined = "".join(f"[p{n}]" for n in range(pieces))
    graph = ";".join([*chains, f"{joined}concat=n={pieces}[pieces]"])
    argv += ["-filter_complex_threads", "1", "-filter_complex", graph, "-map", "[pieces]"]
    argv += ["-c:v", "libx264", "-threads", "1", *_CHEAP.options(0)]
    # A key frame at the beginning of each piece, and none within.
    return [*argv, "-g", str(_FRAMES), "-sc_threshold", "0", "-f", "framecrc", "-"]


def parse_look(text: str, fps: Fraction) -> float | None:
    """Return the bits a second of what `build_look`'s command has printed; ``None`` without any.

    The key frame of each piece does not count: a rendition has few.
    """
    sizes = [int(found[1]) for found in _PACKET_BYTES.finditer(text)]
    others = [size for number, size in enumerate(sizes) if number % _FRAMES]
    return 8 * fmean(others) * float(fps) if others else None

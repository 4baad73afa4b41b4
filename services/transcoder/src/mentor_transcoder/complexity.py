"""A cheap look at how much a picture moves, and the encoder's setting that it takes.

Quality at one setting differs by title, and so does what a cheaper preset loses. The figures and
how they were measured: docs/performance.md, Encoding.
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

    from mentor_transcoder.plan import Plan

_log = get_logger(__name__)

_SHORTEST_S: Final = 5.0  # of less a look would cost more than it saves
_S_A_PIECE: Final = 20.0
_MOST_PIECES: Final = 3
_FRAMES: Final = 10  # of each piece
_TIMEOUT_S: Final = 20.0
_BOUNDS: Final = Bounds(memory_bytes=1 << 30, cpu_s=20)
_FRAME: Final = re.compile(r"^frame:", re.MULTILINE)
_DIFFERENCE: Final = re.compile(r"lavfi\.signalstats\.YDIF=([\d.]+)")
_MOTION: Final = re.compile(r"lavfi\.vmafmotion\.score=([\d.]+)")

_MOVING: Final = 1.3
_NOISY: Final = 0.5
_SHAKING: Final = 1.1  # from here on fine detail that moves counts as noise too
_NOISY_WHEN_SHAKING: Final = 1.2


@dataclass(frozen=True)
class Quality:
    """A preset of x264, and its constant rate factor."""

    preset: str
    crf: int


@dataclass(frozen=True)
class Complexity:
    """How a picture of 320 x 180 changes from one frame to the next, levels of 255, mean.

    Parameters
    ----------
    motion
        Of the blurred picture (ffmpeg's ``vmafmotion``).
    noise
        What the picture itself changes more than that.
    """

    motion: float
    noise: float


def web_quality(complexity: Complexity | None) -> Quality:
    """Return the cheapest setting of the web rendition that has VMAF 95, and 90 at its worst.

    Parameters
    ----------
    complexity
        ``None`` where it is not known.
    """
    if complexity is None:
        return Quality("faster", 20)
    noisy = _NOISY_WHEN_SHAKING if complexity.motion >= _SHAKING else _NOISY
    if complexity.noise >= noisy:
        # It reaches the cap of the bit rate, where the better preset makes more of the same bits.
        return Quality("faster", 20)
    # What moves gains little by the look ahead that ``superfast`` goes without.
    moving = complexity.motion >= _MOVING
    return Quality("superfast", 20) if moving else Quality("veryfast", 17)


async def look(plan: Plan, *, ffmpeg: str, timings: list[ToolRun]) -> Complexity | None:
    """Decode ten frames a piece of the span, from the key frame before it, and measure them.

    ``None`` for a span under five seconds, and whenever it does not succeed: the encode that
    follows says what is wrong with a file.
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
    complexity = parse_look(done.stdout.decode(errors="replace")) if done.returncode == 0 else None
    if complexity is None:
        _log.warning("no look at the picture", returncode=done.returncode, why=done.stderr_tail)
    return complexity


def build_look(ffmpeg: str, plan: Plan) -> Sequence[str]:
    """Return the command that prints the figures of up to three pieces, for `parse_look`."""
    span = plan.span
    pieces = min(_MOST_PIECES, max(1, int(span.length / _S_A_PIECE)))
    middles = [span.start + span.length * (2 * n + 1) / (2 * pieces) for n in range(pieces)]
    argv = [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error"]
    for at in middles:
        argv += [*GUARD_FLAGS, "-threads", "1", "-noaccurate_seek", "-ss", f"{at:.3f}"]
        argv += ["-i", input_url(plan.path)]
    # Up to the moment sought nothing is thrown away, so its frames are counted from 0 again.
    cut = f"setpts=PTS-STARTPTS,fps={plan.fps},trim=end_frame={_FRAMES}"
    small = "scale=320:180:flags=area,setsar=1,format=yuv420p"
    chains = [f"[{n}:{plan.source.video_index}]{cut},{small}[p{n}]" for n in range(pieces)]
    joined = "".join(f"[p{n}]" for n in range(pieces))
    measured = f"concat=n={pieces},signalstats,vmafmotion,metadata=print:file=-[measured]"
    graph = ";".join([*chains, f"{joined}{measured}"])
    argv += ["-filter_complex_threads", "1", "-filter_complex", graph]
    return [*argv, "-map", "[measured]", "-f", "null", "-"]


def parse_look(text: str) -> Complexity | None:
    """Return the figures of what `build_look`'s command has printed; ``None`` without any.

    The first frame of a piece has none before it to differ from.
    """
    frames = [each for number, each in enumerate(_FRAME.split(text)[1:]) if number % _FRAMES]
    found = [(_MOTION.search(each), _DIFFERENCE.search(each)) for each in frames]
    pairs = [(float(one[1]), float(other[1])) for one, other in found if one and other]
    if not pairs:
        return None
    motion = fmean(one for one, _ in pairs)
    return Complexity(motion, fmean(other for _, other in pairs) - motion)

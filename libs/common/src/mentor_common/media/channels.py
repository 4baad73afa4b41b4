"""Channels of a sound that must not be mixed, or stand silent, and the one to take in their place.

Mixing to mono adds the channels up: two in opposite phase cancel, beside a silent one the sound
loses half its level, and the noise of an open input is mixed into the speech.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from mentor_common.confinement import Files
from mentor_common.media.guard import GUARD_FLAGS, input_url
from mentor_common.media.process import ToolRun, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mentor_common.media.source import Source
    from mentor_common.media.span import Span

SILENT_DB: Final = -50.0
"""Level below which a window counts as silent, dB of full scale (RMS)."""
CROSSTALK_DB: Final = 40.0
"""A channel that is always so much quieter than the other has nothing of its own."""
CANCELLED_DB: Final = 8.0
"""The mix of a window is so much quieter than its louder channel only in opposite phase.

Channels that have nothing in common lose 3 dB, one beside a silent one 6 dB.
"""
CANCELLED_SHARE: Final = 0.1
"""Share of the sounding windows from which on a cancelled mix is not used."""
FOLDED_DB: Final = 20.0
"""A fold-down is so much quieter than the loudest channel only where channels cancel.

The smallest share that ffmpeg's fold-down gives a channel is -13 dB, a side channel's in 7.1.
"""
STEADY_DB: Final = 4.0
"""Between the quietest and the loudest windows of a constant noise."""
LIVELY_DB: Final = 8.0
"""Between those of speech, at least."""

_CLICKS: Final = 0.005  # share of the windows in which a channel may sound and yet be dead
_FADES: Final = 0.05  # and in which a constant noise may be quieter, as at its beginning
_CLEARLY: Final = 1.25  # 1 dB; coding alone makes equal channels differ a little
_FEWEST_WINDOWS: Final = 10  # two seconds: fewer cannot separate noise from a vowel
_WINDOW_SAMPLES: Final = 3200  # at 16 kHz: 0.2 s, the length of a syllable
# Without what no speech has: an offset, hum, rumble, a surround sound's bass channel.
_SPEECH_BAND: Final = "aresample=16000,highpass=f=150"
_STEREO: Final = "aformat=channel_layouts=stereo"
_STEREO_AND_MIX: Final = "pan=3c|c0=c0|c1=c1|c2=0.5*c0+0.5*c1"
_LEVELS: Final = (
    f"asetnsamples=n={_WINDOW_SAMPLES}:p=0,"
    "astats=metadata=1:reset=1:measure_perchannel=RMS_level:measure_overall=none,"
    "ametadata=mode=print:file=-"
)


@dataclass(frozen=True)
class Levels:
    """RMS levels of a window of 0.2 s, dB of full scale, ``-inf`` for digital silence.

    Parameters
    ----------
    left, right
        Of the sound as two channels: its own, or ffmpeg's fold-down of more.
    mix
        Of half the sum of both.
    """

    left: float
    right: float
    mix: float

    @property
    def louder(self) -> float:
        """The level of the louder channel."""
        return max(self.left, self.right)


@dataclass(frozen=True)
class Channel:
    """One channel that stands for all.

    Parameters
    ----------
    index
        Which, from 0.
    folded
        Whether it is one of the two of a fold-down to stereo; else one of the source's own.
    """

    index: int
    folded: bool = True

    def filters(self, layout: Literal["mono", "stereo"]) -> str:
        """Return ffmpeg's filters that put the channel into the one or into both of a layout."""
        outputs = ("c0",) if layout == "mono" else ("c0", "c1")
        pan = "|".join((f"pan={layout}", *(f"{output}=c{self.index}" for output in outputs)))
        return f"{_STEREO},{pan}" if self.folded else pan


def choose_channel(windows: Sequence[Levels]) -> Channel | None:
    """Return the channel to take instead of both, ``None`` where both are good together.

    In this order: where one channel is silent throughout, the other; where one has nothing but a
    constant noise while the other changes as speech does, the other; where the mix of a tenth of
    the windows is far quieter than its parts, the louder one. Channels that take turns, as two
    speakers with a microphone each do, are both kept.
    """
    sounding = [window for window in windows if window.louder > SILENT_DB]
    if not sounding:
        return None
    left = [window.left for window in sounding]
    right = [window.right for window in sounding]
    for index, (levels, others) in enumerate(((left, right), (right, left))):
        if _is_dead(others, levels) or _is_noise(others, levels):
            return Channel(index)
    cancelled = sum(window.louder - window.mix >= CANCELLED_DB for window in sounding)
    if cancelled < CANCELLED_SHARE * len(sounding):
        return None
    return Channel(1 if _energy(right) > _CLEARLY * _energy(left) else 0)


async def pick_channel(
    path: Path,
    source: Source,
    span: Span,
    *,
    ffmpeg: str = "ffmpeg",
    timeout_s: float = 300.0,
    timings: list[ToolRun] | None = None,
) -> Channel | None:
    """Measure the sound of a span and choose a channel, see `choose_channel`.

    It costs one decoding of the sound: about 1 % of its length on one core; none where there is
    but one channel. A second one follows where more than two are mostly silent as stereo, see
    `choose_uncancelled`.

    Parameters
    ----------
    timeout_s
        Wall seconds that each run may take.
    timings
        Receives an entry for each run of ffmpeg.

    Returns
    -------
    Channel or None
        ``None`` to mix as usual; also without sound, from one channel, or where it cannot be
        decoded.

    Raises
    ------
    ToolTimeoutError
        ffmpeg did not end.
    """
    if source.audio_index is None or source.audio_channels == 1:
        return None

    async def measure(filters: str) -> list[list[float]]:
        lines = _Lines()
        argv = (
            *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", *GUARD_FLAGS),
            *("-ss", f"{span.start:.6f}", "-i", input_url(path)),
            *("-map", f"0:{source.audio_index}", "-af", filters),
            *("-t", f"{span.length:.6f}", "-f", "null", "-"),
        )
        files = Files((path,))
        await run(argv, timeout_s=timeout_s, timings=timings, files=files, on_line=lines.line)
        return lines.windows[1:]  # The first one holds the high-pass filter's own start.

    stereo = await measure(f"{_SPEECH_BAND},{_STEREO},{_STEREO_AND_MIX},{_LEVELS}")
    windows = [Levels(*levels) for levels in stereo if len(levels) == len(Levels.__match_args__)]
    silent = sum(window.louder <= SILENT_DB for window in windows)
    if silent < len(windows) / 2 or source.audio_channels == 2:  # noqa: PLR2004 - left and right, which stereo keeps
        return choose_channel(windows)
    channels = await measure(f"{_SPEECH_BAND},{_LEVELS}")
    return choose_uncancelled(channels, windows) or choose_channel(windows)


def choose_uncancelled(
    channels: Sequence[Sequence[float]], windows: Sequence[Levels]
) -> Channel | None:
    """Return the loudest of more than two channels where they cancel in the fold-down to stereo.

    Parameters
    ----------
    channels
        The levels of all channels by window.
    windows
        Those of the fold-down, by the same windows.
    """
    pairs = list(zip(channels, windows, strict=False))
    sounding = [(own, max(own) - fold.louder) for own, fold in pairs if max(own) > SILENT_DB]
    cancelled = [own for own, lost in sounding if lost >= FOLDED_DB]
    if not cancelled or len(cancelled) < CANCELLED_SHARE * len(sounding):
        return None
    energies = [_energy(levels) for levels in zip(*cancelled, strict=False)]
    return Channel(energies.index(max(energies)), folded=False)


class _Lines:
    """Reads what ffmpeg's ``ametadata`` prints: a line for a window, then one for each channel."""

    def __init__(self) -> None:
        self.windows: list[list[float]] = []

    def line(self, text: str) -> None:
        if text.startswith("frame:"):
            self.windows.append([])
            return
        name, _, value = text.partition("=")
        if self.windows and name.endswith(".RMS_level"):
            self.windows[-1].append(float(value))


def _is_dead(levels: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether a channel is silent beside the other in every window, but for clicks."""
    audible = sum(
        level > SILENT_DB and level > other - CROSSTALK_DB
        for level, other in zip(levels, others, strict=True)
    )
    return audible <= _CLICKS * len(levels)


def _is_noise(levels: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether a channel has a constant level while that of the other changes."""
    if len(levels) < _FEWEST_WINDOWS:
        return False
    return _range(levels) <= STEADY_DB and _range(others) >= LIVELY_DB


def _range(levels: Sequence[float]) -> float:
    """Return the decibels between the quiet and the loud windows, without the exceptions."""
    ordered = sorted(max(level, SILENT_DB) for level in levels)
    return ordered[-1 - int(_CLICKS * len(ordered))] - ordered[math.ceil(_FADES * len(ordered))]


def _energy(levels: Iterable[float]) -> float:
    return math.fsum(10 ** (level / 10) for level in levels)

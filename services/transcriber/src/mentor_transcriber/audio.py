"""The sound of the part of a video that is shown, as a recogniser wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_common.errors import PermanentError, TransientError
from mentor_common.media import (
    GUARD_FLAGS,
    SOUND_IN_SYNC,
    Files,
    Limits,
    Source,
    Span,
    ToolRun,
    Tools,
    input_url,
    inspect,
    pick_channel,
    run,
    trimmed_span,
)

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Sound:
    """The sound of the part that is shown: a WAV file, ``None`` without any, and its length."""

    wav: Path | None
    duration_s: float


async def cut_sound(
    source_path: Path,
    *,
    trim: tuple[float, float] | None,
    work_dir: Path,
    tools: Tools | None = None,
    limits: Limits | None = None,
    timings: list[ToolRun] | None = None,
) -> Sound:
    """Cut the sound out of a video.

    Parameters and errors are those of `mentor_transcriber.speech.transcribe`.
    """
    tools = tools or Tools()
    source = await inspect(
        source_path, limits=limits, ffprobe=tools.ffprobe, ffmpeg=tools.ffmpeg, timings=timings
    )
    span = trimmed_span(source, trim)
    wav = work_dir / "audio.wav"
    has_sound = await extract(
        source_path, source, wav, span=span, ffmpeg=tools.ffmpeg, timings=timings
    )
    return Sound(wav if has_sound else None, span.length)


class ExtractionError(TransientError):
    """ffmpeg failed through no fault of the input: killed, or no room left."""


async def extract(
    source_path: Path,
    source: Source,
    out_wav: Path,
    *,
    span: Span,
    ffmpeg: str = "ffmpeg",
    timeout_s: float = 300.0,
    timings: list[ToolRun] | None = None,
) -> bool:
    """Write the sound of ``span`` as 16 kHz mono 16 bit WAV.

    The file begins where the span begins: sound that comes late is preceded by silence, so that
    times in it are times in the trimmed video. It ends with the sound, maybe before the span.
    Channels are mixed, except where one of them has to stand for all: see
    `mentor_common.media.channels.choose_channel`.

    Parameters
    ----------
    source_path
        The file that `mentor_common.media.inspect` let through.
    out_wav
        Written anew; not touched without sound.
    span
        The part to extract.
    timeout_s
        Wall seconds it may take.
    timings
        Receives an entry for each run of ffmpeg.

    Returns
    -------
    bool
        ``False`` if the video has no sound within the span.

    Raises
    ------
    PermanentError
        ``sound_unreadable``: the sound cannot be decoded.
    ExtractionError
        Something killed ffmpeg, or the disk is full.
    ToolTimeoutError
        ffmpeg did not end.
    """
    if source.sound_damaged:
        raise _unreadable()
    start, end = source.audio_start_s, source.audio_end_s
    if start is None or end is None or span.overlap(start, end) <= 0:
        return False
    channel = await pick_channel(
        source_path, source, span, ffmpeg=ffmpeg, timeout_s=timeout_s, timings=timings
    )
    picked = f"{channel.filters('mono')}," if channel else ""
    argv = (
        *(ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "warning", "-y"),
        *(*GUARD_FLAGS, "-ss", f"{span.start:.6f}", "-i", input_url(source_path)),
        *("-map", f"0:{source.audio_index}", "-vn", "-sn", "-dn"),
        *("-map_metadata", "-1", "-map_chapters", "-1"),
        *("-af", f"{picked}{SOUND_IN_SYNC}", "-ac", "1", "-ar", "16000"),
        # Only an output's -t bounds what hostile timestamps can make of a small file.
        *("-t", f"{span.length:.6f}", "-c:a", "pcm_s16le", "-f", "wav", input_url(out_wav)),
    )
    files = Files((source_path,), (out_wav.parent,))
    done = await run(argv, timeout_s=timeout_s, timings=timings, files=files)
    message = done.stderr_tail.strip()
    if done.returncode < 0 or "No space left on device" in message:
        raise ExtractionError(f"ffmpeg ended with {done.returncode}: {message}")
    if done.returncode != 0:
        raise _unreadable()
    return True


def _unreadable() -> PermanentError:
    return PermanentError(
        "sound_unreadable",
        "The sound of this video cannot be read, so it gets no captions."
        " Record or export it again.",
    )

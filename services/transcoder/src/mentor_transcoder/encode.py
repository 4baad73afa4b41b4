"""Encoding of an inspected source to verified renditions: local files in, local files out."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mentor_common.errors import TransientError
from mentor_common.media import (
    TOO_DEMANDING,
    Bounds,
    Files,
    Source,
    ToolResult,
    ToolRun,
    Tools,
    concurrently,
    pick_channel,
    run,
    too_demanding,
    trimmed_span,
)
from mentor_common.telemetry import metrics
from mentor_common.telemetry.logs import get_logger
from mentor_transcoder import geometry, standard
from mentor_transcoder.command import THUMBNAIL, build, build_sound_check, file_name
from mentor_transcoder.complexity import look, web_quality
from mentor_transcoder.job import Encoded, EncodeJob, Profile, Rendition, RenditionFailed
from mentor_transcoder.key_frames import read_key_frames
from mentor_transcoder.plan import Plan, RenditionName, wants_transparent
from mentor_transcoder.progress import Progress
from mentor_transcoder.thumbnail import SAMPLES, Sample, choose_moment, first_moment, parse_samples
from mentor_transcoder.verify import VerificationError, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

_log = get_logger(__name__)
_RENDITIONS: Final[tuple[RenditionName, ...]] = ("web", "mobile")
_DEADLINE_BASE_S: Final = 120.0
_DEADLINE_PER_S: Final = 15.0  # 4K HEVC on two busy cores stays well under this
_PROBE_TIMEOUT_S: Final = 60.0
# Processor seconds: the same in cores, whatever else the machine does. Two cores stay under the
# deadline with it, so that a bomb is refused where a busy machine tries again.
_CPU_BASE_S: Final = 120.0
_CPU_PER_S: Final = 20.0
_FILE_BASE_BYTES: Final = 64 << 20
_FILE_BYTES_PER_S: Final = 12_500_000  # 100 Mbit/s; noise at 720p in ``compat`` stays under this
_SAME_MOMENT_S: Final = 0.005  # less than any two frames are apart
_MACHINE_FAULTS: Final = ("No space left on device", "No such filter")
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"

# What the decoders of what can be copied complain about.
_DAMAGE: Final = re.compile(r"^\[(?:h264|aac) @ .*", re.MULTILINE)

_Results = dict[RenditionName, Rendition | RenditionFailed]


class MachineError(TransientError):
    """ffmpeg failed through no fault of the input: killed, no room left, or built without a filter.

    Wide gamuts and high dynamic range need ``zscale``, which not every build has.
    """


async def transcode(  # noqa: PLR0913 -- the last three are told how it goes
    source_path: Path,
    source: Source,
    out_dir: Path,
    job: EncodeJob,
    *,
    tools: Tools,
    on_percent: Callable[[int], None],
    on_made: Callable[[Path], Coroutine[Any, Any, None]],
    timings: list[ToolRun],
) -> Encoded:
    """Make and verify the web and mobile renditions, and the thumbnail if asked for.

    One process with one decode makes all of them. What it fails to make is tried again in a
    process of its own, so that only what is really at fault fails.

    Parameters
    ----------
    source_path
        The file that `mentor_common.media.inspect` let through.
    out_dir
        An existing directory of this job alone; receives ``web.mp4``, ``mobile.mp4``,
        ``thumbnail.jpg``, and ``web.webm``, ``mobile.webm`` where there is transparency.
    on_percent
        Called with each new whole percent: rising, 100 only once both renditions are verified.
    on_made
        Awaited with each file while renditions are verified: one that fails may be made again, and
        is handed over again then.
    timings
        Receives an entry for each run of a tool.

    Raises
    ------
    PermanentError
        The trim leaves less than a second.
    TransientError
        The deadline has passed, the machine is out of room, or something killed ffmpeg.
    """
    plan = plan_of(source_path, source, job)
    if plan.has_sound:
        channel = await pick_channel(
            source_path, source, plan.span, ffmpeg=tools.ffmpeg, timings=timings
        )
        plan = replace(plan, channel=channel)
    plan, not_copied = await asyncio.to_thread(decide_copy, plan, job)
    if plan.copy is None and plan.profile is Profile.BALANCED:
        bit_rate = await look(plan, ffmpeg=tools.ffmpeg, timings=timings)
        plan = replace(plan, web_quality=web_quality(bit_rate))
        _log.info("looked at the picture", bit_rate=bit_rate, web_quality=plan.web_quality)
    progress = Progress(plan.length_s, on_percent)
    encoder = _Encoder(plan, out_dir, tools, progress, on_made, timings, _deadline_s(plan, job))
    results = await encoder.make_all(thumbnail=job.thumbnail)
    if plan.copy is not None and not isinstance(results.get("web"), Rendition):
        encoder.stop_copying()
        not_copied = "copy not verified"
    if results and all(_is_worth_retrying(result) for result in results.values()):
        results |= await encoder.make_all_without_bad_sound(thumbnail=job.thumbnail)
    for name in _RENDITIONS:
        if _is_worth_retrying(results.get(name)):
            results |= await encoder.make([name])
    thumbnail = await encoder.thumbnail() if job.thumbnail else None
    if all(isinstance(result, Rendition) for result in results.values()):
        progress.done()
    how = "copied" if not_copied is None else f"encoded: {not_copied}"
    return Encoded(results["web"], results["mobile"], thumbnail, plan.span, how)


def decide_copy(plan: Plan, job: EncodeJob) -> tuple[Plan, str | None]:
    """Return the plan with the copy in it, where one will do, or else why not."""
    if not job.copies:
        return plan, "copying is off"
    source = plan.source
    key_frames = None
    if source.video_codec == "h264" and source.picture_packets is not None:
        key_frames = read_key_frames(plan.path, source.container, source.picture_packets)
    return standard.decide(plan, key_frames)


def _is_worth_retrying(result: Rendition | RenditionFailed | None) -> bool:
    """Return whether a single attempt is worth its work: not for what has used up its resources."""
    return result is None or (isinstance(result, RenditionFailed) and result.code != TOO_DEMANDING)


def plan_of(path: Path, source: Source, job: EncodeJob) -> Plan:
    """Return what a job makes of a source.

    Raises
    ------
    PermanentError
        The trim leaves less than a second.
    """
    span = trimmed_span(source, job.trim)
    size = source.display_size(span)
    keep, pixel = job.maintain_original_aspect_ratio, source.pixel_aspect
    return Plan(
        path=path,
        source=source,
        span=span,
        frames={
            "web": geometry.web(*size, keep_aspect=keep, pixel_aspect=pixel),
            "mobile": geometry.mobile(*size, keep_aspect=keep, pixel_aspect=pixel),
        },
        profile=job.profile,
        transparent=wants_transparent(source, is_vbg_video=job.is_vbg_video),
    )


def _deadline_s(plan: Plan, job: EncodeJob) -> float:
    if job.deadline_s is not None:
        return job.deadline_s
    return _DEADLINE_BASE_S + _DEADLINE_PER_S * plan.span.length


class _Encoder:
    """The processes of one job, under one deadline."""

    def __init__(
        self,
        plan: Plan,
        out_dir: Path,
        tools: Tools,
        progress: Progress,
        on_made: Callable[[Path], Coroutine[Any, Any, None]],
        timings: list[ToolRun],
        deadline_s: float,
    ) -> None:
        self._plan = plan
        self._out_dir = out_dir
        self._tools = tools
        self._progress = progress
        self._on_made = on_made
        self._timings = timings
        self._clock = asyncio.get_running_loop().time
        self._deadline = self._clock() + deadline_s
        self._thumbnail: Path | None = None

    def stop_copying(self) -> None:
        """Encode from now on what a copy was to be."""
        self._plan = replace(self._plan, copy=None)

    async def make_all(self, *, thumbnail: bool) -> _Results:
        """Make everything in one process; empty where the machine was at fault."""
        try:
            return await self.make(_RENDITIONS, thumbnail=thumbnail)
        except MachineError:
            return {}

    async def make_all_without_bad_sound(self, *, thumbnail: bool) -> _Results:
        """Make everything without the sound if that cannot be decoded; empty where it can."""
        if not self._plan.has_sound or await self._sound_is_readable():
            return {}
        _log.warning("the sound cannot be decoded, going on without it")
        self._plan = self._plan.without_sound()
        return await self.make_all(thumbnail=thumbnail)

    async def make(
        self, renditions: Sequence[RenditionName], *, thumbnail: bool = False
    ) -> _Results:
        """Make and verify ``renditions`` in one process."""
        done = await self._ffmpeg(renditions, thumbnail=thumbnail)
        if done.exceeded:
            refusal = too_demanding()
            failed = RenditionFailed(TOO_DEMANDING, refusal.reason, done.stderr_tail.strip())
            return dict.fromkeys(renditions, failed)
        if done.returncode != 0:
            failed = RenditionFailed(
                "encode_failed",
                "The video cannot be converted; the file may be damaged. Record or export it"
                " again.",
                done.stderr_tail.strip(),
            )
            return dict.fromkeys(renditions, failed)
        verified, _ = await concurrently(
            concurrently(*(self._verified(name) for name in renditions)),
            self._hand_over(renditions, thumbnail=thumbnail),
        )
        results = dict(zip(renditions, verified, strict=True))
        if self._plan.copy is not None and (damage := _DAMAGE.search(done.stderr_tail)):
            # A decoder of ours makes do with it, a browser's may stop.
            results |= dict.fromkeys(renditions, _not_verified(f"the source: {damage[0]}"))
        return results

    async def thumbnail(self) -> Path | None:
        """Return the thumbnail, made now if it is not there; ``None`` if that fails too."""
        if self._thumbnail is None:
            self._thumbnail = await self._make_thumbnail()
            if self._thumbnail is not None:
                await self._on_made(self._thumbnail)
        return self._thumbnail

    async def _make_thumbnail(self) -> Path | None:
        path = self._out_dir / THUMBNAIL
        try:
            if not _is_jpeg(path):
                await self._ffmpeg([], thumbnail=True)
            at = choose_moment(self._samples(), first_moment(self._plan.picture_s))
            if at is not None:
                self._plan = replace(self._plan, thumbnail_at_s=at - _SAME_MOMENT_S)
                await self._ffmpeg([], thumbnail=True)
        except TransientError:
            return None
        return path if _is_jpeg(path) else None

    async def _hand_over(self, renditions: Sequence[RenditionName], *, thumbnail: bool) -> None:
        kinds = (False, True) if self._plan.transparent else (False,)
        paths = [self._path(name, transparent=kind) for name in renditions for kind in kinds]
        await concurrently(
            concurrently(*(self._on_made(path) for path in paths if path.is_file())),
            concurrently(*([self.thumbnail()] if thumbnail else [])),
        )

    def _path(self, name: RenditionName, *, transparent: bool) -> Path:
        return self._out_dir / file_name(name, transparent=transparent)

    def _samples(self) -> list[Sample]:
        path = self._out_dir / SAMPLES
        return parse_samples(path.read_text()) if path.is_file() else []

    async def _ffmpeg(self, renditions: Sequence[RenditionName], *, thumbnail: bool) -> ToolResult:
        command = build(self._tools.ffmpeg, self._plan, renditions, thumbnail=thumbnail)
        started = self._clock()
        done = await run(
            command.argv,
            timeout_s=self._left_s(),
            timings=self._timings,
            on_line=self._progress.line if renditions else None,
            cwd=self._out_dir,
            bounds=self._bounds(),
            files=Files((self._plan.path,), (self._out_dir,)),
        )
        if (done.returncode < 0 and not done.exceeded) or any(
            fault in done.stderr_tail for fault in _MACHINE_FAULTS
        ):
            raise MachineError(f"ffmpeg ended with {done.returncode}: {done.stderr_tail.strip()}")
        if done.returncode == 0 and renditions:
            metrics.ENCODE_SPEED.observe(self._plan.length_s / (self._clock() - started))
        if done.returncode != 0:
            _log.warning(
                "ffmpeg failed",
                renditions=list(renditions),
                thumbnail=thumbnail,
                returncode=done.returncode,
                stderr=done.stderr_tail,
            )
        return done

    async def _sound_is_readable(self) -> bool:
        done = await run(
            build_sound_check(self._tools.ffmpeg, self._plan).argv,
            timeout_s=self._left_s(),
            timings=self._timings,
            bounds=self._bounds(),
            files=Files((self._plan.path,)),
        )
        return done.returncode == 0 and bool(done.stdout)

    async def _verified(self, name: RenditionName) -> Rendition | RenditionFailed:
        try:
            rendition = await self._verify(name, transparent=False)
            if self._plan.transparent:
                transparent = await self._verify(name, transparent=True)
                rendition = replace(rendition, transparent=transparent.path)
        except VerificationError as error:
            _log.warning("verification failed", rendition=name, why=str(error))
            return _not_verified(str(error))
        return rendition

    async def _verify(self, name: RenditionName, *, transparent: bool) -> Rendition:
        return await verify(
            self._path(name, transparent=transparent),
            self._plan,
            self._plan.frames[name],
            ffprobe=self._tools.ffprobe,
            timeout_s=min(_PROBE_TIMEOUT_S, self._left_s()),
            timings=self._timings,
            copy=self._plan.copy if name == "web" else None,
        )

    def _bounds(self) -> Bounds:
        seconds = self._plan.span.length
        return Bounds(
            memory_bytes=self._tools.memory_bytes,
            cpu_s=_CPU_BASE_S + _CPU_PER_S * seconds,
            file_bytes=_FILE_BASE_BYTES + round(_FILE_BYTES_PER_S * seconds),
        )

    def _left_s(self) -> float:
        return max(0.0, self._deadline - self._clock())


def _not_verified(detail: str) -> RenditionFailed:
    return RenditionFailed(
        "verification_failed",
        "The converted video did not come out as it should; the file may be damaged."
        " Record or export it again.",
        detail,
    )


def _is_jpeg(path: Path) -> bool:
    if not path.is_file():
        return False
    content = path.read_bytes()
    return content.startswith(_JPEG_START) and content.endswith(_JPEG_END)

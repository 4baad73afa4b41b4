"""The transcoder's work on an upload: fetch, inspect, encode, store."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mentor_common.adapters import fetch_source
from mentor_common.errors import PermanentError
from mentor_common.jobs import KINDS
from mentor_common.media import Limits, Tools, concurrently, inspect
from mentor_common.work.result import WorkDone
from mentor_common.workdir import require_room
from mentor_transcoder.encode import transcode
from mentor_transcoder.job import Encoded, EncodeJob, Profile, Rendition

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage
    from mentor_common.events import UploadAccepted, WorkRequested
    from mentor_common.media import Source
    from mentor_common.work.upload_work import Assignment

_WEB, _MOBILE, _TRIM = KINDS["transcode"].sub_tasks
_SUB_TASKS = {"web": _WEB, "mobile": _MOBILE}
# The source and its renditions; ``compat`` makes four times as much of a well compressed upload.
_ROOM_FACTOR = 8
_ROOM_BYTES = 64 << 20


def sub_tasks(upload: WorkRequested) -> list[str]:
    """Return the tasks shown to people that one run of the transcoder stands for."""
    return [*_SUB_TASKS.values(), *([_TRIM] if upload.trim else [])]


@dataclass(frozen=True)
class Transcoder:
    """The transcoder's work on one upload."""

    storage: Storage
    bucket: str
    work_dir: Path
    tools: Tools
    profile: Profile
    limits: Limits
    copies: bool = True

    async def __call__(self, assignment: Assignment) -> WorkDone:
        """Make the renditions and the thumbnail; store them and the untouched original."""
        size = assignment.upload.source.size
        self.limits.admit(size)
        require_room(self.work_dir, _ROOM_FACTOR * size + _ROOM_BYTES)
        with tempfile.TemporaryDirectory(dir=self.work_dir) as folder:
            path = Path(folder) / "source"
            sha1 = await fetch_source(self.storage, assignment.upload.source, path)
            source = await inspect(
                path,
                limits=self.limits,
                ffprobe=self.tools.ffprobe,
                ffmpeg=self.tools.ffmpeg,
                timings=assignment.timings,
            )
            original, encoded = await concurrently(
                self._keep_original(assignment, source.container),
                self._encode(assignment, path, source, Path(folder)),
            )
        return WorkDone(
            results={"original": original, **_keys(assignment.prefix, encoded)},
            facts=_facts(source, sha1, encoded),
            failures=_failures(encoded, sub_tasks(assignment.upload)),
        )

    async def _keep_original(self, assignment: Assignment, container: str) -> str:
        """Copy the untouched source inside S3; trimming never replaces it."""
        key = f"{assignment.prefix}/original.{container}"
        pinned = assignment.upload.source
        source = (pinned.bucket, pinned.key, pinned.etag)
        await asyncio.to_thread(self.storage.copy, source, self.bucket, key, kind="original")
        return key

    async def _encode(
        self, assignment: Assignment, path: Path, source: Source, folder: Path
    ) -> Encoded:
        async def store(path: Path) -> None:
            key = _key(assignment.prefix, path)
            await asyncio.to_thread(self.storage.upload, path, self.bucket, key)

        upload = cast("UploadAccepted", assignment.upload)  # The only request it is wired for.
        job = EncodeJob(
            trim=(upload.trim.start, upload.trim.end) if upload.trim else None,
            maintain_original_aspect_ratio=upload.maintain_original_aspect_ratio,
            thumbnail=True,
            is_vbg_video=upload.is_vbg_video,
            profile=self.profile,
            copies=self.copies,
        )
        return await transcode(
            path,
            source,
            folder,
            job,
            tools=self.tools,
            on_percent=assignment.on_percent,
            on_made=store,
            timings=assignment.timings,
        )


def _key(prefix: str, path: Path) -> str:
    return f"{prefix}/{path.name}"


def _keys(prefix: str, encoded: Encoded) -> dict[str, str]:
    """Return what has come of the work, name to key."""
    files: dict[str, Path] = {}
    for name, rendition in _renditions(encoded).items():
        if isinstance(rendition, Rendition):
            files[name] = rendition.path
            if rendition.transparent is not None:
                files[f"{name}_transparent"] = rendition.transparent
    if encoded.thumbnail is not None:
        files["thumbnail"] = encoded.thumbnail
    return {name: _key(prefix, path) for name, path in files.items()}


def _renditions(encoded: Encoded) -> dict[str, Any]:
    return {"web": encoded.web, "mobile": encoded.mobile}


def _facts(source: Source, sha1: str, encoded: Encoded) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "sha1": sha1,
        "metadata": source.metadata_json,
        "source_duration_ms": round(source.duration_s * 1000, 1),
    }
    for name, rendition in _renditions(encoded).items():
        if isinstance(rendition, Rendition):
            facts[f"{name}_duration_ms"] = rendition.duration_ms
            facts[f"{name}_size"] = [rendition.width, rendition.height]
    if isinstance(encoded.web, Rendition):
        facts["web_rendition"] = encoded.web_rendition
    return facts


def _failures(encoded: Encoded, all_names: list[str]) -> dict[str, PermanentError]:
    """Return what failed by its UI name; the trim has failed when no rendition came of it."""
    failed = {
        _SUB_TASKS[name]: PermanentError(rendition.code, rendition.reason)
        for name, rendition in _renditions(encoded).items()
        if not isinstance(rendition, Rendition)
    }
    if len(failed) == len(_SUB_TASKS) and _TRIM in all_names:
        failed[_TRIM] = next(iter(failed.values()))
    return failed

"""Wiring of the transcoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.adapters import Adapters
from mentor_common.media import Limits, Tools
from mentor_common.work.main import upload_wiring
from mentor_transcoder.handlers import Transcoder, sub_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.consumer import Queue
    from mentor_common.work.worker import Wiring
    from mentor_transcoder.settings import TranscoderSettings


def build(settings: TranscoderSettings, queue: Queue, scratch: Path) -> Wiring:
    """Wire the worker."""
    adapters = Adapters.connect(settings)
    work = Transcoder(
        storage=adapters.storage,
        bucket=settings.static_bucket,
        work_dir=scratch,
        tools=Tools(
            settings.ffmpeg_executable,
            settings.ffprobe_executable,
            settings.max_tool_memory_bytes,
        ),
        profile=settings.encoding_profile,
        copies=settings.encoder_copy,
        limits=Limits(
            max_pixels=settings.max_pixels,
            max_duration_s=settings.max_duration_seconds,
            max_bytes=settings.max_source_bytes,
        ),
    )
    return upload_wiring("transcode", sub_tasks, work, settings, queue, adapters)

"""Wiring of the transcriber."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.adapters import Adapters
from mentor_common.consumer.main import task_wiring
from mentor_common.media import Limits
from mentor_transcriber.engines import create
from mentor_transcriber.handlers import Transcriber, names
from mentor_transcriber.speech import Tools

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.consumer import Queue, Wiring
    from mentor_transcriber.settings import TranscriberSettings


def build(settings: TranscriberSettings, queue: Queue, scratch: Path) -> Wiring:
    """Wire the worker."""
    adapters = Adapters.connect(settings)
    work = Transcriber(
        storage=adapters.storage,
        bucket=settings.static_bucket,
        work_dir=scratch,
        engine=create(settings.transcribe_engine),
        tools=Tools(settings.ffmpeg_executable, settings.ffprobe_executable),
        limits=Limits(
            max_duration_s=settings.max_duration_seconds, max_bytes=settings.max_source_bytes
        ),
    )
    return task_wiring("transcribe", names, work, settings, queue, adapters)

"""A transcoder whose encode is a sleep: queue, claim, lease, record and publication are real."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from mentor_common.adapters import Adapters
from mentor_common.work.main import run_service, upload_wiring
from mentor_common.work.result import WorkDone
from mentor_transcoder.handlers import sub_tasks
from mentor_transcoder.settings import TranscoderSettings

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.consumer import Queue
    from mentor_common.work.upload_work import Assignment
    from mentor_common.work.worker import Wiring


async def sleep(assignment: Assignment) -> WorkDone:
    """Make nothing, for as long as ``BENCH_SLEEP`` says."""
    await asyncio.sleep(float(os.environ["BENCH_SLEEP"]))
    return WorkDone({name: f"{assignment.prefix}/{name}.mp4" for name in ("web", "mobile")})


def build(settings: TranscoderSettings, queue: Queue, _scratch: Path) -> Wiring:
    """Wire the worker as the transcoder is wired."""
    return upload_wiring("transcode", sub_tasks, sleep, settings, queue, Adapters.connect(settings))


if __name__ == "__main__":
    run_service("transcoder", TranscoderSettings, build)

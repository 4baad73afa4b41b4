"""Wiring of the transcriber."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_common.adapters import Adapters
from mentor_common.aws import clients
from mentor_common.events import TranscriptionChanged
from mentor_common.jobs import DRAFT_ENGINES
from mentor_common.media import Limits, Tools
from mentor_common.telemetry.logs import get_logger
from mentor_common.work.main import upload_wiring
from mentor_common.work.parked import ParkedTasks
from mentor_transcriber.alignment import ForcedAligner
from mentor_transcriber.edited import Aligner
from mentor_transcriber.engines.aws import NAME as AWS
from mentor_transcriber.engines.aws import TranscribeJobs
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.engines.whisper import WhisperEngine, WhisperModel
from mentor_transcriber.handlers import AwsTranscriber, Transcriber, Workspace, sub_tasks
from mentor_transcriber.model import find
from mentor_transcriber.reconciler import RequestQueue, TranscriptionReconciler

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_common.consumer import Queue
    from mentor_common.work.worker import Wiring
    from mentor_transcriber.engines.base import Engine
    from mentor_transcriber.settings import TranscriberSettings


_log = get_logger(__name__)
DRAFT: Final = "draft: not for publishing"
"""Description of what an engine of :data:`DRAFT_ENGINES` writes."""


def build(settings: TranscriberSettings, queue: Queue, scratch: Path) -> Wiring:
    """Wire the worker."""
    adapters = Adapters.connect(settings)
    workspace = Workspace(
        storage=adapters.storage,
        bucket=settings.static_bucket,
        work_dir=scratch,
        tools=Tools(settings.ffmpeg_executable, settings.ffprobe_executable),
        limits=Limits(
            max_duration_s=settings.max_duration_seconds, max_bytes=settings.max_source_bytes
        ),
        masks_profanity=settings.transcribe_profanity == "mask",
    )
    if settings.transcribe_engine == AWS:
        return _with_aws(settings, queue, adapters, workspace)
    engine = engine_of(settings)
    work = Aligner(workspace, Transcriber(workspace, engine, ForcedAligner(scratch)))
    wiring = upload_wiring("transcribe", sub_tasks, work, settings, queue, adapters)
    wiring.about = about(engine)
    return wiring


def engine_of(settings: TranscriberSettings) -> Engine:
    """Return the recogniser that the settings choose; one of drafts is named in the log."""
    if settings.transcribe_engine == PocketsphinxEngine.name:
        _log.warning(DRAFT, engine=PocketsphinxEngine.name)
        return PocketsphinxEngine()
    folder = find(settings)
    if folder is None:
        _log.warning(
            DRAFT,
            engine=PocketsphinxEngine.name,
            cause=f"the model {settings.whisper_model} of Whisper is not here",
            remedy="python -m mentor_transcriber.model fetch",
        )
        return PocketsphinxEngine()
    model = WhisperModel(
        folder,
        folder.name if settings.whisper_model_dir else settings.whisper_model,
        settings.whisper_device,
        settings.whisper_compute_type,
        settings.whisper_beam,
        settings.whisper_threads,
    )
    return WhisperEngine(
        model,
        settings.languages,
        settings.transcribe_vocabulary,
        translates=settings.transcribe_english_captions,
    )


def about(engine: Engine) -> dict[str, str]:
    """Return what ``/readyz`` says of the recogniser."""
    about = {"engine": engine.name} | ({"model": engine.model} if engine.model else {})
    return about | ({"transcripts": DRAFT} if engine.name in DRAFT_ENGINES else {})


def _with_aws(
    settings: TranscriberSettings, queue: Queue, adapters: Adapters, workspace: Workspace
) -> Wiring:
    jobs = TranscribeJobs(
        clients.client("transcribe", settings.aws_region),
        settings.languages,
        settings.transcribe_vocabulary,
        settings.job_prefix,
    )
    output = settings.transcribe_output_bucket or ""
    work = AwsTranscriber(
        workspace,
        jobs,
        settings.transcribe_input_bucket or "",
        output,
        settings.transcribe_check_seconds,
        settings.transcribe_deadline_seconds,
    )
    reconciler = TranscriptionReconciler(
        workspace,
        output,
        jobs,
        ParkedTasks(adapters.table, adapters.clock, "transcribe"),
        adapters.reader,
        adapters.topic,
        adapters.clock,
        RequestQueue(clients.client("sqs", settings.aws_region), settings.queue_name),
        settings.transcribe_check_seconds,
    )
    wiring = upload_wiring(
        "transcribe", sub_tasks, Aligner(workspace, work), settings, queue, adapters
    )
    wiring.handlers = {**wiring.handlers, TranscriptionChanged.TYPE: reconciler}
    wiring.probes = {**wiring.probes, "transcribe": jobs.probe}
    wiring.about = {"engine": AWS}
    wiring.sweeps = {reconciler.sweep: settings.transcribe_check_seconds}
    return wiring

"""Settings of the transcriber. An environment name is the field's name in capitals."""

from __future__ import annotations

from pydantic import Field, field_validator

from mentor_common.settings import WorkerSettings
from mentor_transcriber.engines import ENGINES


class TranscriberSettings(WorkerSettings):
    """The transcriber worker."""

    ffmpeg_executable: str = "ffmpeg"
    ffprobe_executable: str = "ffprobe"
    transcribe_engine: str = "pocketsphinx"
    max_duration_seconds: float = Field(default=1200, gt=0)
    max_source_bytes: int = Field(default=4 << 30, gt=0)

    @field_validator("transcribe_engine")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ENGINES:
            msg = f"must be one of: {', '.join(sorted(ENGINES))}"
            raise ValueError(msg)
        return value

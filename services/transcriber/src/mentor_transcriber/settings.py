"""Settings of the transcriber. An environment name is the field's name in capitals."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from pydantic import Field, model_validator

from mentor_common.settings import WorkerSettings
from mentor_transcriber.engines import ENGINES, WhisperEngine
from mentor_transcriber.model import ModelSettings


class TranscriberSettings(ModelSettings, WorkerSettings):
    """The transcriber worker."""

    ffmpeg_executable: str = Field(default="ffmpeg", description="ffmpeg")
    ffprobe_executable: str = Field(default="ffprobe", description="ffprobe")
    transcribe_engine: Literal["pocketsphinx", "whisper", "aws"] = Field(
        default="pocketsphinx", description="recogniser"
    )
    transcribe_language: str = Field(
        default="en-US",
        description="what is spoken (BCP 47); pocketsphinx understands `en-US` only",
    )
    transcribe_vocabulary: str | None = Field(
        default=None,
        description="`aws`: name of a custom vocabulary; `whisper`: words to expect",
    )
    transcribe_input_bucket: str | None = Field(
        default=None, description="`aws`: bucket that AWS Transcribe reads sound from"
    )
    transcribe_output_bucket: str | None = Field(
        default=None, description="`aws`: bucket that it writes to; may be the same"
    )
    transcribe_check_seconds: float = Field(
        default=60, gt=0, description="`aws`: pause between two looks at a job"
    )
    transcribe_deadline_seconds: float = Field(
        default=4 * 3600,
        gt=0,
        description="`aws`: after so long a job is given up and started again",
    )
    max_duration_seconds: float = Field(default=1200, gt=0, description="longest video")
    max_source_bytes: int = Field(default=4 << 30, gt=0, description="largest file")

    @property
    def job_prefix(self) -> str:
        """Begins the name of each AWS Transcribe job; the EventBridge rule filters on it."""
        return f"mentor-upload-{self.stage}-"

    @model_validator(mode="after")
    def _engine_has_what_it_needs(self) -> TranscriberSettings:
        for name in ENGINES[self.transcribe_engine]:
            if getattr(self, name) is None:
                msg = f"{name.upper()} is needed with TRANSCRIBE_ENGINE={self.transcribe_engine}"
                raise ValueError(msg)
        if self.transcribe_engine == WhisperEngine.name and find_spec("faster_whisper") is None:
            msg = (
                "TRANSCRIBE_ENGINE=whisper needs faster-whisper, which is not in our image: "
                "install services/transcriber with its extra, '.[whisper]'"
            )
            raise ValueError(msg)
        if self.transcribe_engine == "pocketsphinx" and self.transcribe_language != "en-US":
            msg = "TRANSCRIBE_LANGUAGE: pocketsphinx understands en-US only"
            raise ValueError(msg)
        return self

"""Settings of the transcoder. An environment name is the field's name in capitals."""

from __future__ import annotations

from pydantic import Field

from mentor_common.media import Bounds
from mentor_common.media.guard import MAX_PIXELS
from mentor_common.settings import WorkerSettings
from mentor_transcoder.job import Profile


class TranscoderSettings(WorkerSettings):
    """The transcoder worker."""

    ffmpeg_executable: str = "ffmpeg"
    ffprobe_executable: str = "ffprobe"
    encoding_profile: Profile = Profile.BALANCED
    max_duration_seconds: float = Field(default=1200, gt=0)
    max_pixels: int = Field(default=MAX_PIXELS, gt=0, le=MAX_PIXELS)
    max_source_bytes: int = Field(default=4 << 30, gt=0)
    max_tool_memory_bytes: int = Field(default=Bounds.memory_bytes, ge=512 << 20)

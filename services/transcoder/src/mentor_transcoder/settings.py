"""Settings of the transcoder. An environment name is the field's name in capitals."""

from __future__ import annotations

from pydantic import Field

from mentor_common.media import Bounds
from mentor_common.media.guard import MAX_PIXELS
from mentor_common.settings import WorkerSettings
from mentor_transcoder.job import Profile


class TranscoderSettings(WorkerSettings):
    """The transcoder worker."""

    ffmpeg_executable: str = Field(default="ffmpeg", description="ffmpeg")
    ffprobe_executable: str = Field(default="ffprobe", description="ffprobe")
    encoding_profile: Profile = Field(
        default=Profile.BALANCED, description="[speed, size and quality](media.md#renditions)"
    )
    encoder_copy: bool = Field(
        default=True,
        description="`off` encodes the web rendition even where [a copy](media.md#standard-input)"
        " will do",
    )
    max_duration_seconds: float = Field(default=1200, gt=0, description="longest video")
    max_pixels: int = Field(
        default=MAX_PIXELS, gt=0, le=MAX_PIXELS, description="largest picture, width x height"
    )
    max_source_bytes: int = Field(default=4 << 30, gt=0, description="largest file")
    max_tool_memory_bytes: int = Field(
        default=Bounds.memory_bytes, ge=512 << 20, description="memory of one ffmpeg process"
    )

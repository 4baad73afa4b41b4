"""Settings that say which model is used and where it comes from."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _cache() -> Path:
    """Return the folder for models in the user's cache (XDG base directories)."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mentor-upload" / "models"


class ModelSettings(BaseSettings):
    """The model of Whisper (mix-in)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    whisper_model: str = Field(
        default="base",
        description="`whisper`: a pinned model: `base`, `tiny.en`, `small`, `large-v3-turbo`, or "
        "one of `WHISPER_MODEL_MANIFEST`",
    )
    whisper_model_dir: Path | None = Field(
        default=None,
        description="`whisper`: folder of a model in CTranslate2 format, taken as it is; comes "
        "before `WHISPER_MODEL`",
    )
    whisper_model_home: Path = Field(
        default_factory=_cache,
        description="folder that models are fetched into; one in the user's cache where it is not "
        "given, `/opt/models` in the image",
    )
    whisper_model_manifest: Path | None = Field(
        default=None, description="JSON file with the pins of models of one's own"
    )
    whisper_model_mirror: SecretStr | None = Field(
        default=None,
        description="where models are fetched from first: `https://…` or `s3://BUCKET/PREFIX`; a "
        "copy of a `WHISPER_MODEL_HOME`",
    )

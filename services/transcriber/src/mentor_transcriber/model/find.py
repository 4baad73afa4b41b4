"""The folder of the model that the settings name, without any network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_transcriber.model.errors import ModelSettingsError
from mentor_transcriber.model.folder import is_complete
from mentor_transcriber.model.manifest import KNOWN, read

if TYPE_CHECKING:
    from pathlib import Path

    from mentor_transcriber.model.manifest import Model
    from mentor_transcriber.model.settings import ModelSettings


def find(settings: ModelSettings) -> Path | None:
    """Return the folder of the model that the settings name, ``None`` where it was not fetched.

    Raises
    ------
    ModelSettingsError
        ``WHISPER_MODEL_DIR`` holds no model, or no model is pinned under ``WHISPER_MODEL``.
    """
    if settings.whisper_model_dir is not None:
        return _own(settings.whisper_model_dir)
    model = pinned(settings)
    folder = settings.whisper_model_home / model.folder
    return folder if is_complete(model, folder) else None


def pinned(settings: ModelSettings) -> Model:
    """Return the pins of ``WHISPER_MODEL``; those of the operator's manifest come first.

    Raises
    ------
    ModelSettingsError
        There are none, or the manifest cannot be read.
    """
    own = read(settings.whisper_model_manifest) if settings.whisper_model_manifest else {}
    models = {**KNOWN, **own}
    try:
        return models[settings.whisper_model]
    except KeyError:
        raise ModelSettingsError(
            f"WHISPER_MODEL: no model {settings.whisper_model!r} is pinned, only "
            f"{', '.join(models)}; pin one of your own in WHISPER_MODEL_MANIFEST"
        ) from None


def _own(folder: Path) -> Path:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ModelSettingsError(
                f"WHISPER_MODEL_DIR: {folder} is no model in CTranslate2 format: {name} is missing"
            )
    return folder

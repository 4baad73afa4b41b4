"""The hub that models are published on, by pinned revision, through its own library.

The library knows the hub's address, a token, proxies and an organisation's own endpoint
(``HF_ENDPOINT``), resumes transfers and shows their progress.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import requests
from huggingface_hub import constants, hf_hub_download

from mentor_transcriber.model.errors import SourceError
from mentor_transcriber.model.folder import difference

if TYPE_CHECKING:
    from mentor_transcriber.model.manifest import Model

_TIMEOUT_S: Final = 5.0
_OWN_FOLDER: Final = "hub"


class Hub:
    """Fetches a model's files from the hub."""

    name: Final = "the hub"

    def fetch(self, model: Model, names: list[str], folder: Path) -> None:
        """Put files of a model into a folder, see `Source.fetch`."""
        _reach()
        for name in names:
            try:
                path = hf_hub_download(
                    model.repository or "",
                    name,
                    revision=model.revision,
                    local_dir=folder / _OWN_FOLDER,
                )
            except Exception as error:  # noqa: BLE001 -- also those of the library's HTTP client
                raise SourceError(f"{name}: {type(error).__name__}") from None
            if problem := difference(Path(path), model.files[name]):
                Path(path).unlink()
                raise SourceError(f"{name} {problem}")
            Path(path).replace(folder / name)


def _reach() -> None:
    """Ask the hub once: its library tries for half a minute where there is no network."""
    if constants.HF_HUB_OFFLINE:
        raise SourceError("HF_HUB_OFFLINE is set")
    try:
        requests.head(constants.ENDPOINT, timeout=_TIMEOUT_S)
    except requests.RequestException as error:
        raise SourceError(f"cannot be reached ({type(error).__name__})") from None

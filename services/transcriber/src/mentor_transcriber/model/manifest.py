"""Pinned models: each file of a model by size and SHA-256.

``known.json`` holds the models of this release. An operator's own manifest has the same form::

    {
      "NAME": {
        "revision": "536b0662742c…",         names this state of the files
        "repository": "Systran/…",           on the hub; without it the hub is not asked
        "files": {
          "model.bin": {"sha256": "3e30…", "size": 483546902},
          "config.json": …, "tokenizer.json": …, "vocabulary.txt": …
        }
      }
    }

``wheels`` (a lock beside the manifest) and ``parts`` (members of the wheels, joined in order)
belong to models that a package index holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from mentor_transcriber.model.errors import ModelSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN: Final = Path(__file__).with_name("known.json")
_NEEDED: Final = frozenset({"model.bin", "config.json", "tokenizer.json"})
_REVISION_DIGITS: Final = 12

# A plain name: no separator, and no dot at the beginning, so it never leads out of its folder.
PlainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PinnedFile(BaseModel):
    """A file's SHA-256 in hexadecimal, its size in bytes, and the wheels' members it is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Sha256
    size: int = Field(ge=1)
    parts: tuple[str, ...] = ()


class Pin(BaseModel):
    """A model as a manifest names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: PlainName
    repository: str | None = None
    wheels: PlainName | None = None
    files: dict[PlainName, PinnedFile]

    @field_validator("files")
    @classmethod
    def _whole(cls, files: dict[str, PinnedFile]) -> dict[str, PinnedFile]:
        if missing := _NEEDED - files.keys():
            raise ValueError(f"a model needs {', '.join(sorted(missing))} too")
        if not any(name.startswith("vocabulary.") for name in files):
            raise ValueError("a model needs vocabulary.txt or vocabulary.json too")
        return files


class Model(Pin):
    """A pinned model in CTranslate2 format."""

    name: PlainName
    lock: Path | None = None

    @property
    def folder(self) -> str:
        """Name of its folder, in the models' folder and on a mirror."""
        return f"{self.name}-{self.revision[:_REVISION_DIGITS]}"

    @property
    def size(self) -> int:
        """Size of all files, bytes."""
        return sum(file.size for file in self.files.values())


_MANIFEST: Final = TypeAdapter(dict[PlainName, Pin])


def read(path: Path) -> dict[str, Model]:
    """Return the models of a manifest by name.

    Raises
    ------
    ModelSettingsError
        It cannot be read, or is not of the form above.
    """
    try:
        pins = _MANIFEST.validate_json(path.read_bytes())
    except OSError as error:
        raise ModelSettingsError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"])) or "it"
        raise ModelSettingsError(f"{path} is no manifest: {where}: {problem['msg']}") from None
    return {
        name: Model(name=name, lock=path.with_name(pin.wheels) if pin.wheels else None, **dict(pin))
        for name, pin in pins.items()
    }


KNOWN: Final[Mapping[str, Model]] = read(_KNOWN)
"""The models that this release pins, by name."""

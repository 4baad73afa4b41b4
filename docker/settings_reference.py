"""Write ``docs/settings.md`` from the settings classes: ``python docker/settings_reference.py``.

With ``--check`` nothing is written; exit code 1 says that the page is not what the classes say.
"""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from mentor_api.settings import IngestSettings, WebSettings
from mentor_common.settings import CommonSettings, GraphQLSettings, StageSettings, WorkerSettings
from mentor_notifier.settings import NotifierSettings
from mentor_transcoder.settings import TranscoderSettings
from mentor_transcriber.model import ModelSettings
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
INTRODUCTION = """# Settings

Every process reads its settings from the environment and ends at once if one is missing or
wrong, naming the variable. `--check-config` prints them with secrets starred out, `--check-wiring`
makes all they ask for and sends nothing. Times are in seconds, sizes in bytes. What the running
local stack gives a process stands in `.local/env/<process>.env`.

This page is written from the settings classes by `python docker/settings_reference.py`.
"""
SECTIONS: tuple[tuple[str, str, tuple[type[BaseSettings], ...]], ...] = (
    ("Shared by all", "Every process of every service.", (StageSettings, CommonSettings)),
    (
        "Shared by workers",
        "Every process that consumes a queue: ingest, transcoder, transcriber, notifier.",
        (WorkerSettings,),
    ),
    ("GraphQL", "The api's two processes and the notifier.", (GraphQLSettings,)),
    (
        "api: web",
        "`python -m mentor_api web`.",
        (WebSettings,),
    ),
    ("api: ingest", "`python -m mentor_api ingest`.", (IngestSettings,)),
    ("transcoder", "`python -m mentor_transcoder`.", (TranscoderSettings,)),
    (
        "transcriber",
        "`python -m mentor_transcriber`; `python -m mentor_transcriber.model` reads the model's.",
        (TranscriberSettings, ModelSettings),
    ),
    ("notifier", "`python -m mentor_notifier`.", (NotifierSettings,)),
)
HEAD = ("| variable | default | allowed | meaning |", "| --- | --- | --- | --- |")
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def as_markdown() -> str:
    """Return the page.

    Raises
    ------
    ValueError
        A setting without a description.
    """
    parts = [INTRODUCTION]
    for title, about, classes in SECTIONS:
        rows = [row(name, field) for each in classes for name, field in own_fields(each)]
        parts.append("\n".join([f"## {title}\n", f"{about}\n", *HEAD, *rows, ""]))
    return "\n".join(parts)


def own_fields(settings: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the fields that a class adds to its bases, or changes."""
    for name, field in settings.model_fields.items():
        if name in settings.__annotations__:
            yield name, field


def row(name: str, field: FieldInfo) -> str:
    """Return a setting's line of the table."""
    cells = (f"`{name.upper()}`", default_of(field), allowed(field), meaning(name, field))
    return f"| {' | '.join(cells)} |"


def default_of(field: FieldInfo) -> str:
    """Return a default as the table shows it."""
    if field.is_required():
        return "required"
    value = field.default.value if isinstance(field.default, Enum) else field.default
    if value is None:
        return "none"
    if value == "":
        return "empty"
    if value is PydanticUndefined:
        return "made"
    return f"`{int(value) if isinstance(value, float) and value.is_integer() else value}`"


def allowed(field: FieldInfo) -> str:
    """Return what a value may be: bounds, or the choices."""
    choices = list(_choices(field.annotation))
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    bounds = [
        f"{sign} {getattr(bound, name):,}".replace(",", " ")
        for bound in field.metadata
        for name, sign in _BOUNDS.items()
        if hasattr(bound, name)
    ]
    return ", ".join(bounds)


def _choices(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif annotation is bool:
        yield from ("true", "false")
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (each.value for each in annotation)
    elif isinstance(annotation, UnionType):
        for each in get_args(annotation):
            yield from _choices(each)


def meaning(name: str, field: FieldInfo) -> str:
    """Return a field's description."""
    if not field.description:
        raise ValueError(f"{name.upper()} has no description: give its Field one")
    return field.description.replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write the page, or compare it (``--check``)."""
    if "--check" not in arguments:
        PAGE.write_text(as_markdown())
        return 0
    if PAGE.read_text() == as_markdown():
        return 0
    print(f"{PAGE} is not what the settings classes say; write it anew", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The recognisers there are, by the name a setting gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mentor_transcriber.engines.base import Engine, Recognition
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ENGINES", "Engine", "PocketsphinxEngine", "Recognition", "create"]

ENGINES: Final[Mapping[str, Callable[[], Engine]]] = {
    PocketsphinxEngine.name: PocketsphinxEngine,
}


def create(name: str) -> Engine:
    """Return the recogniser called ``name``.

    Raises
    ------
    ValueError
        There is none of that name; the message says which there are.
    """
    if name not in ENGINES:
        raise ValueError(f"no recogniser is called {name!r}; there are: {', '.join(ENGINES)}")
    return ENGINES[name]()

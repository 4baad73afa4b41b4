"""The law that a value which another writer put into an answer is never overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.laws import Laws
    from simulation.process import Process

    Key = tuple[str, str]
    Content = dict[str, Any]

FIELDS = ("webMedia", "mobileMedia", "transcript")
_INSTANT_SECONDS = 10.0
"""GraphQL knows no conditional write: what is written between our read and our write is lost."""


@dataclass(frozen=True)
class _Theirs:
    """A value that another writer put into a field, with its time and the revision then shown."""

    value: str
    at: float
    revision: int


class OthersValues:
    """Keeps in mind what others wrote; only an upload that goes live afterwards replaces it.

    Parameters
    ----------
    laws
        Hears what was broken, and knows the uploads and which writes come late.
    """

    def __init__(self, laws: Laws) -> None:
        self._laws = laws
        self._theirs: dict[tuple[Key, str], _Theirs] = {}
        self._live: dict[Key, int] = {}
        self._stood: dict[Key, Content] = {}

    def written(self, process: Process | None, key: Key, before: Content, after: Content) -> None:
        """See a write to an answer; one by no process is another writer's."""
        changed = [name for name in FIELDS if _value(before, name) != _value(after, name)]
        now, live = self._laws.world.loop.time(), self._live.get(key, 0)
        if process is None:
            for name in changed:
                self._theirs[key, name] = _Theirs(_value(after, name), now, live)
            return
        revision = self._revision(after) if "webMedia" in changed else live
        if revision > live:
            self._live[key], self._stood[key] = revision, before
        for name in changed:
            theirs = self._theirs.get((key, name))
            if theirs is None or theirs.value != _value(before, name):
                continue
            as_before = theirs.value == _value(self._stood.get(key, {}), name)
            same_instant = now - theirs.at <= _INSTANT_SECONDS
            excused = as_before or same_instant or self._laws.is_late(process)
            if revision <= theirs.revision and not excused:
                self._laws.report("another writer's value was overwritten", key, name, theirs.value)

    def _revision(self, content: Content) -> int:
        job = self._laws.upload(url_in(content).split("/")[3]).job
        return job.revision if job else 0

    def are_in(self, key: Key, name: str, value: str, revision: int = 0) -> bool:
        """Return whether another writer put a value there once the answer showed a revision."""
        theirs = self._theirs.get((key, name))
        return theirs is not None and theirs.value == value and theirs.revision >= revision


def url_in(content: Content, name: str = "webMedia") -> str:
    """Return the address of one of an answer's media; empty where it has none."""
    return str((content.get(name) or {}).get("url") or "")


def _value(content: Content, name: str) -> str:
    return str(content.get(name) or "") if name == "transcript" else url_in(content, name)

"""The log of what operators did: who, when, what, and what came of it. Nothing in it is changed.

An action is written before it starts, and its end after, as two items: what was begun and broke
off stays begun. They lie in a partition for each month, the latest of which is read first.
"""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from mentor_common.errors import DependencyDownError
from mentor_common.jobs import ConditionFailedError, Write
from mentor_common.jobs.item import EpochSeconds, StoredItem
from mentor_common.operating.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.aws.table import Item
    from mentor_common.clock import Clock
    from mentor_common.jobs import Table

KEPT_SECONDS = 180 * 24 * 3600
_STAMP = "%Y%m%dT%H%M%S%fZ"
_ID = re.compile(r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]{8}")
_BEGAN, _ENDED = "#began", "#ended"

Verb = Literal["redrive", "discard", "retry", "cancel"]
Tool = Literal["console", "mentor-ops"]


class Entry(StoredItem):
    """An action.

    Parameters
    ----------
    id
        Of the action; begins with the time.
    at, ended_at
        Epoch seconds; no end where it still runs or broke off.
    to
        To what: the queue and the letters that were meant, or the upload.
    result
        What came of it: counts, places, or ``error``.
    """

    id: str
    at: EpochSeconds
    who: str
    tool: Tool
    verb: Verb
    to: dict[str, Any]
    ended_at: EpochSeconds | None = None
    result: dict[str, Any] | None = None


class Audit:
    """Writes to the log, and reads of it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, who: str, tool: Tool, verb: Verb, to: dict[str, Any]) -> Entry:
        """Write that an action begins; without that it must not."""
        now = self._clock.now()
        stamp = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
        to = {name: value for name, value in to.items() if value is not None}
        id_ = f"{stamp}-{uuid.uuid4().hex[:8]}"
        entry = Entry(id=id_, at=now, who=who, tool=tool, verb=verb, to=to)
        self._put(id_, _BEGAN, entry.model_dump(exclude_none=True))
        return entry

    def end(self, id_: str, result: dict[str, Any]) -> None:
        """Write how an action ended; the first end stands."""
        self._put(id_, _ENDED, {"ended_at": self._clock.now(), "result": result})

    @contextmanager
    def recorded(
        self, who: str, tool: Tool, verb: Verb, to: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Write that an action begins, and at its end what it left in the given dict.

        Killed in between, it stays begun.
        """
        entry = self.begin(who, tool, verb, to)
        result: dict[str, Any] = {}
        try:
            yield result
        except (RefusedError, DependencyDownError) as error:
            result["error"] = str(error)
            raise
        except BaseException as error:
            result["error"] = type(error).__name__
            raise
        finally:
            self.end(entry.id, result)

    def _put(self, id_: str, part: str, item: dict[str, Any]) -> None:
        put = item | {"ttl": int(self._clock.now()) + KEPT_SECONDS}
        try:
            self._table.write(
                Write(_pk(id_), id_ + part, put=put, condition="attribute_not_exists(pk)")
            )
        except ConditionFailedError:
            return

    def latest(self, limit: int, before: str | None = None) -> list[Entry]:
        """Return actions, the latest first.

        ``before`` is the id of an action: only those before it. See :func:`is_id`.
        """
        entries: list[Entry] = []
        ended: Item = {}
        for item in self._items(before):
            id_, _, part = item["sk"].partition("#")
            if f"#{part}" == _ENDED:
                ended = item | {"id": id_}
                continue
            end = ended if ended.get("id") == id_ else {}
            ending = {name: end[name] for name in ("ended_at", "result") if name in end}
            entries += Entry.from_items([item | ending])
            if len(entries) == limit:
                break
        return entries

    def _items(self, before: str | None) -> Iterator[Item]:
        """Yield items from ``before``, or now, down through the months that are kept."""
        now = self._clock.now()
        month = before[:6] if before else datetime.fromtimestamp(now, UTC).strftime("%Y%m")
        oldest = datetime.fromtimestamp(now - KEPT_SECONDS, UTC).strftime("%Y%m")
        while month >= oldest:
            yield from self._of_month(month, before)
            year, number = int(month[:4]), int(month[4:])
            month = f"{year - 1}12" if number == 1 else f"{year}{number - 1:02}"

    def _of_month(self, month: str, before: str | None) -> Iterator[Item]:
        page = 100
        while items := self._table.latest(f"AUDIT#{month}", page, before):
            yield from items
            before = items[-1]["sk"]


def is_id(text: str) -> bool:
    """Return whether a text is the id of an action, by its form."""
    return _ID.fullmatch(text) is not None


def _pk(id_: str) -> str:
    return f"AUDIT#{id_[:6]}"

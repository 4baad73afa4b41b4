"""Items that have come due for a sweep, and when it is to look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.sweeping import look_again_in

if TYPE_CHECKING:
    from mentor_common.aws.table import Item, Table

_AHEAD_SECONDS = 30.0
"""Longer than a sweep that finds nothing pauses."""


def due_now(table: Table, kind: str, now: float) -> list[Item]:
    """Return the items of a kind that are due; the sweep looks again when the next one is.

    An answer that is only to be read back waits for the sweep's next run. Of a kind in shards one
    is read at each call, the next one at the next.
    """
    found = table.due(kind, now + _AHEAD_SECONDS, by_turns=True)
    due = [item for item in found if item["due_at"] <= now]
    following = (item["due_at"] for item in found[len(due) :] if not _is_read_back(item))
    look_again_in(next(following, now + _AHEAD_SECONDS) - now)
    return due


def _is_read_back(item: Item) -> bool:
    return bool(item["due_at"] == item.get("read_back_at"))

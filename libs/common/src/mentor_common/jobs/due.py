"""What has come due for a sweep, and when it is to look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.sweeping import look_again_in

if TYPE_CHECKING:
    from mentor_common.aws.table import Item, Table

_AHEAD_SECONDS = 30.0
"""Longer than a sweep that finds nothing pauses."""


def due_now(table: Table, kind: str, now: float) -> list[Item]:
    """Return the items of a kind that are due; the sweep looks again when the next one is.

    Of a kind in shards one is read at each call, the next one at the next.
    """
    found = table.due(kind, now + _AHEAD_SECONDS, by_turns=True)
    due = [item for item in found if item["due_at"] <= now]
    if len(due) < len(found):
        look_again_in(float(found[len(due)]["due_at"]) - now)
    return due

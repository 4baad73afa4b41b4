"""The index by day: which uploads came and how they ended, so that nobody has to read the table.

For operators. JOB, and OUTCOME once it was said, carry ``day`` (what it is, and the day in UTC) and
``day_at``: only what carries both is in the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.aws.table import Item, Table

IndexedItem = Literal["JOB", "OUTCOME"]
DAY_SECONDS = 24 * 3600
_PAGE = 500


def day_attributes(what: IndexedItem, at: float) -> dict[str, Any]:
    """Return the attributes that put an item into the index at a time, epoch seconds."""
    return {"day": _day(what, at), "day_at": at}


def _day(what: IndexedItem, at: float) -> str:
    return f"{what}#{datetime.fromtimestamp(at, UTC).date().isoformat()}"


@dataclass(frozen=True)
class DayIndex:
    """Reads of the index, the latest first; eventually consistent."""

    table: Table

    def between(self, what: IndexedItem, since: float, until: float) -> Iterator[Item]:
        """Yield items from ``until`` back to ``since``.

        What the index holds of a JOB: ``mentor``, ``status``, ``accepted_at``; of an OUTCOME:
        ``kind``, ``code``, ``accepted_at`` of its upload. Both: ``pk``, ``sk``, ``day_at``.
        """
        end = until
        while end >= since:
            begin = end // DAY_SECONDS * DAY_SECONDS
            yield from self._of_day(_day(what, end), max(begin, since), end)
            end = begin - 1e-6

    def _of_day(self, day: str, since: float, until: float) -> Iterator[Item]:
        after = None
        while True:
            items, after = self.table.of_day(day, since, until, _PAGE, after)
            yield from items
            if after is None:
                return

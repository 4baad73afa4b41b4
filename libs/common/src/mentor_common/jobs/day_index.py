"""Index by day of the uploads that came and of their outcomes, for operators.

JOB, and OUTCOME once it was published, carry ``day`` (the item's type and the day in UTC) and
``day_at``: only items with both are in the index.
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


def day_attributes(item: IndexedItem, at: float) -> dict[str, Any]:
    """Return the attributes that put an item into the index at a time, epoch seconds."""
    return {"day": _day(item, at), "day_at": at}


def _day(item: IndexedItem, at: float) -> str:
    return f"{item}#{datetime.fromtimestamp(at, UTC).date().isoformat()}"


@dataclass(frozen=True)
class DayIndex:
    """Reader of the index; eventually consistent."""

    table: Table

    def between(self, item: IndexedItem, since: float, until: float) -> Iterator[Item]:
        """Yield items from ``until`` back to ``since``, epoch seconds.

        Attributes of a JOB in the index: ``mentor``, ``status``, ``accepted_at``; of an OUTCOME:
        ``kind``, ``code``, ``accepted_at`` of its upload. Both: ``pk``, ``sk``, ``day_at``.
        """
        end = until
        while end >= since:
            begin = end // DAY_SECONDS * DAY_SECONDS
            yield from self._of_day(_day(item, end), max(begin, since), end)
            end = begin - 1e-6

    def every(self, item: IndexedItem) -> Iterator[Item]:
        """Yield all items of a type, in no order; reads the whole index."""
        yield from self.table.scan_days(item)

    def _of_day(self, day: str, since: float, until: float) -> Iterator[Item]:
        after = None
        while True:
            items, after = self.table.of_day(day, since, until, _PAGE, after)
            yield from items
            if after is None:
                return

"""Reads of the index by day: every day of a span once, the latest first, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from mentor_common.jobs import DayIndex
from mentor_common.jobs.day_index import DAY_SECONDS, day_attributes

if TYPE_CHECKING:
    from mentor_common.aws.table import Item, Table

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
HOUR = 3600


class DayPages:
    """The table's reads of one day, two items a page."""

    def __init__(self, *items: Item) -> None:
        self.items = items
        self.days: list[str] = []

    def of_day(
        self, day: str, since: float, until: float, _limit: int, after: Any
    ) -> tuple[list[Item], Any]:
        """Return a page and the position after it."""
        self.days.append(day)
        found = [
            item
            for item in sorted(self.items, key=lambda item: -item["day_at"])
            if item["day"] == day and since <= item["day_at"] <= until
        ]
        begin = after or 0
        page = found[begin : begin + 2]
        return page, begin + 2 if begin + 2 < len(found) else None


def between(pages: DayPages, since: float, until: float) -> list[float]:
    index = DayIndex(cast("Table", pages))
    return [item["day_at"] for item in index.between("JOB", since, until)]


def test_an_item_is_indexed_by_its_type_and_the_day_in_utc() -> None:
    assert day_attributes("JOB", MIDNIGHT) == {"day": "JOB#2026-01-05", "day_at": MIDNIGHT}
    assert day_attributes("OUTCOME", MIDNIGHT - 0.001)["day"] == "OUTCOME#2026-01-04"


def test_the_items_of_several_days_come_from_the_latest_on() -> None:
    times = [MIDNIGHT - 2 * DAY_SECONDS, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + HOUR]
    pages = DayPages(*(day_attributes("JOB", at) for at in times))
    assert between(pages, times[0], times[-1]) == times[::-1]
    assert pages.days == [f"JOB#2026-01-{day:02}" for day in (5, 4, 3)]


def test_nothing_outside_the_span_is_read() -> None:
    times = [MIDNIGHT - HOUR, MIDNIGHT - 1, MIDNIGHT + 1, MIDNIGHT + HOUR]
    pages = DayPages(*(day_attributes("JOB", at) for at in times))
    assert between(pages, MIDNIGHT - 1, MIDNIGHT + 1) == [MIDNIGHT + 1, MIDNIGHT - 1]
    assert between(pages, MIDNIGHT + 1, MIDNIGHT) == []


def test_a_day_is_read_page_by_page() -> None:
    times = [MIDNIGHT + second for second in range(5)]
    pages = DayPages(*(day_attributes("JOB", at) for at in times))
    assert between(pages, MIDNIGHT, MIDNIGHT + HOUR) == times[::-1]
    assert pages.days == ["JOB#2026-01-05"] * 3

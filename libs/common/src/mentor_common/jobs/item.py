"""Base of the models of stored items; docs/architecture.md says who owns which.

A neighbouring release may write values that this one does not know; they make no item unreadable
(ADR 0034). A status on which conditional writes depend is kept as it is written; a value that is
only shown or decided upon is read as the known one that does least.

An item that fits its model can be shown and decided upon without an error. One that does not is
set aside: whoever goes through several leaves it out and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mentor_common.errors import UnreadableItemError
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_log = get_logger(__name__)
_reports = error_reports.ReportThrottle()
_MOST_PROBLEMS = 5

EpochSeconds = Annotated[float, Field(ge=0, le=1e11)]
"""A time that calendars know: 1e11 is in the year 5138."""
UUID_PATTERN: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""Ids of uploads and of transfers, as a regular expression."""
Uuid = Annotated[str, Field(pattern=f"^{UUID_PATTERN}$")]
Count = Annotated[int, Field(ge=0, le=10**9)]


class StoredItem(BaseModel):
    """An item of the jobs table; unknown attributes are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    def item(self) -> dict[str, Any]:
        """Return the attributes to store; absent ones are left out."""
        return self.model_dump(exclude_none=True)

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Return the model of a stored item.

        Raises
        ------
        UnreadableItemError
            It does not fit. That is counted, logged and reported.
        """
        try:
            return cls.model_validate(item)
        except ValidationError as error:
            # A module's own model of a part of an item counts as that of the whole.
            raise unreadable(item, problem_of(error), cls.__name__.lstrip("_")) from None

    @classmethod
    def from_items(cls, items: Iterable[Mapping[str, Any]]) -> Iterator[Self]:
        """Yield the models of those items that can be read."""
        for item in items:
            try:
                yield cls.from_item(item)
            except UnreadableItemError:
                continue


def unreadable(item: Mapping[str, Any], problem: str, model: str) -> UnreadableItemError:
    """Return the error about an item, which is counted by its model, logged and reported once."""
    error = UnreadableItemError(str(item.get("pk", "?")), str(item.get("sk", "?")), problem)
    metrics.UNREADABLE_ITEMS.labels(model=model).inc()
    _log.error("an item cannot be read", pk=error.pk, sk=error.sk, why=problem)
    what = "an item of the jobs table cannot be read"
    _reports.report_first((error.pk, error.sk), what, error, code="unreadable_item")
    return error


def problem_of(error: ValidationError) -> str:
    """Return which attributes are wrong and how, without their values."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    problems = [f"{'.'.join(map(str, one['loc'])) or 'item'}: {one['msg']}" for one in found]
    return "; ".join(problems[:_MOST_PROBLEMS])

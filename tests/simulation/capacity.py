"""The request units of the jobs table, by the rules of the Amazon DynamoDB Developer Guide.

A read unit is 4 KB read consistently, or 8 KB where the read may be stale; a write unit is 1 KB. An
item counts rounded up, a query's items together. A write counts the larger of what was there
and what is there now, also where its condition fails, and once more for each index whose entry
changes; in a transaction all of it counts twice. (The guide says so of items and is silent about
their index entries: those may cost half.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulation.template import Index, indexes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulation.expressions import Item

_READ_BYTES, _WRITE_BYTES = 4096, 1024
_IN_TRANSACTION = 2


@dataclass
class Capacity:
    """Units taken so far."""

    reads: float = 0.0
    writes: int = 0

    @cached_property
    def _indexes(self) -> tuple[Index, ...]:
        return indexes()

    def get(self, item: Item | None) -> None:
        """Count a consistent read of one item, or of none."""
        self.reads += _units(size_of(item or {}), _READ_BYTES)

    def query(self, items: Sequence[Item], *, consistent: bool) -> None:
        """Count a query of the table, or of an index, which is never consistent."""
        units = _units(sum(map(size_of, items)), _READ_BYTES)
        self.reads += units if consistent else units / 2

    def write(self, before: Item | None, after: Item | None, *, in_transaction: bool) -> None:
        """Count a write; one whose condition failed, or was all of it, left the item as it was."""
        units = _units(max(size_of(before or {}), size_of(after or {})), _WRITE_BYTES)
        if before != after:
            units += sum(_index_units(index, before, after) for index in self._indexes)
        self.writes += units * (_IN_TRANSACTION if in_transaction else 1)


def size_of(item: Item) -> int:
    """Return an item's bytes: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float | Decimal):
        digits = Decimal(str(value)).normalize().as_tuple().digits
        return math.ceil(len(digits) / 2) + 1 + (value < 0)
    if isinstance(value, dict):
        return 3 + len(value) + size_of(value)
    if isinstance(value, set | frozenset):
        return sum(map(_value_size, value))
    if isinstance(value, list | tuple):
        return 3 + sum(1 + _value_size(each) for each in value)
    raise TypeError(f"the size of a {type(value).__name__} is not known here")


def _index_units(index: Index, before: Item | None, after: Item | None) -> int:
    """Return what an index takes to follow: nothing, a put, a delete, or both for another key."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old and new and index.key(old) == index.key(new):
        return _units(max(size_of(old), size_of(new)), _WRITE_BYTES)
    return sum(_units(size_of(entry), _WRITE_BYTES) for entry in (old, new) if entry)


def _units(size: int, unit: int) -> int:
    return max(1, math.ceil(size / unit))

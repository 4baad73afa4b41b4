"""Attributes of the jobs table's items: checked and written on one side, read on the other.

By hand, for boto3 tries ten types for each value, and keeps binary ones and long numbers from
us. Every write passes here, so no caller can store what nobody can read. What others have stored is
read as far as DynamoDB itself can hold it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import DYNAMODB_CONTEXT

from mentor_common.errors import UnstorableError
from mentor_common.storable import check_storable

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ITEM_BYTES: Final = 400 * 1024
"""Largest item that DynamoDB stores, names included."""
_NUMBER_BYTES: Final = 21
_CONTAINER_BYTES: Final = 3


def read(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an item, or of a key, that DynamoDB has answered."""
    return {name: _value(typed) for name, typed in item.items()}


def written(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes in DynamoDB's own form (``{"S": …}``), all checked before.

    Floats become decimals of six places; ``None`` is left out of what is within them.

    Raises
    ------
    UnstorableError
        One cannot be stored and read back, or all of them are larger than an item may be.
    """
    check_storable(attributes)
    sizes = {name: len(name.encode()) + _bytes_of(value) for name, value in attributes.items()}
    if sum(sizes.values()) > MAX_ITEM_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        raise UnstorableError(largest, f"makes an item larger than {MAX_ITEM_BYTES} bytes")
    return {name: _typed(value) for name, value in attributes.items()}


def _typed(value: Any) -> dict[str, Any]:
    """Return a value that can be stored in DynamoDB's own form."""
    content = value
    match value:
        case str():
            kind = "S"
        case None:
            kind, content = "NULL", True
        case bool():
            kind = "BOOL"
        case int() | float() | Decimal():
            kind, content = "N", _number_written(value)
        case bytes() | bytearray():
            kind, content = "B", b64encode(value).decode()
        case AbstractSet() if all(isinstance(member, str) for member in value):
            kind, content = "SS", list(value)
        case AbstractSet():
            kind, content = "NS", list(map(_number_written, value))
        case Mapping():
            kept = {name: inner for name, inner in value.items() if inner is not None}
            kind, content = "M", {name: _typed(inner) for name, inner in kept.items()}
        case _:
            kind, content = "L", [_typed(inner) for inner in value]
    return {kind: content}


def _number_written(number: float | Decimal) -> str:
    if isinstance(number, float):
        return str(Decimal(str(round(number, 6))))
    return str(DYNAMODB_CONTEXT.create_decimal(number))


def _value(typed: Mapping[str, Any]) -> Any:
    """Return the value of an attribute in DynamoDB's own form."""
    ((kind, value),) = typed.items()
    return _READERS[kind](value)


def _number(written: str) -> int | float:
    """Return any number that DynamoDB can answer, also of more than the 38 digits that boto3 takes.

    It writes out all digits of 1e100: one such item would make its whole page unreadable.
    """
    if written.isdecimal():  # as most are
        return int(written)
    number = Decimal(written)
    return int(number) if number == number.to_integral_value() else float(number)


_READERS: dict[str, Callable[[Any], Any]] = {
    "NULL": lambda _: None,
    "BOOL": lambda value: value,
    "S": lambda value: value,
    "N": _number,
    "B": b64decode,
    "SS": set,
    "NS": lambda numbers: set(map(_number, numbers)),
    "BS": lambda several: set(map(b64decode, several)),
    "L": lambda values: [_value(typed) for typed in values],
    "M": read,
}


def _bytes_of(value: Any) -> int:
    """Return the most bytes that a value takes ("Item sizes and formats", DynamoDB's guide)."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    if isinstance(value, dict):
        inner = ((name, item) for name, item in value.items() if item is not None)
        return _CONTAINER_BYTES + sum(1 + len(n.encode()) + _bytes_of(item) for n, item in inner)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _CONTAINER_BYTES + sum(1 + _bytes_of(item) for item in value)
    return 1 if isinstance(value, bool) or value is None else _NUMBER_BYTES

"""Attributes of the jobs table's items: checked and written on one side, read on the other.

Every write passes here, so no caller can store what nobody can read. What others have stored is
read as far as DynamoDB itself can hold it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, Final

from mentor_common.errors import UnstorableError
from mentor_common.storable import check_storable

MAX_ITEM_BYTES: Final = 400 * 1024
"""Largest item that DynamoDB stores, names included."""
_NUMBER_BYTES: Final = 21
_CONTAINER_BYTES: Final = 3


def read(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an item, or of a key, that DynamoDB has answered."""
    return {name: _value(attribute) for name, attribute in item.items()}


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
    return {name: _attribute(value) for name, value in attributes.items()}


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, content),) = attribute.items()
    return _READ[kind](content)


def _number(text: str) -> int | float:
    """Return any number that DynamoDB can answer: it writes out all digits of 1e100."""
    if text.isdecimal():  # as most are
        return int(text)
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "S": str,
    "N": _number,
    "BOOL": bool,
    "NULL": lambda _: None,
    "M": read,
    "L": lambda content: [_value(one) for one in content],
    "B": b64decode,  # which botocore leaves to us: see :data:`.clients.MODELS`
    "SS": set,
    "NS": lambda content: {_number(one) for one in content},
    "BS": lambda content: {b64decode(one) for one in content},
}


def _attribute(value: Any) -> dict[str, Any]:
    kind: str
    content: Any
    match value:
        case None:
            kind, content = "NULL", True
        case str():
            kind, content = "S", value
        case bool():
            kind, content = "BOOL", value
        case int() | Decimal():
            kind, content = "N", str(value)
        case float():
            kind, content = "N", str(Decimal(str(round(value, 6))))
        case bytes():
            kind, content = "B", b64encode(value).decode()
        case Mapping():
            there = {name: one for name, one in value.items() if one is not None}
            kind, content = "M", {name: _attribute(one) for name, one in there.items()}
        case AbstractSet():
            members = [_attribute(one) for one in value]
            (of_one,) = members[0]  # as of all: DynamoDB has no set of several types
            kind, content = f"{of_one}S", [member[of_one] for member in members]
        case _:
            kind, content = "L", [_attribute(one) for one in value]
    return {kind: content}


def _bytes_of(value: Any) -> int:
    """Return the most bytes that a value takes ("Item sizes and formats", DynamoDB's guide)."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        inner = [(name, item) for name, item in value.items() if item is not None]
        return _CONTAINER_BYTES + sum(1 + len(n.encode()) + _bytes_of(item) for n, item in inner)
    if isinstance(value, (list, tuple, AbstractSet)):
        return _CONTAINER_BYTES + sum(1 + _bytes_of(item) for item in value)
    return 1 if isinstance(value, bool) or value is None else _NUMBER_BYTES

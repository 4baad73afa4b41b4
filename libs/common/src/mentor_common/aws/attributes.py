"""Attributes of the jobs table's items: checked and written on one side, read on the other.

Every write passes here, so no caller can store what nobody can read. What others have stored is
read as far as DynamoDB itself can hold it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from mentor_common.errors import UnstorableError
from mentor_common.storable import check_storable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ITEM_BYTES: Final = 400 * 1024
"""Largest item that DynamoDB stores, names included."""
_NUMBER_BYTES: Final = 21
_CONTAINER_BYTES: Final = 3


class _Writer(TypeSerializer):  # type: ignore[misc]  # boto3 is untyped
    """Writes bytes as base64, which botocore leaves to us: see :data:`.clients.MODELS`."""

    def _serialize_b(self, value: Any) -> str:
        return b64encode(super()._serialize_b(value)).decode()


class _Reader(TypeDeserializer):  # type: ignore[misc]
    """Reads bytes from base64, and every number that DynamoDB can answer, as ``int`` or ``float``.

    boto3's own refuses those of more than 38 digits, and DynamoDB writes out all digits of 1e100:
    one such item would make its whole page unreadable.
    """

    def _deserialize_b(self, value: str) -> Any:
        return super()._deserialize_b(b64decode(value))

    def _deserialize_n(self, value: str) -> int | float:
        if value.isdecimal():  # as most are
            return int(value)
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else float(number)


_serializer, _deserializer = _Writer(), _Reader()


def read(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an item, or of a key, that DynamoDB has answered."""
    return {name: _deserializer.deserialize(value) for name, value in item.items()}


def written(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes in DynamoDB's own form (``{"S": …}``), all checked before.

    Floats become decimals of six places; ``None`` is left out of what is within them.

    Raises
    ------
    UnstorableError
        One cannot be stored and read back, or all of them are larger than an item may be.
    """
    check_storable(attributes)
    found = {name: _storable(value) for name, value in attributes.items()}
    sizes = {name: len(name.encode()) + _bytes_of(value) for name, value in found.items()}
    if sum(sizes.values()) > MAX_ITEM_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        raise UnstorableError(largest, f"makes an item larger than {MAX_ITEM_BYTES} bytes")
    return {name: _serializer.serialize(value) for name, value in found.items()}


def _storable(value: Any) -> Any:
    """Return ``value`` as boto3 writes it: decimals for floats."""
    if isinstance(value, float):
        return Decimal(str(round(value, 6)))
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return value


def _bytes_of(value: Any) -> int:
    """Return the most bytes that a value takes ("Item sizes and formats", DynamoDB's guide)."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    if isinstance(value, dict):
        inner = ((name, item) for name, item in value.items())
        return _CONTAINER_BYTES + sum(1 + len(n.encode()) + _bytes_of(item) for n, item in inner)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _CONTAINER_BYTES + sum(1 + _bytes_of(item) for item in value)
    return 1 if isinstance(value, bool) or value is None else _NUMBER_BYTES

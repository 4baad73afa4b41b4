"""Values that can be stored and published: one rule for the table and for events.

Beyond it other parties, or our own next read, fail: JSON has no infinity (RFC 8259, section 6),
UTF-8 has no lone surrogates (RFC 3629, section 3), and DynamoDB keeps 38 digits and 32 levels of
nesting ("Service, account, and table quotas in Amazon DynamoDB"). Of a number all digits before
the point have to fit: DynamoDB answers 1e100 written out, and clients of 38 digits cannot read it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, Final

from mentor_common.errors import UnstorableError

MOST_DIGITS: Final = 38
MOST_LEVELS: Final = 32
"""Of objects and lists within each other, the document itself among them."""


def check_storable(
    value: Any, place: str = "", *, below: float = 10**MOST_DIGITS, level: int = 1
) -> None:
    """Refuse a value that cannot be stored and read back everywhere.

    Parameters
    ----------
    value
        JSON values, and what DynamoDB has beside them: bytes, and sets of text or numbers.
    place
        Name of the attribute; names within it are added, with dots.
    below
        All numbers have to be below that, either way; infinity for any that JSON can write.

    Raises
    ------
    UnstorableError
        Naming the place of the first such value, never the value.
    """
    match value:
        case None | bool() | bytes():
            return
        case str():
            _check_text(value, place)
        case int() | float() | Decimal():
            _check_number(value, place, below)
        case Mapping():
            _check_level(level, place)
            for name, inner in value.items():
                if not isinstance(name, str):
                    raise UnstorableError(place, f"has a name of the type {type(name).__name__}")
                _check_text(name, place)
                inner_place = f"{place}.{name}" if place else name
                check_storable(inner, inner_place, below=below, level=level + 1)
        case AbstractSet() | Sequence():
            _check_level(level, place)
            if isinstance(value, AbstractSet) and not value:
                raise UnstorableError(place, "is an empty set")
            for number, inner in enumerate(value):
                check_storable(inner, f"{place}.{number}", below=below, level=level + 1)
        case _:
            raise UnstorableError(place, f"is of the type {type(value).__name__}")


def _check_text(value: str, place: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnstorableError(place, "has text that is not valid Unicode") from None


def _check_number(value: float | Decimal, place: str, below: float) -> None:
    if not math.isfinite(value):
        raise UnstorableError(place, "is no finite number")
    # As it is written: the float 1e38 is a little less than that.
    shown = Decimal(str(value)) if isinstance(value, float) else value
    if not -below < shown < below:
        raise UnstorableError(place, f"is a number of more than {MOST_DIGITS} digits")
    if isinstance(value, Decimal) and len(value.as_tuple().digits) > MOST_DIGITS:
        raise UnstorableError(place, f"is a number of more than {MOST_DIGITS} digits")


def _check_level(level: int, place: str) -> None:
    if level > MOST_LEVELS:
        # The names on the way down may be as many as somebody likes.
        outermost = place.partition(".")[0]
        raise UnstorableError(outermost, f"is nested deeper than {MOST_LEVELS} levels")

"""Two wrong things in one request: which of them the client is told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from error_texts.table import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from error_texts.request import Request
    from error_texts.table import Name
    from error_texts.wrong import Change

_WHOLE_BODY = {"body", "content type"}
_OF_BODY = ("json", "form", "file")


def refused(answers: Mapping[Name, dict[str, Any]]) -> list[Name]:
    """Return a change for each error at each place, besides other methods.

    Of bad tokens one stands for all. So does the body for the fields in which it is no JSON.
    """
    seen: dict[tuple[str, str], Name] = {}
    whole = {repr(answer) for (place, _), answer in answers.items() if place == "body"}
    for (place, kind), answer in answers.items():
        text = repr(answer)
        of_body = text in whole and place.startswith(_OF_BODY)
        if answer != ACCEPTED and place != "method" and not of_body:
            seen.setdefault((place, "" if place == "token" else text), (place, kind))
    return list(seen.values())


def together(one: Name, other: Name) -> bool:
    """Return whether two changes can stand in one request."""
    places = (one[0], other[0])
    if {place.split()[0] for place in places} == {"token", "caller"}:
        return False
    if _WHOLE_BODY & set(places):
        return not any(
            place in _WHOLE_BODY or place.startswith(_OF_BODY) for place in _rest(places)
        )
    first, second = sorted(f"{place}." for place in places)
    return not second.startswith(first)


def _rest(places: tuple[str, str]) -> Iterator[str]:
    """Yield the places but the one that stands for the whole body."""
    rest = list(places)
    rest.remove(next(place for place in places if place in _WHOLE_BODY))
    yield from rest


def both(request: Request, one: Change, other: Change) -> Request:
    """Return the request with two changes."""
    return other(one(request))


def pairs(names: Sequence[Name]) -> Iterator[tuple[Name, Name]]:
    """Yield each two changes that can stand together, the earlier one first."""
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if together(first, second):
                yield first, second

"""``python -m error_texts``, in the folder ``tests``: write the table anew from what is answered.

Its difference to the table in Git is what clients would get to see: read each line of it.
"""

from __future__ import annotations

import logging
import sys
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import structlog

from error_texts import order, table
from error_texts.served import served
from error_texts.valid import VALID

if TYPE_CHECKING:
    from error_texts.served import Served
    from error_texts.table import Name


def measured(api: Served, route: str) -> dict[str, Any]:
    """Return what the table should say of a route."""
    changes = api.changes(route)
    answers = {name: api.ask(change(VALID[route])) for name, change in changes.items()}
    return {"places": table.rows(answers), "first": _first(api, route, answers)}


def _first(api: Served, route: str, answers: dict[Name, dict[str, Any]]) -> list[Name]:
    """Return the refused changes in the order in which they are reported."""
    names = order.refused(answers)
    changes = api.changes(route)
    before: dict[Name, list[Name]] = {name: [] for name in names}
    for one, other in order.pairs(names):
        answer = api.ask(order.both(VALID[route], changes[one], changes[other]))
        if answer not in (answers[one], answers[other]):
            sys.exit(f"{route}: {one} and {other} together are answered {answer}")
        if answers[one] != answers[other]:
            earlier, later = (one, other) if answer == answers[one] else (other, one)
            before[later].append(earlier)
    return list(TopologicalSorter(before).static_order())


def main() -> None:
    """Write the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    routes: dict[str, dict[str, Any]] = {table.COMMON: {"places": {}}}
    with served() as api:
        for route in api.operations:
            routes[route] = measured(api, route)
            token = routes[route]["places"].pop("token", None)
            common = routes[table.COMMON]["places"].setdefault("token", token)
            if token not in (None, common):
                sys.exit(f"{route} answers bad tokens in a way of its own: {token}")
    table.write(routes)


if __name__ == "__main__":
    main()

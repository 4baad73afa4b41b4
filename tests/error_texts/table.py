"""The table of what answers wrong requests: ``table.json``, and how its rows are read and written.

For each route there are the places where a request may be wrong. A row says which answer the values
in ``when`` get there: they are ``accepted``, or refused with ``status``, ``error`` and ``message``,
and the ``headers`` that matter. ``otherwise`` stands for all values of the place that no other row
names. ``first`` lists changes that are refused, in the order in which they are reported: of
two in one request the client is told of the one that stands first. Under ``*`` is what all routes
have in common that ask for a token.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.test import TestResponse

_FILE = Path(__file__).with_name("table.json")
_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_FEW = 4
_WIDTH = 100
COMMON = "*"
OTHERWISE = "otherwise"
ACCEPTED: dict[str, Any] = {"accepted": True}
NO_ROW: dict[str, Any] = {}
Name = tuple[str, str]
"""Of a change: where, and what is there instead."""
Rows = dict[str, list[dict[str, Any]]]
"""The rows of each place."""


def read() -> dict[str, dict[str, Any]]:
    """Return the table as it is stored."""
    found: dict[str, dict[str, Any]] = json.loads(_FILE.read_text())
    return found


def write(routes: Mapping[str, dict[str, Any]]) -> None:
    """Store a table."""
    _FILE.write_text("{\n" + ",\n".join(_route(*route) for route in routes.items()) + "\n}\n")


def outcome(response: TestResponse) -> dict[str, Any]:
    """Return what a row says of an answer.

    Raises
    ------
    AssertionError
        An error of another form than the contract's.
    """
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return ACCEPTED
    body = response.get_json()
    if set(body) != {"data"} or set(body["data"]) != {"error", "message"}:
        raise AssertionError(f"no error of the contract's form: {response.text}")
    headers = {
        name: ", ".join(sorted(response.headers[name].split(", ")))
        for name in _HEADERS
        if name in response.headers
    }
    named = {"headers": headers} if headers else {}
    return {"status": response.status_code, **body["data"], **named}


def expected(rows: Rows, names: Iterable[Name]) -> dict[Name, dict[str, Any]]:
    """Return the answer to each change by a route's rows, or :data:`NO_ROW`."""
    listed = {
        (place, kind): {name: value for name, value in row.items() if name != "when"}
        for place, found in rows.items()
        for row in found
        for kind in row["when"]
    }
    return {
        (place, kind): listed.get((place, kind)) or listed.get((place, OTHERWISE), NO_ROW)
        for place, kind in names
    }


def unused(rows: Rows, names: Iterable[Name]) -> list[Name]:
    """Return what rows name that is no change of the route."""
    named = {
        (place, kind) for place, listed in rows.items() for row in listed for kind in row["when"]
    }
    return sorted(name for name in named - set(names) if name[1] != OTHERWISE)


def rows(answers: Mapping[Name, dict[str, Any]]) -> Rows:
    """Return the rows of a route's places, from the answer to each change."""
    found: Rows = {}
    for (place, kind), answer in answers.items():
        listed = found.setdefault(place, [])
        row = next((one for one in listed if {**one, "when": 0} == {**answer, "when": 0}), None)
        if row is None:
            listed.append({"when": [kind], **answer})
        else:
            row["when"].append(kind)
    for listed in found.values():
        longest = max(listed, key=lambda row: len(row["when"]))
        if len(longest["when"]) > _FEW:
            longest["when"] = [OTHERWISE]
            listed.sort(key=lambda row: row is longest)
    return found


def _route(route: str, parts: dict[str, Any]) -> str:
    listed = [
        f'    "{place}": [\n' + ",\n".join(f"      {_json(row)}" for row in found) + "\n    ]"
        for place, found in parts["places"].items()
    ]
    text = f'"{route}": {{\n  "places": {{\n' + ",\n".join(listed) + "\n  }"
    if "first" in parts:
        text += ',\n  "first": [\n' + _filled(parts["first"]) + "\n  ]"
    return text + "\n}"


def _filled(names: Iterable[Name]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(_json(name)) > _WIDTH - 4:
            lines.append("")
        lines[-1] += f"{_json(name)}, "
    return "\n".join(f"    {line.rstrip()}" for line in lines).removesuffix(",")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

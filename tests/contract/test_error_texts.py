"""The texts of errors: clients show them, so each is pinned, for every route and wrong input.

The table is `tests/error_texts/table.json`. For a new route put its valid request into `valid.py`
beside it, for a new kind of wrong input the kind into `wrong.py`. Then write the table anew by
`python -m error_texts` in `tests`, and read each line of the difference: clients will.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from error_texts import order, table
from error_texts.request import places
from error_texts.served import served
from error_texts.valid import VALID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from error_texts.served import Served

TABLE = table.read()
ROUTES = sorted(set(TABLE) - {table.COMMON})


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with structlog.testing.capture_logs(), served() as found:
        yield found


def rows_of(route: str) -> table.Rows:
    rows: table.Rows = TABLE[table.COMMON]["places"] | TABLE[route]["places"]
    return rows


def test_every_route_has_a_valid_request_and_rows_and_nothing_else_has(api: Served) -> None:
    assert set(api.operations) == set(VALID) == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_a_valid_request_names_every_field_of_its_models(api: Served, route: str) -> None:
    operation, request = api.operations[route], VALID[route]
    file = [request.file.part] if request.file else []
    for model, named in (
        (operation.body, places(request.body)),
        (operation.form, [*(request.fields or {}), *file]),
        (operation.query, list(request.query)),
        (operation.path, list(request.path)),
    ):
        assert fields(model) <= set(named), f"not in the valid request of {route}"
    assert (request.caller is None) == operation.public
    assert api.ask(request) == table.ACCEPTED


def fields(model: type[BaseModel] | None) -> set[str]:
    """Return the places of a model's fields, and of those in its objects and lists of objects."""
    if model is None:
        return set()
    schema = model.model_json_schema(by_alias=True)
    return set(_fields(schema, schema.get("$defs", {}), ""))


def _fields(schema: Any, named: Any, prefix: str) -> Iterator[str]:
    if reference := schema.get("$ref"):
        yield from _fields(named[reference.rpartition("/")[2]], named, prefix)
    for choice in schema.get("anyOf", ()):
        yield from _fields(choice, named, prefix)
    if "items" in schema:
        yield f"{prefix}0"
        yield from _fields(schema["items"], named, f"{prefix}0.")
    for name, inner in schema.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from _fields(inner, named, f"{prefix}{name}.")


@pytest.mark.parametrize("route", ROUTES)
def test_every_wrong_input_is_answered_as_the_table_says(api: Served, route: str) -> None:
    changes = api.changes(route)
    answers = {name: api.ask(change(VALID[route])) for name, change in changes.items()}
    assert answers == table.expected(rows_of(route), changes)
    assert table.unused(TABLE[route]["places"], changes) == []


@pytest.mark.parametrize("route", ROUTES)
def test_of_two_wrong_inputs_the_client_is_told_of_the_one_that_the_table_has_first(
    api: Served, route: str
) -> None:
    changes, names = api.changes(route), [(place, kind) for place, kind in TABLE[route]["first"]]
    told = table.expected(rows_of(route), changes)
    assert set(names) == set(order.refused(told))
    wrong = {}
    for one, other in order.pairs(names):
        answer = api.ask(order.both(VALID[route], changes[one], changes[other]))
        if answer != told[one]:
            wrong[one, other] = answer
    assert wrong == {}


def test_no_text_repeats_what_was_sent_or_names_our_insides() -> None:
    seen = [row for parts in TABLE.values() for rows in parts["places"].values() for row in rows]
    for row in seen:
        text = row.get("message", "")
        assert "nonsense" not in text
        assert not re.search(r"Traceback|pydantic|Error\b|\w+\(|validation error", text), text
        assert not re.search(r"Input should|(String|List) should|Field required|Unable to", text), (
            text
        )
        assert row.get("status", 0) < 500, row


@pytest.mark.parametrize("path", ["/nonsense", "/upload", "/upload/", "/ops/api/x", "/livez/"])
def test_a_path_that_is_no_route_is_404(api: Served, path: str) -> None:
    answer = api.client.get(path)
    assert table.outcome(answer) == {
        "status": 404,
        "error": "Not Found",
        "message": "The requested URL was not found on the server. If you entered the URL manually "
        "please check your spelling and try again.",
    }


@pytest.mark.parametrize("kind", ["read", "write"])
def test_who_asks_too_often_is_told_how_long_to_wait(kind: str) -> None:
    limits = {"rate_limit_reads": "1 per minute", "rate_limit_writes": "1 per minute"}
    with structlog.testing.capture_logs(), served(**limits) as api:
        routes = [route for route, one in api.operations.items() if one.kind == kind]
        for route in routes:
            if api.operations[route].public:
                continue
            for _ in range(3):
                answer = VALID[route].send(api.client, api.tokens)
            seconds = answer.headers["Retry-After"]
            assert 1 <= int(seconds) <= 120
            assert table.outcome(answer) == {
                "status": 429,
                "error": "Too Many Requests",
                "message": f"You may send 1 per 1 minute. Wait {seconds} seconds and try again.",
                "headers": {"Retry-After": seconds},
            }, route


def test_pages_that_are_switched_off_are_not_found() -> None:
    off = {"studio_enabled": False, "studio_sign_in_as": None}
    off |= {"console_enabled": False, "console_sign_in_as": None}
    page, file = "this page is switched off here", "there is no such file"
    sign_in = "there is no signing in without a token here"
    with structlog.testing.capture_logs(), served(**off) as api:
        for name in ("studio", "ops"):
            for route, message in (
                (f"GET /{name}", page),
                (f"GET /{name}/<name>", file),
                (f"GET /{name}/sign-in", sign_in),
                (f"POST /{name}/sign-in", sign_in),
            ):
                found = api.ask(VALID[route])
                assert found == {"status": 404, "error": "Not Found", "message": message}, route
        assert not [route for route in api.operations if "/ops/api" in route]

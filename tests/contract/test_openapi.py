"""The OpenAPI document: up to date, complete, and its examples are examples of its schemas."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from mentor_api import bootstrap
from mentor_api.http.operations import operations_of
from mentor_api.openapi import build
from mentor_api.openapi.__main__ import COMMITTED, generate, offline_app, offline_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(json.loads(COMMITTED.read_text()))


@pytest.fixture(scope="module")
def api_app() -> Flask:
    return offline_app()


def described(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body of every request and response, by where it stands."""
    for name, operation in described(document):
        bodies = [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for what, body in bodies:
            if "$ref" not in body:
                for label, content in body.get("content", {}).items():
                    yield f"{name} {what} {label}", content
    for name, response in document["components"]["responses"].items():
        yield name, response["content"]["application/json"]


def test_the_committed_document_is_what_the_routes_say() -> None:
    assert COMMITTED.read_text() == generate(), "run: python -m mentor_api.openapi"


def test_every_example_is_one_of_its_schema(document: dict[str, Any]) -> None:
    seen = 0
    for where, content in contents(document):
        schema = {**content["schema"], "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema)
        for example in content.get("examples", {}).values():
            errors = [error.message for error in validator.iter_errors(example["value"])]
            assert errors == [], where
            seen += 1
        assert content.get("examples") or "multipart" in where, where
    assert seen > 35


def test_every_operation_tells_its_refusals_and_its_id(document: dict[str, Any]) -> None:
    ids = []
    for name, operation in described(document):
        ids.append(operation["operationId"])
        statuses = set(operation["responses"])
        assert "200" in statuses, name
        if operation.get("security") != []:
            assert {"401", "429", "503"} <= statuses, name
        if "requestBody" in operation:
            assert {"400", "413"} <= statuses, name
        placed = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert placed == set(re.findall(r"{(\w+)}", name)), name
    assert len(ids) == len(set(ids))


def test_every_route_is_documented_but_the_pages_themselves(
    document: dict[str, Any], api_app: Flask
) -> None:
    routes = {
        f"{method} {path}".replace("<", "{").replace(">", "}")
        for method, path, _ in operations_of(api_app)
    }
    shown = {name for name, _ in described(document)}
    pages = {f"GET /{page}{file}" for page in ("docs", "studio", "ops") for file in ("", "/{name}")}
    assert routes - shown == pages | {
        "GET /openapi.json",
        "GET /shared/{name}",
        "GET /vendor/{name}",
        "GET /studio/{folder:folder}/{name}",
        "GET /ops/{folder:folder}/{name}",
        "GET /studio/sign-in",
        "GET /ops/sign-in",
        "POST /ops/sign-in",
        "GET /metrics",
        "POST /studio/sign-in",
    }
    assert shown <= routes
    for name in ("POST /transfer/mentor", "GET /transfer/status/{transfer_id}", "POST /vtt"):
        assert name in shown


@pytest.mark.parametrize("name", ["docs", "studio", "ops"])
def test_a_page_needs_nothing_from_elsewhere(name: str) -> None:
    settings = offline_settings(studio_enabled=True, console_enabled=True)
    client = bootstrap.web(settings).test_client()
    page = client.get(f"/{name}")
    assert page.mimetype == "text/html"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    links = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert len(links) >= 2
    for link in links:
        assert "//" not in link, "not from another host"
        found = client.get(f"/{link}")
        assert found.status_code == 200, link
        assert found.content_length
    assert "Apache License" in client.get("/docs/LICENSE").text
    again = {"If-None-Match": client.get("/docs/start.js").headers["ETag"]}
    assert client.get("/docs/start.js", headers=again).status_code == 304
    assert client.get("/docs/../settings.py").status_code == 404
    assert client.get("/docs/swagger-ui.js").status_code == 404


def test_the_document_under_a_prefix_names_it_as_the_server(api_app: Flask) -> None:
    assert build(api_app, "/upload")["servers"] == [{"url": "/upload"}]
    answer = api_app.test_client().get("/openapi.json")
    assert answer.get_json() == json.loads(COMMITTED.read_text())

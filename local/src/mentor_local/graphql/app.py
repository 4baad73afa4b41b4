"""The HTTP side: Flask routes, status codes and error bodies as the original has them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider

from mentor_local.graphql.context import Context, Pauses
from mentor_local.graphql.execution import HttpResult, run

if TYPE_CHECKING:
    from mentor_local.graphql.auth import Authenticator
    from mentor_local.graphql.store import Store

_BODY_LIMIT = 2 * 1024 * 1024


class _BadRequestError(Exception):
    """A request that holds no GraphQL to run."""


@dataclass(frozen=True)
class Dependencies:
    """Collaborators of the application."""

    store: Store
    authenticator: Authenticator
    static_url_base: str
    pauses: Pauses = field(default_factory=Pauses)


def create_app(parts: Dependencies) -> Flask:
    """Return the application: ``/graphql`` by POST and GET, and ``/healthz``."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _BODY_LIMIT
    # GraphQL answers in the order in which was asked.
    app.json = DefaultJSONProvider(app)
    app.json.sort_keys = False

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.route("/graphql", methods=["GET", "POST"])
    def graphql() -> tuple[Response, int]:
        try:
            query, variables, operation_name = _sent()
        except _BadRequestError as error:
            return _answer(HttpResult(400, {"errors": [{"message": str(error)}]}))
        context = Context(
            store=parts.store,
            caller=parts.authenticator.caller(request.headers),
            static_url_base=parts.static_url_base,
            pauses=parts.pauses,
        )
        read_only = request.method == "GET"
        return _answer(run(query, variables, operation_name, context, read_only=read_only))

    @app.errorhandler(413)
    def too_large(_: Exception) -> tuple[Response, int]:
        return jsonify(message="request entity too large", status=413), 413

    return app


def _answer(result: HttpResult) -> tuple[Response, int]:
    return jsonify({**result.body, "extensions": {"newToken": ""}}), result.status


def _sent() -> tuple[str, dict[str, Any] | None, str | None]:
    """Return query, variables and operation name, from the body or from the query string."""
    fields: dict[str, Any] = dict(request.args)
    body = request.get_data()
    if body and request.method == "POST":
        fields |= _json_object(body, "POST body sent invalid JSON.")
    query, variables = fields.get("query"), fields.get("variables")
    if not isinstance(query, str) or not query:
        raise _BadRequestError("Must provide query string.")
    if isinstance(variables, str):
        variables = _json_object(variables.encode(), "Variables are invalid JSON.")
    operation_name = fields.get("operationName")
    return (
        query,
        variables if isinstance(variables, dict) else None,
        operation_name if isinstance(operation_name, str) else None,
    )


def _json_object(text: bytes, message: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _BadRequestError(message) from error
    return value if isinstance(value, dict) else {}

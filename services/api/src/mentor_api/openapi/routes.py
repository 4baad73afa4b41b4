"""The documentation: ``/openapi.json``, and ``/docs``, which needs nothing from elsewhere.

The page is Swagger UI (Apache License 2.0), whose files the package flask-swagger-ui carries.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, current_app

from mentor_api.http.assets import add_page, own_files
from mentor_api.http.operations import Operation, json_response
from mentor_api.openapi import build

_SWAGGER_UI = files("flask_swagger_ui") / "dist"
_CARRIED = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE")
# Swagger UI writes styles into its elements and draws its icons as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'self'"
)


def blueprint(url_prefix: str) -> Blueprint:
    """Return the routes of the document of the application that serves it under a prefix."""
    routes = Blueprint("docs", __name__)

    @functools.cache
    def document() -> dict[str, Any]:
        return build(current_app, url_prefix)

    @routes.get("/openapi.json")
    @Operation("This document", "Documentation", answers=None, public=True)
    def openapi() -> Response:
        return json_response(document())

    contents = own_files("docs") | {name: _SWAGGER_UI / name for name in _CARRIED}
    add_page(routes, "docs", _POLICY, contents, "The documentation as a page")
    return routes

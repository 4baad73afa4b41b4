"""The documentation: ``/openapi.json``, and ``/docs``, which needs nothing from elsewhere.

The page is Swagger UI (Apache License 2.0), whose files the package flask-swagger-ui carries.
"""

from __future__ import annotations

import functools
import mimetypes
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, request

from mentor_api.openapi import build
from mentor_api.operations import Operation, as_json
from mentor_api.problems import not_found

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from mentor_api.bootstrap import Web

_OWN = files("mentor_api") / "pages"
_SWAGGER_UI = files("flask_swagger_ui") / "dist"
_ASSETS = {
    "start.js": _OWN,
    "swagger-ui.css": _SWAGGER_UI,
    "swagger-ui-bundle.js": _SWAGGER_UI,
    "favicon-32x32.png": _SWAGGER_UI,
    "LICENSE": _SWAGGER_UI,
}
# Swagger UI writes styles into its elements and draws its icons as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'self'"
)


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("docs", __name__)
    public = functools.partial(Operation, tag="Documentation", answers=None, public=True)

    @functools.cache
    def document() -> dict[str, Any]:
        return build(current_app, web.settings.url_prefix)

    @routes.get("/openapi.json")
    @public(summary="This document")
    def openapi() -> Response:
        return as_json(document())

    @routes.get("/docs")
    @public(summary="The documentation as a page")
    def docs() -> Response:
        page = _file(_OWN / "docs.html")
        page.headers["Content-Security-Policy"] = _POLICY
        return page

    @routes.get("/docs/<name>")
    @public(summary="What the page is made of")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise not_found("there is no such file")
        return _file(_ASSETS[name] / name)

    return routes


def _file(path: Traversable) -> Response:
    kind, _ = mimetypes.guess_type(path.name)
    response = Response(path.read_bytes(), mimetype=kind or "text/plain")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response

"""The pages for people, each switched on by a setting: the upload studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from mentor_api.assets import add_files, add_page, content_policy, own_files

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("pages", __name__)
    studio = web.settings.studio_enabled
    add_files(routes, "shared", own_files("shared"), shown=studio)
    add_page(
        routes,
        "studio",
        content_policy(),
        own_files("studio"),
        "The upload studio",
        shown=studio,
    )
    return routes

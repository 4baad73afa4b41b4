"""The operator's console: its page, and its routes, which let operators pass and nobody else.

The token comes in the Authorization header alone, which no other site's page can make a browser
send; and what acts takes JSON and nothing else, which no form can send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from mentor_api.console import action_routes, view_routes
from mentor_api.http.operations import caller
from mentor_api.http.problems import unsupported

if TYPE_CHECKING:
    from mentor_api.console.console import Console


def blueprint(console: Console, stage: str) -> Blueprint:
    """Return the routes; ``stage`` is the deployment's name."""
    routes = Blueprint("ops", __name__)

    @routes.before_request
    def let_pass() -> None:
        acts = request.method != "GET"
        if acts and request.mimetype != "application/json":
            raise unsupported("Send JSON, and say so: Content-Type: application/json")
        console.operators.admit(caller(), acts=acts)

    routes.register_blueprint(view_routes.blueprint(console, stage))
    routes.register_blueprint(action_routes.blueprint(console))
    return routes

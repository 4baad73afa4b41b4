"""The Flask application: its routes, and the steps that every request takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from mentor_api.http import edge, operations, request_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Blueprint

    from mentor_api.settings import WebSettings

STREAMS = "mentor-streams"
"""Key of the app's extensions under which it has its open streams."""


def create_app(settings: WebSettings, features: Iterable[Blueprint], health: Blueprint) -> Flask:
    """Return the application.

    ``features`` are mounted under the prefix, ``health`` at the root, where probes ask.
    """
    app = Flask("mentor_api", static_folder=None)
    request_metrics.observe(app)
    edge.add_request_checks(app, settings)
    for blueprint in features:
        app.register_blueprint(blueprint, url_prefix=settings.url_prefix or None)
    app.register_blueprint(health)
    edge.finish_responses(app, settings)
    edge.answer_errors(app)
    operations.operations_of(app)  # a route without its Operation stops us here
    app.wsgi_app = request_metrics.Traced(app.wsgi_app)  # type: ignore[method-assign]  # as Flask's documentation has it
    return app

"""The Flask application: its routes, and what every request passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from mentor_api.captions import routes as captions
from mentor_api.console import routes as console
from mentor_api.http import edge, health, operations, pages, request_metrics
from mentor_api.mentors import routes as mentors
from mentor_api.openapi import routes as openapi
from mentor_api.pictures import routes as pictures
from mentor_api.resumable import routes as resumable
from mentor_api.transfers import routes as transfers
from mentor_api.uploads import progress_routes
from mentor_api.uploads import routes as uploads

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_FEATURES = (
    uploads,
    resumable,
    progress_routes,
    pictures,
    captions,
    transfers,
    mentors,
    openapi,
    pages,
)
STREAMS = "mentor-streams"


def create_app(web: Web) -> Flask:
    """Return the application, mounted under the prefix that its settings name."""
    app = Flask("mentor_api", static_folder=None)
    request_metrics.observe(app)
    app.extensions[STREAMS] = web.streams
    edge.guard(app, web.settings)
    blueprints = [feature.blueprint(web) for feature in _FEATURES]
    if web.console is not None:
        blueprints.append(console.blueprint(web.console))
    for blueprint in blueprints:
        app.register_blueprint(blueprint, url_prefix=web.settings.url_prefix or None)
    app.register_blueprint(health.blueprint(web))
    edge.finish_responses(app, web.settings)
    edge.answer_errors(app)
    operations.of(app)  # a route without its Operation stops us here
    app.wsgi_app = request_metrics.Traced(app.wsgi_app)  # type: ignore[method-assign]  # as Flask's documentation has it
    return app

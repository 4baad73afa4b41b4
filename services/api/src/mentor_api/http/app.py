"""The Flask application: its routes, and what every request passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from mentor_api.captions import routes as captions
from mentor_api.http import edge, health, operations, pages, request_metrics
from mentor_api.mentors import routes as people
from mentor_api.openapi import routes as docs
from mentor_api.pictures import routes as images
from mentor_api.resumable import routes as multipart
from mentor_api.transfers import routes as transfers
from mentor_api.uploads import progress_routes as progress
from mentor_api.uploads import routes as uploads

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_MOUNTED = (uploads, multipart, progress, images, captions, transfers, people, docs, pages)


STREAMS = "mentor-streams"


def create_app(web: Web) -> Flask:
    """Return the application, mounted under the prefix that its settings name."""
    app = Flask("mentor_api", static_folder=None)
    request_metrics.observe(app)
    app.extensions[STREAMS] = web.streams
    edge.guard(app, web.settings)
    for routes in _MOUNTED:
        app.register_blueprint(routes.blueprint(web), url_prefix=web.settings.url_prefix or None)
    if web.console is not None:
        routes_of_console = routes.blueprint(web, web.console)
        app.register_blueprint(routes_of_console, url_prefix=web.settings.url_prefix or None)
    app.register_blueprint(health.blueprint(web))
    edge.finish_responses(app, web.settings)
    edge.answer_errors(app)
    operations.of(app)  # a route that says not what it is stops us here
    app.wsgi_app = request_metrics.Traced(app.wsgi_app)  # type: ignore[method-assign]  # as Flask's documentation has it
    return app

"""Whether this process lives, and whether it can work. Never under the prefix: probes ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from mentor_api.http.operations import Operation, as_json
from mentor_api.http.problems import not_found
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web

_TAG = "Health"


class Health(BaseModel):
    """How the process is."""

    status: str = Field(examples=["ok"])


class Readiness(Health):
    """What it depends on."""

    down: dict[str, str] = Field(
        description="dependency to what was seen of it", examples=[{"graphql": "HTTP 503"}]
    )


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    @Operation("Whether the process lives", _TAG, Health, "read", public=True, envelope="none")
    def livez() -> Response:
        return as_json({"status": "ok"})

    @routes.get("/readyz")
    @Operation(
        "Whether all it depends on answers",
        _TAG,
        Readiness,
        "read",
        public=True,
        envelope="none",
        also={503: "a dependency is down; `down` says which"},
    )
    def readyz() -> Response:
        down = web.readiness.down()
        return as_json({"status": "down" if down else "ok", "down": down}, 503 if down else 200)

    @routes.get("/metrics")
    @Operation("What this process has counted, for a scraper", _TAG, None, "read", public=True)
    def scrape() -> Response:
        # A scraper asks the pod itself; figures are not for whoever comes through a load balancer.
        if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
            raise not_found("there is no such page")
        body, content_type = metrics.exposition(request.headers.get("Accept", ""))
        return Response(body, content_type=content_type)

    return routes

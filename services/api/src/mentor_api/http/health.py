"""Liveness, readiness and metrics of this process. Never under the prefix: probes ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from pydantic import BaseModel, Field

from mentor_api.http.operations import Operation, json_response
from mentor_api.http.problems import not_found
from mentor_common.telemetry import metrics

if TYPE_CHECKING:
    from mentor_api.http.readiness import Readiness as Dependencies

_TAG = "Health"


class Health(BaseModel):
    """How the process is."""

    status: str = Field(examples=["ok"])


class Readiness(Health):
    """What it depends on: `ok`, `degraded` while some routes cannot be served, or `down`."""

    down: dict[str, str] = Field(
        description="dependency to what was seen of it", examples=[{"graphql": "HTTP 503"}]
    )


def blueprint(dependencies: Dependencies) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    @Operation("Whether the process lives", _TAG, Health, "read", public=True, envelope="none")
    def livez() -> Health:
        return Health(status="ok")

    @routes.get("/readyz")
    @Operation(
        "What it depends on and does not answer",
        _TAG,
        Readiness,
        "read",
        public=True,
        envelope="none",
        description="Fails only for the jobs table: without another dependency some routes answer "
        "503, and the others go on.",
        also={503: "the jobs table is down"},
    )
    def readyz() -> Response:
        down = dependencies.down()
        if dependencies.fails(down):
            found, status = "down", HTTPStatus.SERVICE_UNAVAILABLE
        else:
            found, status = "degraded" if down else "ok", HTTPStatus.OK
        return json_response(Readiness(status=found, down=down).model_dump(), status)

    @routes.get("/metrics")
    @Operation("What this process has counted, for a scraper", _TAG, None, "read", public=True)
    def scrape() -> Response:
        # A scraper asks the pod itself; figures are not for requests through a load balancer.
        if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
            raise not_found("there is no such page")
        body, content_type = metrics.exposition(request.headers.get("Accept", ""))
        return Response(body, content_type=content_type)

    return routes

"""Metrics and traces of requests: one observation and one span for each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import g, request
from opentelemetry import trace

from mentor_common.telemetry import metrics, tracing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask, Response

UNOBSERVED = frozenset({"/livez", "/readyz", "/metrics"})
"""Paths that machines ask every few seconds."""
_NO_ROUTE = "none"
_SERVER_ERROR = 500


class Traced:
    """The application under a span: the browser's own trace goes on where it names one.

    Semantic conventions: https://opentelemetry.io/docs/specs/semconv/http/http-spans/, "HTTP
    server". The name and the route are known only once the request was routed: see `observe`.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, as WSGI has it."""
        if environ.get("PATH_INFO") in UNOBSERVED:
            return self._answer(environ, start_response)
        parent = tracing.remote(environ.get("HTTP_TRACEPARENT"))
        with tracing.span(environ["REQUEST_METHOD"], tracing.SpanKind.SERVER, parent=parent):
            return self._answer(environ, start_response)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer


def observe(app: Flask) -> None:
    """Observe every response, and set its span's name and attributes."""

    @app.after_request
    def observed(response: Response) -> Response:
        if request.path in UNOBSERVED:
            return response
        route = request.url_rule.rule if request.url_rule else _NO_ROUTE
        status = str(response.status_code)
        metrics.HTTP_SECONDS.labels(
            method=request.method if request.url_rule else _NO_ROUTE, route=route, status=status
        ).observe(time.monotonic() - g.started)
        span = trace.get_current_span()
        span.update_name(f"{request.method} {route}")
        span.set_attributes(
            {
                "http.request.method": request.method,
                "http.route": route,
                "http.response.status_code": response.status_code,
            }
        )
        if response.status_code >= _SERVER_ERROR:
            span.set_status(tracing.FAILED)
        return response

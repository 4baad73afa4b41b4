"""The page, what it asks, and where the services send their spans."""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from flask import Flask, Response, abort, jsonify, request, send_from_directory

from mentor_local.observe.otlp import UnreadableSpansError, spans_of
from mentor_local.observe.store import TraceQuery

if TYPE_CHECKING:
    from mentor_local.observe.store import TraceStore

ROOT = Path(__file__).parents[4]
DASHBOARDS = ROOT / "k8s" / "observe" / "dashboards"
RUNBOOKS = ROOT / "docs" / "runbooks"
_PAGES = Path(__file__).with_name("pages")
_SHARED = ROOT / "services" / "api" / "src" / "mentor_api" / "pages" / "shared"
"""Style and script of all pages; served as files, the api's code is not used."""
_ASKED = {"query", "query_range", "alerts", "targets"}
_LARGEST_EXPORT = 16 * 1024 * 1024
_PROMETHEUS_SECONDS = 30
_MOST_TRACES = 500
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def create_app(store: TraceStore, prometheus_url: str) -> Flask:
    """Return the application.

    The Prometheus that is asked need not run.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_EXPORT
    _receive(app, store)
    _show_traces(app, store)
    _show_metrics(app, prometheus_url)
    _serve_page(app)

    @app.after_request
    def secured(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    return app


def _receive(app: Flask, store: TraceStore) -> None:
    """OTLP/HTTP in its binary form, compressed or not."""

    @app.post("/v1/traces")
    def receive() -> Response:
        body = request.get_data()
        try:
            if request.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            spans = spans_of(body)
        except (UnreadableSpansError, OSError, EOFError, zlib.error):
            return Response("no spans in there\n", 400)
        store.add(spans, time.time_ns())
        # An empty ExportTraceServiceResponse has no bytes.
        return Response(b"", content_type="application/x-protobuf")


def _show_traces(app: Flask, store: TraceStore) -> None:
    @app.get("/api/traces")
    def traces() -> Response:
        asked = request.args
        query = TraceQuery(
            upload=asked.get("upload", "").strip(),
            service=asked.get("service", ""),
            uploads_only=asked.get("all") != "1",
            failed=asked.get("failed") == "1",
            shortest=asked.get("shortest", 0.0, type=float),
            limit=max(1, min(_MOST_TRACES, asked.get("limit", 100, type=int))),
        )
        return jsonify(store.traces(query))

    @app.get("/api/traces/<trace_id>")
    def trace(trace_id: str) -> Response:
        spans = store.trace(trace_id)
        if not spans:
            abort(404)
        return jsonify(spans)


def _show_metrics(app: Flask, prometheus_url: str) -> None:
    @app.get("/api/dashboards")
    def dashboards() -> Response:
        return jsonify([json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))])

    @app.get("/api/metrics/<what>")
    def metrics(what: str) -> Response:
        if what not in _ASKED:
            abort(404)
        try:
            answer = requests.get(
                f"{prometheus_url}/api/v1/{what}",
                params=request.args.to_dict(),
                timeout=_PROMETHEUS_SECONDS,
            )
        except requests.RequestException:
            problem = {"status": "error", "error": "no Prometheus runs; start it: make observe"}
            return _json(problem, 503)
        return Response(answer.content, answer.status_code, content_type="application/json")


def _json(body: dict[str, Any], status: int) -> Response:
    answer: Response = jsonify(body)
    answer.status_code = status
    return answer


def _serve_page(app: Flask) -> None:
    @app.get("/")
    @app.get("/alerts")
    @app.get("/traces")
    @app.get("/traces/<trace_id>")
    def page(trace_id: str = "") -> Response:
        if trace_id and not re.fullmatch("[0-9a-f]{32}", trace_id):
            abort(404)
        return send_from_directory(_PAGES, "observe.html")

    @app.get("/pages/<name>")
    def part(name: str) -> Response:
        return send_from_directory(_PAGES, name)

    @app.get("/shared/<name>")
    def shared(name: str) -> Response:
        return send_from_directory(_SHARED, name)

    @app.get("/runbooks/<name>.md")
    def runbook(name: str) -> Response:
        return send_from_directory(RUNBOOKS, f"{name}.md", mimetype="text/plain")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok\n"

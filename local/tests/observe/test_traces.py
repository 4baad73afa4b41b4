"""Traces: what the real exporter sends is found again, by upload; the oldest make room."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from werkzeug.serving import make_server

from mentor_local.observe.app import create_app
from mentor_local.observe.otlp import UPLOAD, Span
from mentor_local.observe.store import TraceQuery, TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    store = TraceStore(tmp_path / "traces.sqlite3")
    yield store
    store.close()


@pytest.fixture
def page(store: TraceStore) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(store, NOBODY), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def tracer_of(page: str, service: str, compression: Compression = Compression.NoCompression) -> Any:
    exporter = OTLPSpanExporter(f"{page}/v1/traces", compression=compression)
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test")


def span(trace: str, number: int, *, upload: str = "", began: int = 0, **changes: Any) -> Span:
    fields: dict[str, Any] = {
        "trace_id": trace,
        "span_id": f"{number:016x}",
        "parent_id": "" if number == 0 else f"{0:016x}",
        "service": "api-web",
        "name": f"span {number}",
        "kind": "internal",
        "started": began + number,
        "ended": began + number + 10,
        "error": False,
        "message": "",
        "attributes": {UPLOAD: upload} if upload else {},
        "links": [],
    }
    return Span(**(fields | changes))


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_the_exporter_sends_is_shown(page: str, compression: Compression) -> None:
    api = tracer_of(page, "api-web", compression)
    worker = tracer_of(page, "transcoder", compression)
    with api.start_as_current_span("other") as other:
        linked = Link(other.get_span_context())
    with (
        api.start_as_current_span("POST /upload/answer", kind=SpanKind.SERVER) as root,
        worker.start_as_current_span("process", links=[linked]) as work,
    ):
        work.set_attributes({UPLOAD: "abc-1", "n": 3, "list": ["a", "b"], "yes": True})
        work.set_status(Status(StatusCode.ERROR, "no space left"))

    (listed,) = requests.get(f"{page}/api/traces", timeout=5).json()
    spans = requests.get(f"{page}/api/traces/{listed['trace_id']}", timeout=5).json()

    assert listed["name"] == "POST /upload/answer"
    assert (listed["services"], listed["uploads"]) == (["api-web", "transcoder"], ["abc-1"])
    assert (listed["spans"], listed["errors"]) == (2, 1)
    first, second = spans
    assert (first["kind"], first["error"], first["parent_id"]) == ("server", False, "")
    assert second["parent_id"] == first["span_id"]
    assert (second["error"], second["message"]) == (True, "no space left")
    assert second["attributes"] == {UPLOAD: "abc-1", "n": 3, "list": ["a", "b"], "yes": True}
    assert second["links"][0]["trace_id"] == f"{other.get_span_context().trace_id:032x}"
    assert second["ended"] >= second["started"] >= first["started"] > 0
    assert root.get_span_context().trace_id == int(listed["trace_id"], 16)


def test_traces_are_found_by_upload_process_failure_and_duration(store: TraceStore) -> None:
    store.add([span("a" * 32, 0, upload="up-1", began=100), span("a" * 32, 1)], 1)
    store.add([span("b" * 32, 0, upload="up-2", began=200, error=True, ended=4_000_000_000)], 2)
    store.add([span("c" * 32, 0, service="notifier", began=300)], 3)

    def found(**query: Any) -> list[str]:
        return [trace["trace_id"][0] for trace in store.traces(TraceQuery(**query))]

    assert found() == ["b", "a"]
    assert found(uploads_only=False) == ["c", "b", "a"]
    assert found(upload="up-1") == ["a"]
    assert found(upload="up-") == ["b", "a"]
    assert found(upload="p-1") == []
    assert found(upload="%") == []
    assert found(service="notifier", uploads_only=False) == ["c"]
    assert found(failed=True) == ["b"]
    assert found(shortest=3) == ["b"]
    assert found(limit=1) == ["b"]


def test_a_span_that_is_sent_twice_counts_once(store: TraceStore) -> None:
    store.add([span("a" * 32, 0, upload="up-1")], 1)
    store.add([span("a" * 32, 0, upload="up-1"), span("a" * 32, 1)], 2)

    (trace,) = store.traces(TraceQuery())

    assert trace["spans"] == 2
    assert len(store.trace("a" * 32)) == 2


def test_what_was_added_to_longest_ago_makes_room(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.sqlite3", most_spans=40)
    traces = [f"{number:032x}" for number in range(10)]
    for now, trace in enumerate(traces):
        store.add([span(trace, number, upload=f"u{trace}") for number in range(4)], now)
        store.add([span(traces[0], 100 + now)], now)  # an old one that goes on stays
    store.close()

    again = TraceStore(tmp_path / "traces.sqlite3", most_spans=40)
    kept = [trace["trace_id"] for trace in again.traces(TraceQuery())]
    count = sum(len(again.trace(trace)) for trace in traces)
    again.add([span("f" * 32, 0, upload="later")], 99)

    assert count <= 40
    assert traces[0] in kept
    assert traces[-1] in kept
    assert traces[1] not in kept
    assert again.trace("f" * 32)
    again.close()


def test_polls_make_room_for_uploads(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.sqlite3", most_spans=40)
    store.add([span("a" * 32, number, upload="up-1") for number in range(10)], 0)
    for now in range(200):
        store.add([span(f"{now:032x}", 0, began=now)], now)

    kept = store.traces(TraceQuery(uploads_only=False, limit=500))

    assert len(store.trace("a" * 32)) == 10, "older than all polls"
    assert f"{199:032x}" in {trace["trace_id"] for trace in kept}, "the last poll, too"
    assert len(kept) <= 31
    store.close()


@pytest.mark.parametrize("body", [b"rubbish", b"\x0a\xff\xff\xff"])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_what_is_no_export_is_refused(page: str, body: bytes, encoding: str) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": "application/x-protobuf"}
    answer = requests.post(f"{page}/v1/traces", data=body, headers=headers, timeout=5)
    assert answer.status_code == 400


def test_without_prometheus_the_page_is_told_what_to_start(page: str) -> None:
    answer = requests.get(f"{page}/api/metrics/query", params={"query": "up"}, timeout=5)
    assert answer.status_code == 503
    assert "make observe" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/alerts", 200),
        ("/traces", 200),
        (f"/traces/{'a' * 32}", 200),
        ("/traces/nonsense", 404),
        (f"/api/traces/{'a' * 32}", 404),
        ("/api/metrics/admin", 404),
        ("/pages/main.js", 200),
        ("/pages/..%2f__main__.py", 404),
        ("/shared/base.css", 200),
        ("/runbooks/worker-down.md", 200),
        ("/runbooks/..%2fdeploy.md", 404),
        ("/healthz", 200),
    ],
)
def test_every_answer_is_strict(page: str, path: str, status: int) -> None:
    answer = requests.get(page + path, timeout=5)
    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

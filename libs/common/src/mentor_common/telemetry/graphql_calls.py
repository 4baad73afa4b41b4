"""Metrics and spans of every request to the mentor's GraphQL API."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mentor_common.errors import DependencyDownError
from mentor_common.telemetry import metrics, tracing

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPERATION = re.compile(r"\s*(query|mutation)\s+(\w+)")


@contextmanager
def observed(document: str, refused: type[Exception], unknown: type[Exception]) -> Iterator[None]:
    """Measure and trace one request, its retries included.

    Parameters
    ----------
    document
        Its first operation's kind and name are shown; its variables never.
    refused, unknown
        Exceptions for a refusal of the server, and for a request that may have been executed.
    """
    found = _OPERATION.match(document)
    kind, name = found.groups() if found else ("query", "unnamed")
    started = time.perf_counter()
    outcome = "error"
    attributes = {"graphql.operation.type": kind, "graphql.operation.name": name}
    try:
        with tracing.span(f"{kind} {name}", tracing.SpanKind.CLIENT, attributes=attributes):
            yield
        outcome = "ok"
    except refused:
        outcome = "refused"
        raise
    except DependencyDownError:
        outcome = "down"
        raise
    except unknown:
        outcome = "unknown"
        raise
    finally:
        metrics.GRAPHQL_SECONDS.labels(operation=name, outcome=outcome).observe(
            time.perf_counter() - started
        )

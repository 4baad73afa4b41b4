"""Factories of metrics that enter each one into the catalogue, and their exposition."""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import prometheus_client
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX: Final = "mentor_upload"
MULTIPROCESS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable under which several processes of one pod count together."""
Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True)
class Metric:
    """An entry of the catalogue.

    Parameters
    ----------
    name
        As it is exposed, without the suffixes that Prometheus adds to histograms.
    kind, unit
        Type and unit; ``1`` for plain numbers.
    labels
        Label names besides the scraper's.
    meaning
        One sentence.
    emitted_by
        The processes that expose it.
    """

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    meaning: str
    emitted_by: str

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the series that a query may ask for."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
        return (self.name,)


CATALOGUE: Final[dict[str, Metric]] = {}
"""All metrics by name."""


def _entry(
    kind: Kind, name: str, unit: str, labels: Sequence[str], meaning: str, emitted_by: str
) -> Metric:
    metric = Metric(f"{PREFIX}_{name}", kind, unit, tuple(labels), meaning, emitted_by)
    if metric.name in CATALOGUE:
        raise ValueError(f"{metric.name} is there twice")
    CATALOGUE[metric.name] = metric
    return metric


def counter(
    name: str,
    labels: Sequence[str],
    meaning: str,
    emitted_by: str = "workers",
    *,
    initial: Sequence[tuple[str, ...]] = (),
) -> prometheus_client.Counter:
    """Make a counter; its name gets the suffix ``_total``.

    ``initial`` are label values whose series exist from the start, at 0. To a query a series that
    appears at 1 has not increased: what is rare and queried by its increase has to begin at 0.
    """
    metric = _entry("counter", f"{name}_total", "1", labels, meaning, emitted_by)
    made = prometheus_client.Counter(metric.name, meaning, metric.labels)
    for values in initial:
        made.labels(*values)
    return made


def gauge(
    name: str,
    labels: Sequence[str],
    meaning: str,
    emitted_by: str = "workers",
    *,
    unit: str = "1",
    mode: Literal["livesum", "livemax"] = "livesum",
) -> prometheus_client.Gauge:
    """Make a gauge; ``mode`` says how the values of several processes of a pod are aggregated."""
    metric = _entry("gauge", name, unit, labels, meaning, emitted_by)
    return prometheus_client.Gauge(metric.name, meaning, metric.labels, multiprocess_mode=mode)


def histogram(
    name: str,
    unit: str,
    labels: Sequence[str],
    buckets: Sequence[float],
    meaning: str,
    emitted_by: str = "workers",
) -> prometheus_client.Histogram:
    """Make a histogram; its name gets its unit as suffix."""
    metric = _entry("histogram", f"{name}_{unit}", unit, labels, meaning, emitted_by)
    return prometheus_client.Histogram(metric.name, meaning, metric.labels, buckets=buckets)


@contextmanager
def timed(histogram: prometheus_client.Histogram, **labels: str) -> Iterator[None]:
    """Observe how long a block takes, however it ends."""
    started = time.perf_counter()
    try:
        yield
    finally:
        observed = histogram.labels(**labels) if labels else histogram
        observed.observe(time.perf_counter() - started)


_scrapes: deque[float] = deque(maxlen=1)


def scraped_within(seconds: float) -> bool:
    """Return whether somebody has asked this process for its metrics lately."""
    return bool(_scrapes) and time.monotonic() - _scrapes[0] <= seconds


def exposition(accept: str = "") -> tuple[bytes, str]:
    """Return all metrics of this process, or of all that count together, and their content type.

    ``accept`` chooses between Prometheus's text and OpenMetrics.
    """
    _scrapes.append(time.monotonic())
    registry = REGISTRY
    if os.environ.get(MULTIPROCESS_DIRECTORY):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type

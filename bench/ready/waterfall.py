"""Where the time of an upload went, by the spans of its trace."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass, fields
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Span = dict[str, Any]
"""A span as the local stack's store of traces returns it; ``started`` and ``ended`` in ns."""
_WORKERS: Final = ("transcoder", "transcriber")
_POST: Final = "POST /upload/answer"
_RUN: Final = "run "
_NANO: Final = 1e9


@dataclass(frozen=True)
class Waterfall:
    """Seconds of an upload's way, one after the other; all of them are ``total``.

    From the tools on it is the way of the worker that was done last: the other one is waited for
    no longer.

    Parameters
    ----------
    post
        Until the POST had published the upload.
    queue
        Until that worker received it.
    fetch
        Its claim and the fetch, until the first tool.
    tools
        While a tool of its ran.
    between
        While none did, between the first and the last one.
    store
        Results stored, task recorded and published.
    notified
        Until the notifier received that.
    switch
        The notifier's, until the outcome was published.
    """

    post: float
    queue: float
    fetch: float
    tools: float
    between: float
    store: float
    notified: float
    switch: float

    @property
    def total(self) -> float:
        """From the POST to READY."""
        total: float = sum(astuple(self))
        return total

    @property
    def overhead(self) -> float:
        """All but the tools."""
        return self.total - self.tools

    @classmethod
    def of(cls, spans: Sequence[Span], posted_at: float, ready_at: float) -> Waterfall:
        """Return it by an upload's trace and the times, epoch seconds, that its client saw.

        Raises
        ------
        LookupError
            Spans are missing; they arrive some seconds after they ended.
        """
        published = _first(spans, kind="producer", service="api-web")
        ways = [_Way.of(spans, worker) for worker in _WORKERS]
        last = max(ways, key=lambda way: way.published["ended"])
        notified = _first(spans, parent_id=last.published["span_id"], kind="consumer")
        tools = busy_s((run["started"] / _NANO, run["ended"] / _NANO) for run in last.runs)
        first, end = last.runs[0]["started"], max(run["ended"] for run in last.runs)
        begun, received = last.process["started"], notified["started"]
        return cls(
            post=published["ended"] / _NANO - posted_at,
            queue=(begun - published["ended"]) / _NANO,
            fetch=(first - begun) / _NANO,
            tools=tools,
            between=(end - first) / _NANO - tools,
            store=(last.published["ended"] - end) / _NANO,
            notified=(received - last.published["ended"]) / _NANO,
            switch=ready_at - received / _NANO,
        )


def busy_s(runs: Iterable[tuple[float, float]]) -> float:
    """Return the seconds during which at least one run lasted."""
    busy, until = 0.0, float("-inf")
    for start, end in sorted(runs):
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
    return busy


def tool_seconds(spans: Sequence[Span]) -> dict[str, float]:
    """Return the seconds of each tool, by service and name; runs side by side count once."""
    runs: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for span in spans:
        if span["name"].startswith(_RUN):
            name = f"{span['service']}: {span['name'].removeprefix(_RUN)}"
            runs[name].append((span["started"] / _NANO, span["ended"] / _NANO))
    return {name: busy_s(found) for name, found in runs.items()}


def medians(found: Sequence[Waterfall]) -> Waterfall:
    """Return the median of each step: the steps of no upload in particular."""
    names = [field.name for field in fields(Waterfall)]
    return Waterfall(*(median(getattr(each, name) for each in found) for name in names))


def medians_of(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median by name, of what all have."""
    return {name: median(each[name] for each in found if name in each) for name in found[0]}


@dataclass(frozen=True)
class _Way:
    """The spans of one worker."""

    process: Span
    runs: list[Span]
    published: Span

    @classmethod
    def of(cls, spans: Sequence[Span], service: str) -> _Way:
        own = [span for span in spans if span["service"] == service]
        runs = sorted(
            (span for span in own if span["name"].startswith(_RUN)), key=lambda run: run["started"]
        )
        if not runs:
            raise LookupError(f"no tool of the {service}")
        # Work that takes long publishes its start as well.
        published = [span for span in own if span["kind"] == "producer"]
        if not published:
            raise LookupError(f"the {service} has published nothing")
        return cls(_first(own, kind="consumer"), runs, published[-1])


def _first(spans: Iterable[Span], **wanted: str) -> Span:
    for span in spans:
        if all(span[name] == value for name, value in wanted.items()):
            return span
    raise LookupError(f"no span with {wanted}")

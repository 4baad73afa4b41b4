"""An upload's trace as the local stack keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from mentor_local.running import RunningStack


class Trace:
    """The spans of one trace."""

    def __init__(self, trace_id: str, spans: list[dict[str, Any]]) -> None:
        self.trace_id = trace_id
        self.spans = spans
        self._by_id = {span["span_id"]: span for span in spans}

    def way_up(self, name: str) -> list[str]:
        """Return the names from the first span of that name up to the root."""
        span = next(each for each in self.spans if each["name"] == name)
        names = [name]
        while span["parent_id"]:
            span = self._by_id[span["parent_id"]]  # each parent is there
            names.append(span["name"])
        return names


def whole_trace(running: RunningStack, upload_id: str, last: str) -> Trace:
    """Return an upload's trace once its last span has been sent; there is only one trace.

    Each process sends for itself, every few seconds: the trace is whole when each parent is there.
    """
    observe = running.endpoints["observe"]
    listed: list[dict[str, Any]] = []
    spans: list[dict[str, Any]] = []

    def arrived() -> bool:
        asked = {"upload": upload_id}
        listed[:] = requests.get(f"{observe}/api/traces", params=asked, timeout=10).json()
        if not listed:
            return False
        url = f"{observe}/api/traces/{listed[0]['trace_id']}"
        spans[:] = requests.get(url, timeout=10).json()
        known = {span["span_id"] for span in spans}
        whole = all(not span["parent_id"] or span["parent_id"] in known for span in spans)
        return whole and any(span["name"] == last for span in spans)

    wait_until(arrived, seconds=40, what="all spans of the upload to be sent")
    assert [trace["uploads"] for trace in listed] == [[upload_id]]
    return Trace(listed[0]["trace_id"], spans)

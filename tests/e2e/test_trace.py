"""One upload through the whole stack is one trace with every hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from mentor_local.graphql.seed import SEED_SECOND_QUESTION_ID
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

STAGE = "mentor-upload-local"


class Trace:
    """The spans of one trace."""

    def __init__(self, spans: list[dict[str, Any]]) -> None:
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
    """Return an upload's trace once its last span has been sent; there is only one trace."""
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
        # Each process sends for itself, every few seconds: wait for parents, too.
        whole = all(not span["parent_id"] or span["parent_id"] in known for span in spans)
        return whole and any(span["name"] == last for span in spans)

    wait_until(arrived, seconds=40, what="all spans of the upload to be sent")
    assert [trace["uploads"] for trace in listed] == [[upload_id]]
    return Trace(spans)


def test_an_upload_is_one_trace_with_every_hop(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    question = SEED_SECOND_QUESTION_ID
    running.ui.delete_task(running.endpoints["mentor"], question)
    upload_id = running.ui.upload(clip("spoken.mp4"), running.body(question))["upload_id"]
    assert running.finish(upload_id)["state"] == "READY"
    trace = whole_trace(running, upload_id, f"publish {STAGE}-notifier")

    roots = [span for span in trace.spans if not span["parent_id"]]
    assert [(root["name"], root["service"]) for root in roots] == [
        ("POST /upload/answer", "api-web")
    ]
    services = {span["service"] for span in trace.spans}
    assert services >= {"api-web", "transcoder", "transcriber", "notifier"}
    announced = [f"publish {STAGE}-api", "POST /upload/answer"]
    _, worker, *way = trace.way_up("run ffmpeg")
    assert worker in {f"process {STAGE}-transcoder", f"process {STAGE}-transcriber"}
    assert way == announced
    assert trace.way_up("run recogniser") == [
        "run recogniser",
        f"process {STAGE}-transcriber",
        *announced,
    ]
    switch = trace.way_up("mutation SwitchAnswer")
    assert switch[:3] == ["mutation SwitchAnswer", "look", f"process {STAGE}-notifier"]
    assert switch[-2:] == announced
    said = trace.way_up(f"publish {STAGE}-notifier")
    assert said[1:3] == ["look", f"process {STAGE}-notifier"]
    assert not [span["name"] for span in trace.spans if span["error"]]


def test_every_log_line_about_the_work_names_the_trace(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    """What an operator reads in a log line leads to the trace."""
    question = SEED_SECOND_QUESTION_ID
    running.ui.delete_task(running.endpoints["mentor"], question)
    upload_id = running.ui.upload(clip("silent.mp4"), running.body(question))["upload_id"]
    running.finish(upload_id)
    whole_trace(running, upload_id, f"publish {STAGE}-notifier")
    observe = running.endpoints["observe"]
    (listed,) = requests.get(
        f"{observe}/api/traces", params={"upload": upload_id}, timeout=10
    ).json()
    lines = (running.home / "stack.log").read_text(errors="replace").splitlines()
    # Each poll of the status is a trace of its own.
    mine = [line for line in lines if upload_id in line and "/upload/status" not in line]
    assert mine
    assert all(f"trace_id={listed['trace_id']}" in line for line in mine)

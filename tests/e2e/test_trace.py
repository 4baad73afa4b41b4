"""One upload through the whole stack is one trace with every hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_local.graphql.seed import SEED_SECOND_QUESTION_ID
from observing import whole_trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

STAGE = "mentor-upload-local"


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
    assert switch[:3] == ["mutation SwitchAnswer", "reconcile", f"process {STAGE}-notifier"]
    assert switch[-2:] == announced
    said = trace.way_up(f"publish {STAGE}-notifier")
    assert said[1:3] == ["reconcile", f"process {STAGE}-notifier"]
    assert not [span["name"] for span in trace.spans if span["error"]]


def test_every_log_line_about_the_work_names_the_trace(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    """What an operator reads in a log line leads to the trace."""
    question = SEED_SECOND_QUESTION_ID
    running.ui.delete_task(running.endpoints["mentor"], question)
    upload_id = running.ui.upload(clip("silent.mp4"), running.body(question))["upload_id"]
    running.finish(upload_id)
    trace = whole_trace(running, upload_id, f"publish {STAGE}-notifier")
    lines = (running.home / "stack.log").read_text(errors="replace").splitlines()
    # Each poll of the status is a trace of its own.
    mine = [line for line in lines if upload_id in line and "/upload/status" not in line]
    assert mine
    assert all(f"trace_id={trace.trace_id}" in line for line in mine)

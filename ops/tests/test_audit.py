"""What ``mentor-ops`` does stands in the audit log, from before it starts."""

from __future__ import annotations

import getpass
import signal
from typing import TYPE_CHECKING, Any

from mentor_common.clock import ManualClock, SystemClock
from mentor_common.operating.audit import KEPT_SECONDS, Audit, is_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_common.operating.audit import Entry

DEAD = "DEAD_LETTER_QUEUE_NAME"


def log(line: Any) -> list[Entry]:
    """Return the audit log, the latest first."""
    return Audit(line.table, SystemClock()).latest(50)


def test_each_action_is_in_the_log_with_who_what_and_what_came_of_it(
    line: Any,
    ops: Callable[..., tuple[int, Any]],
    tmp_path: Path,
) -> None:
    job = line.accept()
    for body in ("no json", "nor this"):
        line.send(body, DEAD, code="not_json")
    ops("dlq", "list")
    ops("dlq", "peek")
    ops("dlq", "redrive", "--dry-run")
    assert log(line) == [], "looking is no action"

    ops("jobs", "retry", job.upload_id)
    ops("dlq", "redrive", "--queue", "transcoder", "--type", "unreadable")
    line.send("no json", DEAD, code="not_json")
    file = tmp_path / "kept.jsonl"
    ops("dlq", "discard", "--yes", "--file", str(file))
    ops("jobs", "cancel", job.upload_id, "--yes")
    entries = log(line)
    assert [entry.verb for entry in entries] == ["cancel", "discard", "redrive", "retry"]
    cancel, discard, redrive, retry = entries
    assert cancel.to == {"upload": job.upload_id}
    assert (discard.result or {})["done"] == 1
    assert (discard.result or {})["file"] == str(file)
    assert redrive.to == {"queue": "transcoder", "type": "unreadable"}
    assert (redrive.result or {})["done"] == 2
    assert "none to try again" in (retry.result or {})["error"]
    code, shown = ops("log", "--limit", "2", "--json")
    assert (code, [one["verb"] for one in shown]) == (0, ["cancel", "discard"])
    _, text = ops("log")
    assert f"retry upload={job.upload_id}" in " ".join(text.split())
    for entry in entries:
        assert entry.tool == "mentor-ops"
        assert entry.who.startswith(f"{getpass.getuser()} (arn:aws:")
        assert is_id(entry.id)
        assert entry.ended_at is not None
        assert entry.at <= entry.ended_at


def test_killed_in_the_middle_it_stays_begun(
    line: Any, ops: Callable[..., tuple[int, Any]], start_ops: Callable[..., Any]
) -> None:
    line.send("no json", DEAD)
    profile = {
        "MENTOR_UPLOAD_PROFILE": "test",
        "MENTOR_UPLOAD_FAILPOINTS": "sqs.send:after=kill",
    }
    with start_ops("dlq", "redrive", **profile) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert "not ended, or broken off" in ops("log")[1]
    (entry,) = log(line)
    assert (entry.verb, entry.ended_at, entry.result) == ("redrive", None, None)


def test_the_log_is_read_page_by_page_through_the_months_and_never_changed(line: Any) -> None:
    clock = ManualClock(1_796_000_000.0)
    audit = Audit(line.table, clock)
    began = []
    for number in range(7):
        began.append(audit.begin("ada", "console", "retry", {"upload": str(number)}))
        if number % 2:
            audit.end(began[-1].id, {"opens": {"transcode": number}})
        clock.advance(20 * 86400)
    clock.advance(-86400)
    audit.end(began[1].id, {"opens": {}})
    whole = audit.latest(50)
    assert [entry.id for entry in whole] == [entry.id for entry in reversed(began)]
    assert [entry.result for entry in whole[-2:]] == [{"opens": {"transcode": 1}}, None]
    paged: list[Entry] = []
    while page := audit.latest(2, paged[-1].id if paged else None):
        paged += page
    assert paged == whole
    item = line.table.get(f"AUDIT#{began[0].id[:6]}", f"{began[0].id}#began")
    assert item["ttl"] == int(began[0].at) + KEPT_SECONDS

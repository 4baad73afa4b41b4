"""The result of claimed work, and what it makes of the task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.jobs.task import EXHAUSTED, SubTask
from mentor_common.telemetry.error_summary import error_summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mentor_common.errors import PermanentError
    from mentor_common.media.process import ToolRun


@dataclass(frozen=True)
class WorkDone:
    """The result of work that is stored and verified.

    Parameters
    ----------
    results
        Result name to key in the static bucket.
    facts
        Measurements for the answer (durations in ms, hash …), JSON values.
    failures
        Name of a task shown to people to why it failed; the others are DONE.
    """

    results: Mapping[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, PermanentError] = field(default_factory=dict)


def changes_at_end(sub_tasks: Sequence[str], done: WorkDone) -> dict[str, Any]:
    """Return the changes that end a task as its work ended."""
    subs = {
        name: SubTask(
            status="FAILED", code=error.code, reason=error.reason, values=dict(error.values)
        )
        if (error := done.failures.get(name))
        else SubTask(status="DONE")
        for name in sub_tasks
    }
    changes: dict[str, Any] = {
        "status": "FAILED" if done.failures else "DONE",
        "names": {name: sub.item() for name, sub in subs.items()},
        "results": dict(done.results),
        "facts": dict(done.facts),
    }
    if not done.failures:
        return changes | {"percent": 100}
    worst = next(iter(done.failures.values()))
    changes |= {"code": worst.code, "reason": worst.reason}
    if worst.code == EXHAUSTED and worst.__cause__ is not None:
        changes["last_error"] = error_summary(worst.__cause__)
    return changes


def changes_of_tools(runs: Sequence[ToolRun]) -> dict[str, Any]:
    """Return the change that records runs of tools."""
    return {"tools": [[run.tool, run.started, run.ended] for run in runs]}

"""``mentor-ops jobs``: lists, shows, retries and cancels uploads by the jobs table."""

from __future__ import annotations

import getpass
import json
import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mentor_common.events.models import TaskKind
from mentor_common.jobs import AnswerKey, Answers, Intake, Job, Upload, is_over, state
from mentor_common.operating.history import describe, iso
from mentor_common.operating.retry import retry as retry_failed
from mentor_ops import show
from mentor_ops.audited import audited
from mentor_ops.errors import Exit, OpsError
from mentor_ops.options import Json
from mentor_ops.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mentor_common.jobs import Task

app = typer.Typer(help="Uploads and their tasks.", no_args_is_help=True)

_FAR = 10 * 365 * 86400
_WATCH_SECONDS = 1.0
ListedState = Literal[
    "active", "all", "PREPARING", "QUEUED", "IN_PROGRESS", "CANCELLING",
    "READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED",
]  # fmt: skip
UploadId = Annotated[str, typer.Argument(help="The upload's id.")]


@app.command("list")
def list_(
    context: typer.Context,
    listed: Annotated[
        ListedState, typer.Option("--state", help="active: not ended yet, read from an index.")
    ] = "active",
    mentor: Annotated[str | None, typer.Option(help="Only this mentor's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List uploads. Any state but `active` reads the whole table."""
    target: Target = context.obj
    uploads = _active(target) if listed == "active" else _every(target)
    chosen = [
        (upload, job)
        for upload in uploads
        if (job := upload.job) is not None
        and mentor in {None, job.mentor}
        and (listed in {"active", "all"} or state(upload) == listed)
    ]
    chosen.sort(key=lambda pair: pair[1].prepared_at, reverse=True)
    if as_json:
        show.as_json([describe(upload, target.reader) for upload, _ in chosen[:limit]])
        return
    rows = [
        (
            upload.upload_id,
            state(upload),
            job.mentor,
            job.question,
            show.age(job.accepted_at or job.prepared_at),
            _short(upload.transcode),
            _short(upload.transcribe),
        )
        for upload, job in chosen[:limit]
    ]
    names = ("upload", "state", "mentor", "question", "age", "transcode", "transcribe")
    show.table(*names, rows=rows)
    if len(chosen) > limit:
        show.note(f"{len(chosen) - limit} more; --limit shows them")


def _short(task: Task | None) -> str:
    if task is None:
        return "-"
    again = f" start {task.starts}" if task.starts > 1 else ""
    return f"{task.status} {task.code or ''}".strip() + f" (attempt {task.attempt}{again})"


def _active(target: Target) -> Iterator[Upload]:
    """Yield uploads that some sweep still watches, from the sparse index."""
    until = target.clock.now() + _FAR
    ids = {item["upload_id"] for item in target.table.due("api", until, limit=1000)}
    for item in target.table.due("notifier", until, limit=1000):
        current = target.reader.current(AnswerKey(item["mentor"], item["question"]))
        ids |= {current.upload_id} if current else set()
    for upload_id in sorted(ids):
        upload = target.reader.upload(upload_id)
        if not is_over(upload):
            yield upload


def _every(target: Target) -> Iterable[Upload]:
    for item in target.table.scan("JOB"):
        yield target.reader.upload(Job.model_validate(item).upload_id)


@app.command("show")
def show_(
    context: typer.Context,
    upload_id: UploadId,
    watch: Annotated[bool, typer.Option("--watch", help="Until it has ended.")] = False,
    as_json: Json = False,
) -> None:
    """Show an upload: its tasks, its history, its last error. Exit code 1 when it FAILED."""
    target: Target = context.obj
    shown: dict[str, Any] | None = None
    while True:
        upload, _ = _known(target, upload_id)
        now = describe(upload, target.reader)
        if now != shown:
            _print(now, as_json=as_json, compact=watch)
            shown = now
        if not watch or is_over(upload):
            break
        time.sleep(_WATCH_SECONDS)
    if state(upload) == "FAILED":
        raise typer.Exit(Exit.ATTENTION)


def _known(target: Target, upload_id: str) -> tuple[Upload, Job]:
    upload = target.reader.upload(upload_id)
    if upload.job is None:
        raise OpsError(f"there is no upload {upload_id} on this stage")
    return upload, upload.job


def _print(one: dict[str, Any], *, as_json: bool, compact: bool) -> None:
    if as_json:
        # Watched, each change is a document on one line.
        show.out().print(json.dumps(one, indent=None if compact else 2), markup=False)
        return
    rows: list[tuple[object, ...]] = [
        ("state", f"{one['state']} ({one['standing']}{', live' if one['live'] else ''})"),
        ("mentor, question", f"{one['mentor']}, {one['question']}"),
        ("last error", one["last_error"]),
        ("looked at next", one["looked_at_next"]),
    ]
    for kind, task in one["tasks"].items():
        if task is None:
            rows.append((kind, "not claimed yet"))
            continue
        lease = f", lease of {task['owner']} until {task['lease_until']}"
        running = lease if task["lease_until"] else ""
        how_far = f"{task['status']} {task['percent']} %, attempt {task['attempt']}"
        rows.append((kind, f"{how_far}, start {task['starts']}{running}"))
    rows += show.history_rows(one)
    show.table("", "", rows=rows, title=f"upload {one['upload']}")


@app.command()
def retry(
    context: typer.Context,
    upload_id: UploadId,
    kind: Annotated[
        TaskKind | None, typer.Option("--task", help="Only this one; by default all that FAILED.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Open the next attempt of an upload's failed tasks, by the same means as a redrive."""
    target: Target = context.obj
    _known(target, upload_id)
    with audited(target, "retry", upload=upload_id, task=kind) as result:
        opened = retry_failed(upload_id, kind, target.reader, target.queues)
        result["opens"] = opened
    if as_json:
        show.as_json({"upload": upload_id, "opens": opened})
    else:
        asked = ", ".join(f"{name} attempt {attempt}" for name, attempt in opened.items())
        show.note(f"asked for {asked}; watch it: mentor-ops jobs show --watch {upload_id}")


@app.command()
def cancel(
    context: typer.Context,
    upload_id: UploadId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Stop an upload: workers stop at their next beat, GraphQL shows CANCELLED."""
    target: Target = context.obj
    upload, job = _known(target, upload_id)
    if upload.outcome is not None or job.status != "ACCEPTED":
        raise OpsError(f"upload {upload_id} is {state(upload)}: there is nothing to cancel")
    question = f"Cancel upload {upload_id} of mentor {job.mentor}?"
    show.confirm(question, "nothing was cancelled", yes=yes)
    with audited(target, "cancel", upload=upload_id):
        # As by the api, whose sweep then says `upload.cancelled` to everybody.
        Intake(target.table, target.clock).cancel(job, f"operator {getpass.getuser()}")
        # A lease of no length: the sweep reconciles at once, not when one would end.
        Answers(target.table, target.clock, lease_seconds=0).request(job.answer, (upload_id,))
    if as_json:
        show.as_json({"upload": upload_id, "cancelled": iso(target.clock.now())})
    else:
        show.note(f"cancelled; watch it: mentor-ops jobs show --watch {upload_id}")

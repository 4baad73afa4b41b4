"""``mentor-ops jobs``: shows, retries and cancels uploads by the jobs table."""

from __future__ import annotations

import getpass
import json
import time
from typing import Annotated, Any

import typer

from mentor_common.errors import UnreadableItemError
from mentor_common.events.models import TaskKind
from mentor_common.jobs import UNREADABLE, Answers, Intake, Job, Upload, is_over, state
from mentor_common.jobs.model import upload_pk
from mentor_common.operating import unreadable
from mentor_common.operating.history import describe, iso
from mentor_common.operating.retry import retry as retry_failed
from mentor_common.operating.unreadable import unreadable_items
from mentor_ops import listing, show
from mentor_ops.audited import audited
from mentor_ops.errors import Exit, OpsError
from mentor_ops.options import Json
from mentor_ops.target import Target
from mentor_ops.why import why

app = typer.Typer(help="Uploads and their tasks.", no_args_is_help=True, add_completion=False)
app.command("list")(listing.list_)
app.command()(listing.errors)
app.command()(why)

_WATCH_SECONDS = 1.0
UploadId = Annotated[str, typer.Argument(help="The upload's id, or how it begins.")]


@app.command("show")
def show_(
    context: typer.Context,
    upload_id: UploadId,
    watch: Annotated[bool, typer.Option("--watch", help="Until it has ended.")] = False,
    as_json: Json = False,
) -> None:
    """Show an upload: its tasks, its history, its last error.

    Exit code 1 when it FAILED, or cannot be read.
    """
    target: Target = context.obj
    upload_id = target.finder.resolve(upload_id)
    shown: dict[str, Any] | None = None
    while True:
        try:
            upload, _ = _known(target, upload_id)
            now = describe(upload, target.reader)
        except UnreadableItemError as error:
            _show_unreadable(error, as_json=as_json)
            raise typer.Exit(Exit.ATTENTION) from None
        if now != shown:
            _print(now, as_json=as_json, compact=watch)
            shown = now
        if not watch or is_over(upload):
            break
        time.sleep(_WATCH_SECONDS)
    if state(upload) == "FAILED":
        raise typer.Exit(Exit.ATTENTION)


def _show_unreadable(error: UnreadableItemError, *, as_json: bool) -> None:
    if as_json:
        show.as_json(listing.unreadable_values(error))
        return
    rows = [("state", UNREADABLE), (error.sk, error.problem)]
    show.table("", "", rows=rows, title=error.pk)
    show.note(f"take it away: mentor-ops jobs discard {error.pk}")


def _known(target: Target, text: str) -> tuple[Upload, Job]:
    """Return the upload of an id, or of the beginning of one."""
    upload_id = target.finder.resolve(text)
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
        how = f", web {task['web_rendition']}" if task["web_rendition"] else ""
        rows.append((kind, f"{how_far}, start {task['starts']}{running}{how}"))
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
    upload_id = _known(target, upload_id)[0].upload_id
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
    upload_id = upload.upload_id
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


@app.command()
def discard(
    context: typer.Context,
    partition: Annotated[
        str, typer.Argument(metavar="UPLOAD|PARTITION", help="As `jobs list` shows it.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the items of an upload, or of another partition, away that cannot be read.

    They are printed before, on stdout: keep that. What can be read stays.
    """
    target: Target = context.obj
    pk = partition if "#" in partition else upload_pk(target.finder.resolve(partition))
    items = target.table.partition(pk)
    broken = [error.sk for error in unreadable_items(items.values())]
    if not broken:
        raise OpsError(f"there is nothing in {pk} that cannot be read")
    found = [items[sk] for sk in broken]
    show.as_json(found)
    question = f"Take {', '.join(broken)} of {pk} away?"
    show.confirm(question, "nothing was taken away", yes=yes)
    with audited(target, "discard", partition=pk, items=", ".join(broken)) as result:
        gone = unreadable.discard(target.table, found)
        result["done"] = len(gone)
    left = len(found) - len(gone)
    kept = f"; {left} were written meanwhile and stay" if left else ""
    show.note(f"{len(gone)} taken away{kept}")

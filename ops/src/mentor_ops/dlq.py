"""``mentor-ops dlq``: lists, shows, redrives and discards dead letters."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentor_common.operating.clearing import clear
from mentor_common.operating.clearing import dry_run as no_act
from mentor_common.operating.dead_letter import DeadLetterFilter
from mentor_common.operating.history import iso
from mentor_ops import dead_letter_output, show
from mentor_ops.audited import audited
from mentor_ops.errors import Exit
from mentor_ops.options import Code, Error, Json, Mentor, Queue, Rate, Type, Upload
from mentor_ops.progress import progress
from mentor_ops.stopping import asked_to_stop
from mentor_ops.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from mentor_common.operating.audit import Verb
    from mentor_common.operating.clearing import Act
    from mentor_common.operating.dead_letter import DeadLetter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue

    Result = dict[str, Any]

app = typer.Typer(help="Dead letters.", no_args_is_help=True, add_completion=False)

_FAST = 50


@app.command("list")
def list_(
    context: typer.Context,
    sample: Annotated[int, typer.Option(min=0, help="Letters to read a queue for reasons.")] = 100,
    as_json: Json = False,
) -> None:
    """Show each dead-letter queue: how many, since when, and why."""
    target: Target = context.obj
    found = []
    for queue in target.queues.all():
        depth = queue.depth()
        letters = queue.peek(min(sample, depth.visible))
        oldest = min((one.sent_at for one in letters), default=None)
        found.append(
            {
                "queue": queue.service,
                "waiting": depth.visible,
                "hidden": depth.hidden,
                "oldest": iso(oldest),
                "age": show.age(oldest),
                "sampled": len(letters),
                "reasons": dict(Counter(f"{one.type} {one.code}" for one in letters).most_common()),
            }
        )
    if as_json:
        show.as_json(found)
        return
    rows = [
        (one["queue"], one["waiting"], one["hidden"], one["age"], _reasons(one)) for one in found
    ]
    show.table("queue", "waiting", "hidden", "oldest", "why (of those read)", rows=rows)


@app.command()
def peek(
    context: typer.Context,
    queue: Queue = None,
    type_: Type = None,
    code: Code = None,
    upload: Upload = None,
    mentor: Mentor = None,
    error: Error = None,
    limit: Annotated[int, typer.Option(min=1, help="Letters to show a queue.")] = 10,
    as_json: Json = False,
) -> None:
    """Show letters decoded, with their upload's history and last error. Changes nothing."""
    target: Target = context.obj
    chosen = _chosen(target, type_, code, upload, mentor, error)
    found = []
    for each in target.dead_letter_queues(queue):
        visible = each.depth().visible
        most = min(limit, visible) if chosen.everything else visible
        letters = [one for one in each.peek(most) if one in chosen][:limit]
        found += [dead_letter_output.as_values(each.service, one, target.reader) for one in letters]
    if as_json:
        show.as_json(found)
        return
    for one in found:
        dead_letter_output.print_values(one)
    if not found:
        show.note("nothing there")


@app.command()
def redrive(
    context: typer.Context,
    queue: Queue = None,
    type_: Type = None,
    code: Code = None,
    upload: Upload = None,
    mentor: Mentor = None,
    error: Error = None,
    max_rate: Rate = _FAST,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would move.")] = False,
    as_json: Json = False,
) -> None:
    """Send dead letters to their service's queue again. Safe to run twice and to interrupt.

    A letter opens the next attempt of its task only if the attempt it names is the last one and
    FAILED; what was finished meanwhile stays as it is.
    """
    target: Target = context.obj
    chosen = _chosen(target, type_, code, upload, mentor, error)
    results = []
    for each in target.dead_letter_queues(queue):
        with progress(f"redrive {each.service}", quiet=as_json) as bar:
            if dry_run or not each.depth().visible:
                result = _clear(each, chosen, no_act, max_rate, bar)
            else:
                with _audited(target, "redrive", each, chosen) as entry:
                    result = _clear(each, chosen, each.redrive, max_rate, bar)
                    entry.update(result)
        results.append({"queue": each.service, "dry_run": dry_run, **result})
        if result["interrupted"]:
            break
    _finish(results, "would move" if dry_run else "moved", as_json=as_json)


@app.command()
def discard(
    context: typer.Context,
    queue: Queue = None,
    type_: Type = None,
    code: Code = None,
    upload: Upload = None,
    mentor: Mentor = None,
    error: Error = None,
    file: Annotated[
        Path | None, typer.Option(help="Where to; by default a new file in this folder.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    max_rate: Rate = _FAST,
    as_json: Json = False,
) -> None:
    """Delete dead letters for good, after writing them to a file and asking.

    The uploads stay as they are: FAILED, with their reason. `jobs retry` still works on them.
    """
    target: Target = context.obj
    chosen = _chosen(target, type_, code, upload, mentor, error)
    meant = {each: _meant(each, chosen) for each in target.dead_letter_queues(queue)}
    filled = {each: ids for each, ids in meant.items() if ids}
    if not filled:
        show.note("nothing there")
        _finish([], "discarded", as_json=as_json)
        return
    path = file or Path(f"discarded-{target.clock.now():.0f}.jsonl")
    counts = ", ".join(f"{len(ids)} of {each.service}" for each, ids in filled.items())
    show.note(
        f"Dead letters to be deleted for good: {counts}. Each is first written to {path}: that"
        " file is the only record of it. To try them again instead: dlq redrive."
    )
    show.confirm("Discard them?", "nothing was discarded", yes=yes)
    results = []
    for each, ids in filled.items():
        shown = DeadLetterFilter(messages=ids)
        with (
            progress(f"discard {each.service}", quiet=as_json) as bar,
            _written_first(each, path) as act,
            _audited(target, "discard", each, chosen) as entry,
        ):
            result = {"file": str(path), **_clear(each, shown, act, max_rate, bar)}
            entry.update(result)
        results.append({"queue": each.service, **result})
        if result["interrupted"]:
            break
    show.note(f"what was discarded is in {path}, one JSON document a line")
    _finish(results, "discarded", as_json=as_json)


def _chosen(target: Target, type_: str | None, code: str | None, upload: str | None,
            mentor: str | None, error: str | None) -> DeadLetterFilter:  # fmt: skip
    """Return the filter that the options ask for; the upload is named by its whole id."""
    whole = None if upload is None else target.finder.resolve(upload)
    return DeadLetterFilter(type_, whole, code, mentor, error)


def _meant(queue: DeadLetterQueue, chosen: DeadLetterFilter) -> frozenset[str]:
    """Return the ids of the letters that are there now and meant: no others are acted on."""
    return frozenset(one.message_id for one in queue.peek(queue.depth().visible) if one in chosen)


def _audited(
    target: Target, verb: Verb, queue: DeadLetterQueue, chosen: DeadLetterFilter
) -> AbstractContextManager[Result]:
    return audited(target, verb, queue=queue.service, **chosen.named())


def _clear(
    queue: DeadLetterQueue, chosen: DeadLetterFilter, act: Act, max_rate: int, bar: Any
) -> Result:
    with asked_to_stop() as stop:
        cleared = clear(queue, chosen, act, max_rate=max_rate, on_progress=bar, stop=stop)
    reasons = {" ".join(key): count for key, count in cleared.reasons.items()}
    return vars(cleared) | {"reasons": reasons}


def _finish(results: list[Result], verb: str, *, as_json: bool) -> None:
    """Print the results and end with the exit code that they call for."""
    dry = any(one.get("dry_run") for one in results)
    if as_json:
        show.as_json(results)
    else:
        rows = []
        for one in results:
            count = sum(one["reasons"].values()) if dry else one["done"]
            left = one["passed"] if dry else one["undone"] + one["passed"]
            rows.append((one["queue"], count, left, _reasons(one)))
        show.table("queue", verb, "left", "what", rows=rows)
    if any(one["interrupted"] for one in results):
        show.note("interrupted: run it again for the rest")
        raise typer.Exit(Exit.INTERRUPTED)
    if any(one["undone"] for one in results) and not dry:
        raise typer.Exit(Exit.ATTENTION)


def _reasons(one: Result) -> str:
    return "; ".join(f"{count} x {why}" for why, count in one["reasons"].items()) or "-"


@contextmanager
def _written_first(queue: DeadLetterQueue, path: Path) -> Iterator[Act]:
    """Give an act that writes dead letters to disk, whole and safe, before it deletes them."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:

        def act(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            for one in batch:
                file.write(json.dumps(one.as_record(queue.service)) + "\n")
            file.flush()
            os.fsync(file.fileno())
            return queue.delete(batch)

        yield act

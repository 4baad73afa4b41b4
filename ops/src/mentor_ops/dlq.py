"""``mentor-ops dlq``: what lies in the dead-letter queues, and what to do with it."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentor_common.operating.clearing import Cleared, Wanted, clear, nothing, record_of, send_on
from mentor_common.operating.dead_letter_details import described, peek
from mentor_common.operating.history import iso
from mentor_ops import show
from mentor_ops.adapters.movetask import MoveTasks, NotOfferedError
from mentor_ops.audited import audited
from mentor_ops.errors import Exit, OpsError
from mentor_ops.letters import print_letter
from mentor_ops.options import Json, Queue, Rate, Type, Upload
from mentor_ops.redrive import by_move_task
from mentor_ops.stopping import asked_to_stop
from mentor_ops.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from mentor_common.operating.audit import Verb
    from mentor_common.operating.clearing import Act
    from mentor_common.operating.dead_letters import DeadLetter, DeadLetters

app = typer.Typer(help="Dead letters.", no_args_is_help=True)

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
    for letters in target.every_dead_letters():
        figures = letters.figures()
        seen = peek(letters, min(sample, figures["waiting"]))
        oldest = min((one.sent_at for one in seen), default=None)
        found.append(
            {
                "queue": letters.service,
                "waiting": figures["waiting"],
                "hidden": figures["hidden"],
                "oldest": iso(oldest),
                "age": show.age(oldest),
                "sampled": len(seen),
                "reasons": dict(Counter(f"{one.type} {one.code}" for one in seen).most_common()),
            }
        )
    if as_json:
        show.as_json(found)
        return
    rows = [
        (
            one["queue"],
            one["waiting"],
            one["hidden"],
            one["age"],
            "; ".join(f"{count} x {why}" for why, count in one["reasons"].items()) or "-",
        )
        for one in found
    ]
    show.table("queue", "waiting", "hidden", "oldest", "why (of those read)", rows=rows)


@app.command("peek")
def peek_(
    context: typer.Context,
    queue: Queue = None,
    type_: Type = None,
    upload: Upload = None,
    limit: Annotated[int, typer.Option(min=1, help="Letters to show a queue.")] = 10,
    as_json: Json = False,
) -> None:
    """Show letters decoded, with their upload's history and last error. Changes nothing."""
    target: Target = context.obj
    wanted = Wanted(type_, upload)
    found = []
    for letters in target.every_dead_letters(queue):
        waiting = letters.figures()["waiting"]
        most = min(limit, waiting) if wanted.everything else waiting
        mine = [one for one in peek(letters, most) if one in wanted][:limit]
        found += [described(letters.service, one, target.reader) for one in mine]
    if as_json:
        show.as_json(found)
        return
    for one in found:
        print_letter(one)
    if not found:
        show.note("nothing there")


@app.command()
def redrive(
    context: typer.Context,
    queue: Queue = None,
    type_: Type = None,
    upload: Upload = None,
    max_rate: Rate = _FAST,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would move.")] = False,
    as_json: Json = False,
) -> None:
    """Send dead letters to their service's queue again. Safe to run twice and to interrupt.

    A letter opens the next attempt of its task only if the attempt it names is the last one and
    FAILED; what was finished meanwhile stays as it is.
    """
    target: Target = context.obj
    wanted = Wanted(type_, upload)
    results = []
    for letters in target.every_dead_letters(queue):
        with show.progress(f"redrive {letters.service}", quiet=as_json) as bar:
            if dry_run or not letters.figures()["waiting"]:
                result = _cleared(letters, wanted, nothing, max_rate, bar)
            else:
                with _audited(target, "redrive", letters, wanted) as said:
                    result = _moved(target, letters, wanted, max_rate, bar)
                    said.update(result)
        results.append({"queue": letters.service, "dry_run": dry_run, **result})
        if result["interrupted"]:
            break
    _finish(results, "would move" if dry_run else "moved", as_json=as_json)


def _audited(
    target: Target, verb: Verb, letters: DeadLetters, wanted: Wanted
) -> AbstractContextManager[dict[str, Any]]:
    return audited(target, verb, queue=letters.service, type=wanted.type, upload=wanted.upload)


def _moved(
    target: Target, letters: DeadLetters, wanted: Wanted, max_rate: int, bar: Any
) -> dict[str, Any]:
    """Move letters, all of them by SQS itself where it can."""
    moved = _moved_by_sqs(target, letters, max_rate, bar) if wanted.everything else None
    return moved or _cleared(letters, wanted, send_on(letters), max_rate, bar)


def _moved_by_sqs(
    target: Target, letters: DeadLetters, max_rate: int, bar: Any
) -> dict[str, Any] | None:
    """Move everything by SQS itself; ``None`` where this SQS cannot."""
    arns = letters.figures()["arn"], letters.figures("queue")["arn"]
    try:
        ended = by_move_task(
            MoveTasks(target.client("sqs"), *arns), max_rate=max_rate, on_progress=bar
        )
    except NotOfferedError:
        return None
    return {
        "road": "move task",
        "done": ended.moved,
        "undone": 0,
        "passed": 0,
        "interrupted": ended.status == "CANCELLED",
        "reasons": {},
    }


def _cleared(
    letters: DeadLetters, wanted: Wanted, act: Act, max_rate: int, bar: Any
) -> dict[str, Any]:
    with asked_to_stop() as stop:
        return _result(clear(letters, wanted, act, max_rate=max_rate, on_progress=bar, stop=stop))


def _result(cleared: Cleared) -> dict[str, Any]:
    return {
        "road": "loop",
        "done": cleared.done,
        "undone": cleared.undone,
        "passed": cleared.passed,
        "interrupted": cleared.interrupted,
        "reasons": {" ".join(key): count for key, count in cleared.reasons.items()},
    }


def _finish(results: list[dict[str, Any]], verb: str, *, as_json: bool) -> None:
    """Print what came of it and end with the code that says so."""
    if as_json:
        show.as_json(results)
    else:
        rows = []
        for one in results:
            count = sum(one["reasons"].values()) if one.get("dry_run") else one["done"]
            left = one["passed"] if one.get("dry_run") else one["undone"] + one["passed"]
            why = "; ".join(f"{n} x {reason}" for reason, n in one["reasons"].items())
            rows.append((one["queue"], count, left, one["road"], why or "-"))
        show.table("queue", verb, "left", "by", "what", rows=rows)
    if any(one["interrupted"] for one in results):
        show.note("interrupted: run it again for the rest")
        raise typer.Exit(Exit.INTERRUPTED)
    if any(one["undone"] for one in results) and not results[0].get("dry_run"):
        raise typer.Exit(Exit.ATTENTION)


@app.command()
def discard(
    context: typer.Context,
    queue: Queue = None,
    type_: Type = None,
    upload: Upload = None,
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
    wanted = Wanted(type_, upload)
    boxes = [one for one in target.every_dead_letters(queue) if one.figures()["waiting"]]
    if not boxes:
        show.note("nothing there")
        _finish([], "discarded", as_json=as_json)
        return
    path = file or Path(f"discarded-{target.clock.now():.0f}.jsonl")
    _ask(boxes, wanted, path, yes=yes)
    results = []
    for letters in boxes:
        with (
            show.progress(f"discard {letters.service}", quiet=as_json) as bar,
            _written_first(letters, path) as act,
            _audited(target, "discard", letters, wanted) as said,
        ):
            result = {"file": str(path), **_cleared(letters, wanted, act, max_rate, bar)}
            said.update(result)
        results.append({"queue": letters.service, **result})
        if result["interrupted"]:
            break
    show.note(f"what was discarded is in {path}, one JSON document a line")
    _finish(results, "discarded", as_json=as_json)


def _ask(boxes: Sequence[DeadLetters], wanted: Wanted, path: Path, *, yes: bool) -> None:
    waiting = {one.service: one.figures()["waiting"] for one in boxes}
    which = "all" if wanted.everything else "those that match"
    said = ", ".join(f"{count} of {service}" for service, count in waiting.items())
    show.note(
        f"Dead letters: {said}. To be deleted for good: {which}. Each is first written to"
        f" {path}: that file is the only record of it. To try them again instead: dlq redrive."
    )
    if yes:
        return
    try:
        sure = typer.confirm("Discard them?", err=True)
    except typer.Abort:
        raise OpsError("nobody to ask: say --yes", Exit.USAGE) from None
    if not sure:
        raise OpsError("nothing was discarded")


@contextmanager
def _written_first(letters: DeadLetters, path: Path) -> Iterator[Act]:
    """Give an act that writes letters to disk, whole and safe, before it deletes them."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:

        def act(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            for one in batch:
                file.write(json.dumps(record_of(letters.service, one)) + "\n")
            file.flush()
            os.fsync(file.fileno())
            return letters.delete(batch)

        yield act

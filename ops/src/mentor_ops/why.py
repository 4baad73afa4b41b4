"""``mentor-ops jobs why``: one screen that says why an upload is not ready."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mentor_common.jobs import AnswerKey
from mentor_common.operating.diagnosis import Diagnoser
from mentor_ops import show
from mentor_ops.errors import Exit
from mentor_ops.options import Json

if TYPE_CHECKING:
    from mentor_common.operating.diagnosis import Diagnosis
    from mentor_ops.target import Target


def why(
    context: typer.Context,
    upload: Annotated[
        str,
        typer.Argument(
            metavar="UPLOAD|MENTOR", help="An upload, or how its id begins; or a mentor."
        ),
    ],
    question: Annotated[
        str | None,
        typer.Argument(metavar="[QUESTION]", help="With a mentor: the answer's newest upload."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why an upload is not ready, and what to type next.

    Exit code 1 when it needs a person. Changes nothing.
    """
    target: Target = context.obj
    diagnoser = Diagnoser(target.table, target.clock, target.queues)
    if question is None:
        found = diagnoser.of(target.finder.resolve(upload))
    else:
        found = diagnoser.of_answer(AnswerKey(upload, question))
    if as_json:
        show.as_json({**asdict(found), "seen": dict(found.seen)})
    else:
        _print(found)
    if found.attention:
        raise typer.Exit(Exit.ATTENTION)


def _print(found: Diagnosis) -> None:
    show.out().print(f"upload {found.upload_id}: {found.why}", markup=False)
    show.out().print()
    show.table("", "", rows=found.seen, head=False)
    show.out().print()
    page = f"   (docs/runbooks/{found.runbook}.md)" if found.runbook else ""
    show.out().print(f"next: {found.command or _nothing(found)}{page}", markup=False)


def _nothing(found: Diagnosis) -> str:
    if found.state in {"FAILED", "ABORTED"}:
        return "nothing to type; the mentor has to send the video again"
    return "nothing to do"

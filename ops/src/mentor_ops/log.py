"""``mentor-ops log``: what operators did, here and from the console."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mentor_common.operating.history import iso
from mentor_ops import show
from mentor_ops.options import Json
from mentor_ops.target import Target

app = typer.Typer(add_completion=False)


@app.command()
def log(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest first.")] = 20,
    as_json: Json = False,
) -> None:
    """Show what operators did, by this tool and from the console, the latest first."""
    target: Target = context.obj
    entries = target.audit.latest(limit)
    if as_json:
        show.as_json(
            [
                one.model_dump() | {"at": iso(one.at), "ended_at": iso(one.ended_at)}
                for one in entries
            ]
        )
        return
    rows = [
        (
            iso(one.at),
            f"{one.who} by {one.tool}",
            one.verb,
            " ".join(f"{name}={value}" for name, value in one.to.items()),
            json.dumps(one.result) if one.ended_at else "not ended, or broken off",
        )
        for one in entries
    ]
    show.table("when", "who", "what", "to what", "what came of it", rows=rows)

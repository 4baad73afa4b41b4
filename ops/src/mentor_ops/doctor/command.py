"""``mentor-ops doctor``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mentor_ops import show
from mentor_ops.doctor import existing_bucket, health, wiring
from mentor_ops.doctor.deployed import DeployedResources
from mentor_ops.errors import Exit, OpsError
from mentor_ops.options import Json
from mentor_ops.target import Target

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    context: typer.Context,
    template: Annotated[
        Path | None,
        typer.Option(help="Compare with this file instead of the templates as deployed."),
    ] = None,
    api: Annotated[
        str | None, typer.Option(help="Base URL of the upload API, to ask whether it is ready.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Is everything reachable, wired as the templates say, and is nothing waiting for a person."""
    target: Target = context.obj
    deployed = DeployedResources(target)
    bodies = [template.read_text()] if template else deployed.templates()
    if not bodies:
        raise OpsError(f"there is no stack {target.settings.stack_name}; is --stage right?")
    checked = list(wiring.compare(deployed, bodies))
    checked += existing_bucket.check(deployed)
    checked += health.check(target, api or target.extra.get("api"))
    if as_json:
        show.as_json([asdict(one) for one in checked])
    else:
        rows = [(one.what, one.fault or "ok", one.detail) for one in checked]
        show.table("what", "finding", "", rows=rows)
    faults = [one for one in checked if one.fault]
    show.note(f"{len(checked)} looked at, {len(faults)} need attention")
    if faults:
        raise typer.Exit(Exit.ATTENTION)

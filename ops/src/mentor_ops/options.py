"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Queue = Annotated[
    str | None,
    typer.Option("--queue", help="Only this service's: api, transcoder, transcriber, notifier."),
]
Type = Annotated[str | None, typer.Option("--type", help="Only this event type (or `unreadable`).")]
Code = Annotated[str | None, typer.Option("--code", help="Only what was given up for this reason.")]
Upload = Annotated[
    str | None, typer.Option("--upload", help="Only this upload; how its id begins is enough.")
]
Mentor = Annotated[str | None, typer.Option("--mentor", help="Only this mentor's.")]
Error = Annotated[
    str | None,
    typer.Option("--error", help="Only where the error has this text in it, or in its pattern."),
]
Rate = Annotated[
    int, typer.Option("--max-rate", min=1, max=500, help="At most so many messages a second.")
]

"""Output: tables for people on stdout, or one JSON document; everything else on stderr."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mentor_ops.errors import Exit, OpsError

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDE = 500
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def out() -> Console:
    """Return the console on stdout; where that is no terminal, lines are not broken."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(highlight=False, soft_wrap=True, width=width)


def note(text: str) -> None:
    """Print a message on stderr, beside the result."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def as_json(value: Any) -> None:
    """Print the one JSON document of a command."""
    out().print(json.dumps(value, indent=2), markup=False)


def table(
    *columns: str,
    rows: Sequence[Sequence[object]],
    title: str | None = None,
    head: bool = True,
) -> None:
    """Print a table, with or without the names of its columns."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, show_header=head)
    for name in columns:
        shown.add_column(name, overflow="fold")  # an id cut short is no id
    for row in rows:
        shown.add_row(*(escape("-" if cell is None else str(cell)) for cell in row))
    out().print(shown)


def history_rows(upload: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the rows of a described upload's history."""
    return [("", f"{each['at']} {each['what']}") for each in upload.get("history", [])]


def confirm(question: str, refused: str, *, yes: bool) -> None:
    """Ask the operator, unless ``yes``.

    Raises
    ------
    OpsError
        ``refused`` where the answer is no, or wrong usage where nobody is there to answer.
    """
    if yes:
        return
    try:
        sure = typer.confirm(question, err=True)
    except typer.Abort:
        raise OpsError("no terminal to ask at: use --yes", Exit.USAGE) from None
    if not sure:
        raise OpsError(refused)


def age(since: float | None) -> str:
    """Return how long ago it was, short."""
    if since is None:
        return "-"
    seconds = max(0.0, time.time() - since)
    for unit, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.0f} {letter}"
    return f"{seconds:.0f} s"

"""The command line: where to, which command, and what the exit code means.

Exit codes: 0 done; 1 done, but something needs a person; 2 wrong usage; 3 not reachable;
4 refused (no such thing, or its state does not allow it); 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from mentor_common import failpoints
from mentor_common.errors import DependencyDownError, UnreadableItemError
from mentor_common.operating.errors import RefusedError
from mentor_common.telemetry.logs import logs_on_stderr
from mentor_ops import target
from mentor_ops.errors import Exit, OpsError
from mentor_ops.lazy import LazyGroup
from mentor_ops.show import note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _Commands(LazyGroup):
    modules: ClassVar[Mapping[str, str]] = {
        "doctor": "mentor_ops.doctor.command",
        "log": "mentor_ops.log",
        "dlq": "mentor_ops.dlq",
        "jobs": "mentor_ops.jobs",
    }


app = typer.Typer(
    name="mentor-ops",
    cls=_Commands,
    help="Dead letters, jobs, and whether a stage is wired as its templates say.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def choose(
    context: typer.Context,
    local: Annotated[
        bool | None,
        typer.Option("--local/--aws", help="The local stack of this folder, or AWS."),
    ] = None,
    stage: Annotated[str | None, typer.Option(help="Stage; STAGE.", envvar="STAGE")] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region; AWS_REGION.", envvar="AWS_REGION")
    ] = None,
) -> None:
    """Choose what to talk to, and say so."""
    if "--help" in sys.argv:
        return
    chosen = target.find(local=local, stage=stage, region=region)
    note(f"mentor-ops: {chosen.where}")
    context.obj = chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    try:
        with logs_on_stderr():
            app(args=arguments, prog_name="mentor-ops")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else Exit.USAGE
    except OpsError as error:
        note(f"mentor-ops: {error}")
        return error.code
    except (RefusedError, UnreadableItemError) as error:
        note(f"mentor-ops: {error}")
        if isinstance(error, UnreadableItemError):
            note(f"take it away: mentor-ops jobs discard {error.pk}")
        return Exit.REFUSED
    except DependencyDownError as error:
        note(f"mentor-ops: not reachable: {error}")
        return Exit.UNREACHABLE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return Exit.DONE


def run() -> None:
    """Run as a program."""
    failpoints.arm(os.environ)
    sys.exit(main())

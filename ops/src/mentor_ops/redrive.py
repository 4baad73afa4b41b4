"""Redriving by SQS itself: start its move task, or follow the one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_ops.adapters.move_task import AlreadyRunningError
from mentor_ops.errors import Exit, OpsError
from mentor_ops.stopping import asked_to_stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_ops.adapters.move_task import MoveTask, MoveTasks

_POLL_SECONDS = 1.0


def by_move_task(
    tasks: MoveTasks,
    *,
    max_rate: int,
    on_progress: Callable[[int, int], None],
    poll_seconds: float = _POLL_SECONDS,
) -> MoveTask:
    """Move everything by SQS's own task and return how it ended.

    A task that runs already is followed instead of starting a second one, which SQS would refuse.
    Ctrl-C cancels the task; what has been moved stays moved.

    Raises
    ------
    NotOfferedError
        When this SQS has no such thing.
    OpsError
        When a task runs that moves to another queue, or the task failed.
    """
    running = tasks.newest()
    if running is None or running.is_over:
        try:
            tasks.start(max_rate)
        except AlreadyRunningError:
            running = tasks.newest()  # another operator was faster
    if running and not running.is_over and running.destination != tasks.destination:
        raise OpsError(
            f"a move task to {running.destination or 'an unnamed queue'} runs on this queue; wait"
            " for it, or cancel it in the console"
        )
    ended = _follow(tasks, on_progress, poll_seconds)
    if ended.status == "FAILED":
        raise OpsError(f"SQS could not move: {ended.reason or 'no reason given'}", Exit.ATTENTION)
    return ended


def _follow(
    tasks: MoveTasks, on_progress: Callable[[int, int], None], poll_seconds: float
) -> MoveTask:
    with asked_to_stop() as stop:
        stopping = cancelled = False
        while True:
            task = tasks.newest()
            if task is None:
                raise OpsError("SQS no longer knows its move task", Exit.ATTENTION)
            on_progress(task.moved, task.to_move)
            if task.is_over:
                return task
            if stop.is_set():
                stopping = True
                stop.clear()  # so that the next wait is one
            if stopping and not cancelled and task.handle:
                tasks.cancel(task.handle)
                cancelled = True
            stop.wait(poll_seconds)

"""The rules of a transfer: from what was observed to what has to be done. Pure, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mentor_common.transfers.model import TransferState

Step = Literal["interrupt", "show_failure", "begin", "announce", "write", "close"]
_NOT_OURS_SECONDS = 60.0


@dataclass(frozen=True)
class TransferPace:
    """When to do what, in seconds.

    Parameters
    ----------
    repeat
        Without progress for so long the media are asked for again.
    stalled
        Without progress for so long the import task is closed, so that the UI is free.
    """

    repeat: float = 900
    stalled: float = 3600


@dataclass(frozen=True)
class Decision:
    """A decision about a transfer, and when to reconcile it again.

    Parameters
    ----------
    steps
        In their order. ``interrupt``: record that the end of the import is unknown.
        ``show_failure``: close the import task as failed. ``begin``: show that it is imported, and
        ask for its media. ``announce``: ask for them again. ``write``: give the answers what was
        copied. ``close``: that, and close the import task.
    due_at
        Epoch seconds; ``None`` for not at all.
    """

    steps: tuple[Step, ...]
    due_at: float | None = None


def decide(status: str, state: TransferState, now: float, pace: TransferPace) -> Decision:
    """Decide what brings a transfer on.

    ``status`` is that of its import, as it was when the lease was taken.
    """
    if status == "INTENT":
        # Its lease has ended: it is unknown what GraphQL did.
        return Decision(("interrupt", "show_failure"))
    if status == "FAILED":
        return Decision(("show_failure",))
    if status == "DONE":
        return Decision(("write",))  # what a redrive or a late worker brought
    held = state.imported
    if status != "IMPORTED" or held is None:
        return Decision((), now + _NOT_OURS_SECONDS)  # A newer release knows what that is.
    steps: tuple[Step, ...] = ("begin",) if held.announced_at is None else ()
    progressed, over_at = state.progressed_at, state.progressed_at + pace.stalled
    if state.media_ended >= held.media or over_at <= now:
        return Decision((*steps, "close"))
    announced_at = now if steps else held.announced_at or 0
    again_at = max(progressed, announced_at) + pace.repeat
    if again_at <= now:
        steps, again_at = (*steps, "announce"), now + pace.repeat
    return Decision(steps, min(again_at, over_at))

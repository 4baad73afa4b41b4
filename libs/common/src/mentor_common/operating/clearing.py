"""Going through a dead-letter queue once: a redrive and a discard are two ways to clear it.

Safe to interrupt and safe to run twice: what is done with a letter comes before its deletion, so
that the worst that can remain is a letter that was sent on and still lies here. A redriven message
names the attempt that failed and opens the next one once, however often it comes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mentor_common.operating.dead_letter import DeadLetter, DeadLetterFilter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue

    Act = Callable[[Sequence[DeadLetter]], Sequence[DeadLetter]]

_VISIBILITY_SECONDS = 120
_ROUND_SECONDS = 30
"""For so long what was not meant stays hidden when a round is stopped."""
_SECOND = 1.0


@dataclass
class Cleared:
    """The result of going through a queue.

    Attributes
    ----------
    done
        Letters dealt with and deleted.
    undone
        Letters that were meant and are still there: not taken by SQS, or not deleted.
    passed
        Letters that were not meant.
    interrupted
        Whether it was stopped before all had been read.
    reasons
        Letters that were meant, by ``(type, code)``.
    """

    done: int = 0
    undone: int = 0
    passed: int = 0
    interrupted: bool = False
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)


def clear(
    queue: DeadLetterQueue,
    chosen: DeadLetterFilter,
    act: Act,
    *,
    max_rate: float,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    stop: threading.Event | None = None,
    left: int | None = None,
) -> Cleared:
    """Do ``act`` with each chosen letter that was there when this began.

    Parameters
    ----------
    act
        Deals with letters and deletes them; returns those it is done with.
    max_rate
        Letters per second.
    on_progress
        Called with letters read, and letters there were at the beginning.
    stop
        Ends it after the batch in hand.
    left
        Given when this is one of several rounds: how many letters are left to do in all, after
        which it ends. What is read in a round that is stopped before then stays hidden for a
        while, so that the next round sees other letters.
    """
    begun = queue.depth()
    total = begun.total
    cleared = Cleared()
    seen: set[str] = set()
    held: list[DeadLetter] = []
    hidden = _VISIBILITY_SECONDS if left is None else _ROUND_SECONDS
    stop = stop or threading.Event()
    pace = Pace(max_rate, stop)
    try:
        # Nothing is read for longer than there was to see: what fails again at once
        # comes back as a new letter, and would be sent on for ever.
        for batch in queue.batches(visibility=hidden) if total else ():
            held += batch
            new = [one for one in batch if one.message_id not in seen]
            seen.update(one.message_id for one in new)
            mine = [one for one in new if one in chosen and one.sent_at <= begun.now + 1]
            cleared.passed += len(new) - len(mine)
            cleared.reasons.update((one.type, one.code) for one in mine)
            done = {one.message_id for one in act(mine)} if mine else set()
            cleared.done += len(done)
            cleared.undone += len(mine) - len(done)
            held = [one for one in held if one.message_id not in done]
            on_progress(min(len(seen), total), total)
            pace.after(len(mine))
            if stop.is_set() or len(seen) >= total or cleared.done == left:
                break
    finally:
        if left is None or not stop.is_set():
            queue.release(held)
    cleared.interrupted = stop.is_set() and len(seen) < total
    return cleared


def dry_run(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
    """Do nothing with dead letters."""
    return batch[:0]


class Pace:
    """Keeps to a rate by waiting, and ends a wait when asked to stop."""

    def __init__(self, per_second: float, stop: threading.Event) -> None:
        self._per_second = per_second
        self._stop = stop
        self._next = time.monotonic()

    def after(self, count: int) -> None:
        """Wait until so many more are allowed."""
        self._next = max(self._next, time.monotonic() - _SECOND) + count / self._per_second
        self._stop.wait(max(0.0, self._next - time.monotonic()))

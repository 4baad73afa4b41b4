"""One round of an action: some seconds of work on what was selected when the action began."""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from mentor_common.errors import UnreadableItemError
from mentor_common.operating.clearing import Pace, clear
from mentor_common.operating.dead_letter import DeadLetterFilter
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.retry import retry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_api.console.action_models import Action
    from mentor_common.aws.storage import Storage
    from mentor_common.jobs import Reader
    from mentor_common.operating.clearing import Act
    from mentor_common.operating.dead_letter import DeadLetter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue, DeadLetterQueues

_ROUND_SECONDS: Final = 3.0
_ROUND_LETTERS: Final = 100
_LETTERS_PER_SECOND: Final = 100
_RETRIES_PER_SECOND: Final = 10
"""So that the uploads of others, which come meanwhile, find their place in the queue."""
_PATIENCE_SECONDS: Final = 150.0
"""For so long letters may be hidden that somebody else has in hand; then they are left."""


class Count(Protocol):
    """Records what was done, at once."""

    def __call__(self, done: int, undone: int = 0, problem: str | None = None) -> bool:
        """Return whether the round may go on."""
        ...


class Ending(NamedTuple):
    """Remains of an action that is over: letters not moved, and letters not there any more."""

    undone: int
    gone: int = 0


@dataclass(frozen=True)
class Rounds:
    """The rounds of all actions; discarded letters are kept in ``bucket``, a private one."""

    queues: DeadLetterQueues
    reader: Reader
    storage: Storage
    bucket: str

    def do(
        self, action: Action, ids: Sequence[str], idle_seconds: float, count: Count
    ) -> Ending | None:
        """Do one round; return how the action ended, or ``None`` where more is to do.

        ``idle_seconds`` says for how long nothing has been done.
        """
        if action.verb == "retry":
            return self._retry(action, ids, count)
        queue = self.queues[str(action.queue)]
        act = queue.redrive if action.verb == "redrive" else self._discarding(action.id, queue)
        return _clear(action, queue, act, frozenset(ids), idle_seconds, count)

    def kept_in(self, id_: str) -> str:
        """Return where the letters lie that an action discards."""
        return f"s3://{self.bucket}/{_folder(id_)}"

    def _retry(self, action: Action, ids: Sequence[str], count: Count) -> Ending | None:
        until = time.monotonic() + _ROUND_SECONDS
        pace = Pace(_RETRIES_PER_SECOND, threading.Event())
        undone = action.undone
        for upload_id in ids[action.done + action.undone :]:
            if time.monotonic() > until:
                return None
            try:
                retry(upload_id, None, self.reader, self.queues)
                go_on = count(1)
            except (RefusedError, UnreadableItemError) as error:
                undone += 1
                go_on = count(0, undone=1, problem=str(error))
            if not go_on:
                return None
            pace.after(1)
        return Ending(undone)

    def _discarding(self, id_: str, queue: DeadLetterQueue) -> Act:
        def keep_and_delete(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            records = [json.dumps(one.as_record(queue.service)) for one in batch]
            key = f"{_folder(id_)}{uuid.uuid4().hex}.jsonl"
            self.storage.put_text("\n".join(records) + "\n", self.bucket, key)
            return queue.delete(batch)

        return keep_and_delete


def _clear(
    action: Action,
    queue: DeadLetterQueue,
    act: Act,
    ids: frozenset[str],
    idle_seconds: float,
    count: Count,
) -> Ending | None:
    if action.done >= action.total:
        return Ending(0)
    until = time.monotonic() + _ROUND_SECONDS
    stop = threading.Event()
    done = 0

    def act_and_count(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
        nonlocal done
        finished = act(batch)
        done += len(finished)
        # Written at once, so that a round that breaks off loses no count.
        if finished and not count(len(finished)):
            stop.set()
        return finished

    def end_in_time(_looked: int, _total: int) -> None:
        if done >= _ROUND_LETTERS or time.monotonic() > until:
            stop.set()

    cleared = clear(
        queue,
        DeadLetterFilter(messages=ids),
        act_and_count,
        max_rate=_LETTERS_PER_SECOND,
        on_progress=end_in_time,
        stop=stop,
        left=action.total - action.done,
    )
    left = action.total - action.done - done
    if left <= 0:
        return Ending(0)
    if cleared.interrupted:
        return None
    missing = left - cleared.undone
    if missing > 0 and idle_seconds < _PATIENCE_SECONDS and queue.depth().hidden:
        return None
    return Ending(cleared.undone, missing)


def _folder(id_: str) -> str:
    return f"discarded/{id_}/"

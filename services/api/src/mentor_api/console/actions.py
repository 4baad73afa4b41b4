"""Redriving and discarding dead letters from the console, in short rounds.

The web process must not be busy for minutes, and may be killed at any moment. So an action is an
item in the jobs table, and the page asks for one round after the other, each of a
few seconds. A round may break off anywhere and be asked for again: see
:mod:`mentor_common.operating.clearing`.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from mentor_api.console.dead_letter_models import Action
from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import ConditionFailedError, Write
from mentor_common.jobs.item import problem_of, unreadable
from mentor_common.operating.clearing import clear
from mentor_common.operating.dead_letter import DeadLetterFilter
from mentor_common.operating.errors import RefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_api.console.dead_letter_models import ActionRequest
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.jobs import Table
    from mentor_common.operating.audit import Audit
    from mentor_common.operating.clearing import Act
    from mentor_common.operating.dead_letter import DeadLetter
    from mentor_common.operating.dead_letter_queue import DeadLetterQueue, DeadLetterQueues

_log = get_logger(__name__)
_DUE_KIND = "console"
_SK = "PROGRESS"
_KEPT_SECONDS = 30 * 24 * 3600
_FAR = 10 * 365 * 86400
_ROUND_SECONDS = 3.0
_ROUND_LETTERS = 100
_PER_SECOND = 100
_ABSENT = dict.fromkeys(("type", "code", "upload", "message", "kept"))
"""Fields that an item leaves out where they are null."""


class StoredAction(Action):
    """An action as the jobs table keeps it."""

    begun_at: float = Field(
        exclude=True, description="epoch seconds by SQS's clock: later letters are not meant"
    )

    @property
    def chosen(self) -> DeadLetterFilter:
        """The letters that are meant."""
        return DeadLetterFilter(self.type, self.upload, self.code, self.message)

    @classmethod
    def of(cls, item: dict[str, Any]) -> StoredAction:
        """Build from its item; ``UnreadableItemError`` for one that does not fit."""
        try:
            return cls.model_validate(_ABSENT | item)
        except ValidationError as error:
            raise unreadable(item, problem_of(error), cls.__name__) from None


@dataclass(frozen=True)
class Actions:
    """The actions of all operators.

    Discarded letters are kept in ``bucket``, a private one.
    """

    table: Table
    clock: Clock
    audit: Audit
    queues: DeadLetterQueues
    storage: Storage
    bucket: str

    def begin(self, who: str, asked: ActionRequest) -> Action:
        """Begin an action; nothing is moved yet."""
        depth = self.queues[asked.queue].depth()
        entry = self.audit.begin(who, "console", asked.verb, asked.model_dump(exclude={"verb"}))
        action = StoredAction(
            **asked.model_dump(),
            id=entry.id,
            who=who,
            begun_at=depth.now,
            total=depth.total,
            done=0,
            undone=0,
            status="RUNNING",
            kept=f"s3://{self.bucket}/{_folder(entry.id)}" if asked.verb == "discard" else None,
        )
        now = self.clock.now()
        put = action.model_dump(exclude_none=True) | {
            "begun_at": action.begun_at,
            "due_kind": _DUE_KIND,
            "due_at": now,
            "ttl": int(now) + _KEPT_SECONDS,
        }
        self.table.write(Write(_pk(entry.id), _SK, put=put, condition="attribute_not_exists(pk)"))
        _log.info("operator began", verb=asked.verb, who=who, action=entry.id, queue=asked.queue)
        return action

    def read(self, id_: str) -> StoredAction:
        """Return an action.

        Raises
        ------
        RefusedError
            When there is none.
        """
        item = self.table.get(_pk(id_), _SK)
        if item is None:
            raise RefusedError("there is no such action, or not any more")
        return StoredAction.of(item)

    def running(self) -> list[Action]:
        """Return the actions that are not over, the oldest first."""
        found: list[Action] = []
        for item in self.table.due(_DUE_KIND, self.clock.now() + _FAR):
            with suppress(UnreadableItemError):
                found.append(StoredAction.of(item))
        return found

    def go_on(self, id_: str) -> Action:
        """Do one round and return how far it is; safe to break off and to repeat."""
        action = self.read(id_)
        if action.status != "RUNNING":
            return action
        queue = self.queues[action.queue]
        act = queue.redrive if action.verb == "redrive" else self._discard(id_, queue)
        until = time.monotonic() + _ROUND_SECONDS
        stop = threading.Event()
        done = 0

        def act_and_count(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            nonlocal done
            finished = act(batch)
            if finished:  # written at once, so that a round that breaks off loses no count
                self._count(id_, len(finished))
            done += len(finished)
            return finished

        def end_in_time(_looked: int, _total: int) -> None:
            if done >= _ROUND_LETTERS or time.monotonic() > until:
                stop.set()

        cleared = clear(
            queue,
            action.chosen,
            act_and_count,
            max_rate=_PER_SECOND,
            on_progress=end_in_time,
            stop=stop,
            begun_at=action.begun_at,
        )
        if cleared.interrupted:
            return self.read(id_)
        return self._end(id_, "DONE", cleared.undone)

    def stop(self, id_: str) -> Action:
        """End an action; what was done stays done."""
        action = self.read(id_)
        return self._end(id_, "STOPPED", 0) if action.status == "RUNNING" else action

    def _discard(self, id_: str, queue: DeadLetterQueue) -> Act:
        def keep_and_delete(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            records = [json.dumps(one.as_record(queue.service)) for one in batch]
            key = f"{_folder(id_)}{uuid.uuid4().hex}.jsonl"
            self.storage.put_text("\n".join(records) + "\n", self.bucket, key)
            return queue.delete(batch)

        return keep_and_delete

    def _count(self, id_: str, done: int) -> None:
        self.table.write(Write(_pk(id_), _SK, update="ADD #done :done", values={"done": done}))

    def _end(self, id_: str, status: Literal["DONE", "STOPPED"], undone: int) -> Action:
        action = self.read(id_)
        # Into the log first: what breaks off here is ended again by the next round.
        result: dict[str, Any] = {"done": action.done, "undone": undone}
        if action.kept:
            result["kept"] = action.kept
        if status == "STOPPED":
            result["stopped"] = True
        self.audit.end(id_, result)
        try:
            item = self.table.write(
                Write(
                    _pk(id_),
                    _SK,
                    update="SET #status = :status, #undone = :undone REMOVE #due_kind, #due_at",
                    condition="#status = :running",
                    values={"status": status, "undone": undone, "running": "RUNNING"},
                )
            )
        except ConditionFailedError:
            return self.read(id_)
        _log.info("operator ended", verb=action.verb, action=id_, **result)
        return StoredAction.of(item)


def _pk(id_: str) -> str:
    return f"ACTION#{id_}"


def _folder(id_: str) -> str:
    return f"discarded/{id_}/"

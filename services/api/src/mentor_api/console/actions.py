"""Redriving and discarding dead letters from the console, in short rounds.

The web process must not be busy for minutes, and may be killed at any moment. So an action is an
item in the jobs table, and whoever looks at the page asks for one round after the other, each of a
few seconds. A round may break off anywhere and be asked for again: see
:mod:`mentor_common.operating.clearing`.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from mentor_common.jobs import ConditionFailedError, Write
from mentor_common.operating.clearing import Wanted, clear, record_of
from mentor_common.operating.errors import RefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.jobs import Table
    from mentor_common.operating.audit import Audit
    from mentor_common.operating.dead_letters import DeadLetter, DeadLetters

_log = get_logger(__name__)
_DUE_KIND = "console"
_SK = "PROGRESS"
_KEPT_SECONDS = 30 * 24 * 3600
_FAR = 10 * 365 * 86400
_ROUND_SECONDS = 3.0
_ROUND_LETTERS = 100
_PER_SECOND = 100

Verb = Literal["redrive", "discard"]


class Action(BaseModel):
    """A redrive or discard, and how far it is.

    Parameters
    ----------
    id
        As in the audit log.
    verb, queue, type, code, upload, message
        What is done with which letters of which service.
    who
        The operator who began it.
    begun_at
        Epoch seconds by the queue service's clock: later letters are not meant.
    total
        Letters that lay there then, whether meant or not.
    done, undone
        Letters dealt with, and those that the queue service would not take or delete.
    status
        ``RUNNING`` until nothing is left to do or an operator has stopped it.
    kept
        Where discarded letters are kept.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    verb: Verb
    queue: str
    type: str | None = None
    code: str | None = None
    upload: str | None = None
    message: str | None = None
    who: str
    begun_at: float
    total: int
    done: int = 0
    undone: int = 0
    status: Literal["RUNNING", "DONE", "STOPPED"] = "RUNNING"
    kept: str | None = None

    @property
    def wanted(self) -> Wanted:
        """Which letters are meant."""
        return Wanted(self.type, self.upload, self.code, self.message)


@dataclass(frozen=True)
class Actions:
    """The actions of all operators.

    Parameters
    ----------
    table, clock, audit
        The jobs table, the time, and the log.
    letters
        Gives a service's dead letters by its name.
    storage, bucket
        Where discarded letters are kept: a private bucket.
    """

    table: Table
    clock: Clock
    audit: Audit
    letters: Callable[[str], DeadLetters]
    storage: Storage
    bucket: str

    def begin(self, who: str, verb: Verb, queue: str, wanted: Wanted) -> Action:
        """Begin an action; nothing is moved yet."""
        figures = self.letters(queue).figures()
        named = {
            "type": wanted.type,
            "code": wanted.code,
            "upload": wanted.upload,
            "message": wanted.message,
        }
        entry = self.audit.begin(who, "console", verb, {"queue": queue, **named})
        action = Action(
            id=entry.id,
            verb=verb,
            queue=queue,
            who=who,
            begun_at=figures["now"],
            total=figures["waiting"] + figures["hidden"],
            kept=f"s3://{self.bucket}/{_folder(entry.id)}" if verb == "discard" else None,
            **named,
        )
        now = self.clock.now()
        put = action.model_dump(exclude_none=True) | {
            "due_kind": _DUE_KIND,
            "due_at": now,
            "ttl": int(now) + _KEPT_SECONDS,
        }
        self.table.write(Write(_pk(entry.id), _SK, put=put, condition="attribute_not_exists(pk)"))
        _log.info("operator began", verb=verb, who=who, action=entry.id, queue=queue)
        return action

    def read(self, id_: str) -> Action:
        """Return an action.

        Raises
        ------
        RefusedError
            When there is none.
        """
        item = self.table.get(_pk(id_), _SK)
        if item is None:
            raise RefusedError("there is no such action, or not any more")
        return Action.model_validate(item)

    def running(self) -> list[Action]:
        """Return the actions that are not over, the oldest first."""
        items = self.table.due(_DUE_KIND, self.clock.now() + _FAR)
        return [Action.model_validate(item) for item in items]

    def go_on(self, id_: str) -> Action:
        """Do one round and return how far it is; safe to break off and to repeat."""
        action = self.read(id_)
        if action.status != "RUNNING":
            return action
        letters = self.letters(action.queue)
        round_ = _Round(self._act(action, letters), lambda done: self._count(id_, done))
        cleared = clear(
            letters,
            action.wanted,
            round_.act,
            max_rate=_PER_SECOND,
            on_progress=round_.on_progress,
            stop=round_.stop,
            begun_at=action.begun_at,
        )
        if cleared.interrupted:
            return self.read(id_)
        return self._end(id_, "DONE", cleared.undone)

    def stop(self, id_: str) -> Action:
        """End an action; what was done stays done."""
        action = self.read(id_)
        return self._end(id_, "STOPPED", 0) if action.status == "RUNNING" else action

    def _act(
        self, action: Action, letters: DeadLetters
    ) -> Callable[[Sequence[DeadLetter]], Sequence[DeadLetter]]:
        def redrive(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            return letters.delete(letters.send_on(batch))

        def discard(batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
            records = [json.dumps(record_of(letters.service, one)) for one in batch]
            key = f"{_folder(action.id)}{uuid.uuid4().hex}.jsonl"
            self.storage.put_text("\n".join(records) + "\n", self.bucket, key)
            return letters.delete(batch)

        return redrive if action.verb == "redrive" else discard

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
        return Action.model_validate(item)


class _Round:
    """Counts a round's letters and ends it in time."""

    def __init__(
        self,
        act: Callable[[Sequence[DeadLetter]], Sequence[DeadLetter]],
        count: Callable[[int], None],
    ) -> None:
        self._act = act
        self._count = count
        self._done = 0
        self._until = time.monotonic() + _ROUND_SECONDS
        self.stop = threading.Event()

    def act(self, batch: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
        """Deal with a batch, and write at once that it was."""
        done = self._act(batch)
        if done:
            self._count(len(done))
        self._done += len(done)
        return done

    def on_progress(self, _looked: int, _total: int) -> None:
        """End the round when it has done enough."""
        if self._done >= _ROUND_LETTERS or time.monotonic() > self._until:
            self.stop.set()


def _pk(id_: str) -> str:
    return f"ACTION#{id_}"


def _folder(id_: str) -> str:
    return f"discarded/{id_}/"

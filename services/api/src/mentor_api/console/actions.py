"""Operators' actions on many dead letters or uploads at once: redriving, discarding, trying again.

What is acted on is fixed when an action begins: the ids of the messages or uploads, as many as the
operator was shown, are stored beside it, and nothing else is touched. The ingest worker goes on
with it in rounds of a few seconds, and so does a page that asks for rounds. A round may break off
anywhere: a lease on the action lets one process at a time do one, and what is done twice is done
once (see :mod:`mentor_common.operating.clearing`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import ValidationError

from mentor_api.console.action_models import Action
from mentor_common.errors import DependencyDownError, UnreadableItemError
from mentor_common.jobs import ConditionFailedError, LeaseLostError, Write
from mentor_common.jobs.due import due_now
from mentor_common.jobs.item import problem_of, unreadable
from mentor_common.jobs.lease import Leases
from mentor_common.operating.errors import RefusedError
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_api.console.action_models import ActionRequest, RetryAllRequest, Verb
    from mentor_api.console.action_rounds import Rounds
    from mentor_api.console.selection import Selector
    from mentor_common.aws.table import Item
    from mentor_common.clock import Clock
    from mentor_common.jobs import Table
    from mentor_common.jobs.lease import Lease
    from mentor_common.operating.audit import Audit

_log = get_logger(__name__)
_DUE_KIND: Final = "console"
_SK: Final = "ACTION"
_SELECTION: Final = "SELECTION"
_KEPT_SECONDS: Final = 30 * 24 * 3600
_FAR: Final = 10 * 365 * 86400
_LEASE_SECONDS: Final = 30.0
"""By then a round has ended, or its process has: another one goes on."""
_ABSENT: Final = dict.fromkeys(
    ("queue", "type", "code", "upload", "mentor", "error", "message", "kept")
)
"""Fields that an item leaves out where they are null."""
_NO_FILTER: Final = {"verb", "expected", "idempotency_key", "messages", "uploads"}


class StoredAction(Action):
    """An action as the jobs table keeps it."""

    @classmethod
    def of(cls, item: Item) -> StoredAction:
        """Build from its item; ``UnreadableItemError`` for one that does not fit."""
        try:
            return cls.model_validate(_ABSENT | item)
        except ValidationError as error:
            raise unreadable(item, problem_of(error), cls.__name__) from None


@dataclass(frozen=True)
class Actions:
    """The actions of all operators, as web process and ingest worker go on with them."""

    table: Table
    clock: Clock
    audit: Audit
    rounds: Rounds

    @property
    def _leases(self) -> Leases:
        return Leases(self.table, self.clock)

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
            if item["sk"] == _SK:  # release 0.4 kept others, which are begun anew
                with suppress(UnreadableItemError):
                    found.append(StoredAction.of(item))
        return found

    def due(self) -> list[str]:
        """Return the ids of the actions that a sweep goes on with."""
        items = due_now(self.table, _DUE_KIND, self.clock.now())
        return [item["pk"].removeprefix(_pk("")) for item in items if item["sk"] == _SK]

    def set_aside(self, id_: str) -> None:
        """Let an action wait of which an item cannot be read."""
        self.table.set_aside(_pk(id_), _SK, self.clock.now())

    def begin(
        self, who: str, verb: Verb, asked: ActionRequest | RetryAllRequest, ids: Sequence[str]
    ) -> Action:
        """Begin an action on what is selected; nothing is done yet."""
        to = asked.model_dump(exclude=_NO_FILTER, exclude_none=True, exclude_defaults=True)
        to |= {"selected": len(ids)} if asked.selects else {}
        entry = self.audit.begin(who, "console", verb, to)
        now = self.clock.now()
        action = StoredAction.model_validate(
            _ABSENT
            | {name: value for name, value in to.items() if name in _ABSENT}
            | {"id": entry.id, "verb": verb, "who": who, "begun_at": now, "status": "RUNNING"}
            | {"total": len(ids), "done": 0, "undone": 0}
            | {"kept": self.rounds.kept_in(entry.id) if verb == "discard" else None}
        )
        kept = {"ttl": int(now) + _KEPT_SECONDS}
        # Of begun_at the model's JSON is text for people; the item has the number.
        due = {"begun_at": now, "progress_at": now, "due_kind": _DUE_KIND, "due_at": now}
        new = "attribute_not_exists(pk)"
        put = action.model_dump(exclude_none=True) | due | kept
        writes = [
            Write(_pk(entry.id), _SK, put=put, condition=new),
            Write(_pk(entry.id), _SELECTION, put={"ids": list(ids)} | kept, condition=new),
        ]
        if asked.idempotency_key is not None:
            pk = _key_pk(who, asked.idempotency_key)
            writes.append(Write(pk, _SK, put={"action": entry.id} | kept, condition=new))
        try:
            self.table.transact(*writes)
        except ConditionFailedError:
            self.audit.end(entry.id, {"error": "the same was asked for twice at once"})
            return self.begun_by(who, asked.idempotency_key) or self.read(entry.id)
        _log.info("operator began", verb=verb, who=who, action=entry.id, number=len(ids), **to)
        return action

    def begun_by(self, who: str, key: str | None) -> Action | None:
        """Return the action that an operator began with an idempotency key."""
        item = None if key is None else self.table.get(_key_pk(who, key), _SK)
        return None if item is None else self.read(str(item["action"]))

    def go_on(self, id_: str) -> Action:
        """Do one round and return how far it is; safe to break off and to repeat.

        Where another process does one at this moment, nothing is done here.
        """
        action = self.read(id_)
        if action.status != "RUNNING":
            return action
        taken = self._leases.acquire(_pk(id_), _SK, _LEASE_SECONDS)
        if taken is None:
            return action
        lease, item = taken
        try:
            return self._round(lease, item)
        finally:
            with suppress(LeaseLostError, DependencyDownError):  # then it ends by its time
                self._leases.do(self._leases.ending(lease))

    def _round(self, lease: Lease, item: Item) -> Action:
        action = StoredAction.of(item)
        selection = self.table.get(lease.pk, _SELECTION)
        if action.status != "RUNNING" or selection is None:
            return action

        def count(done: int, undone: int = 0, problem: str | None = None) -> bool:
            changes: dict[str, Any] = {"progress_at": self.clock.now()}
            if problem is not None:
                changes["problem"] = problem
            added = {"done": done, "undone": undone}
            return bool(self._leases.write(lease, changes, add=added)["status"] == "RUNNING")

        idle_seconds = self.clock.now() - float(item["progress_at"])
        with suppress(LeaseLostError):  # another process has gone on meanwhile
            ending = self.rounds.do(action, selection["ids"], idle_seconds, count)
            if ending is not None:
                return self._end(action.id, "DONE", {"undone": ending.undone, "gone": ending.gone})
        return self.read(action.id)

    def stop(self, id_: str) -> Action:
        """End an action; what was done stays done."""
        action = self.read(id_)
        return self._end(id_, "STOPPED", {}) if action.status == "RUNNING" else action

    def _end(self, id_: str, status: Literal["DONE", "STOPPED"], counts: dict[str, int]) -> Action:
        action = self.read(id_)
        # Into the log first: what breaks off here is ended again by the next round.
        result: dict[str, Any] = {"done": action.done, "undone": action.undone} | counts
        result = {name: value for name, value in result.items() if name != "gone" or value}
        result |= {"kept": action.kept} if action.kept else {}
        result |= {"stopped": True} if status == "STOPPED" else {}
        self.audit.end(id_, result)
        changes = {"status": status, **counts}
        assigned = ", ".join(f"#{name} = :{name}" for name in changes)
        try:
            item = self.table.write(
                Write(
                    _pk(id_),
                    _SK,
                    update=f"SET {assigned} REMOVE #due_kind, #due_at",
                    condition="#status = :running",
                    values={**changes, "running": "RUNNING"},
                )
            )
        except ConditionFailedError:
            return self.read(id_)
        _log.info("operator ended", verb=action.verb, who=action.who, action=id_, **result)
        return StoredAction.of(item)


@dataclass(frozen=True)
class Beginner:
    """Begins actions on what operators were shown."""

    actions: Actions
    selector: Selector

    def clear(self, who: str, asked: ActionRequest) -> Action:
        """Begin to redrive or discard dead letters; see :meth:`.Selector.letters`."""
        known = self.actions.begun_by(who, asked.idempotency_key)
        return known or self.actions.begin(who, asked.verb, asked, self.selector.letters(asked))

    def retry(self, who: str, asked: RetryAllRequest) -> Action:
        """Begin to try failed uploads again; see :meth:`.Selector.uploads`."""
        known = self.actions.begun_by(who, asked.idempotency_key)
        return known or self.actions.begin(who, "retry", asked, self.selector.uploads(asked))


def _pk(id_: str) -> str:
    return f"ACTION#{id_}"


def _key_pk(who: str, key: str) -> str:
    return _pk(f"KEY#{who}#{key}")

"""Reconciling a transfer: announced, waited for, its answers written, closed.

Level-triggered as answers are: an event only makes it due, and all of the transfer is observed each
time, under a lease. The import task is closed in every case, since an open one blocks the
mentor's whole UI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.errors import DependencyDownError, UnreadableItemError
from mentor_common.events import Event, MentorImported
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import LeaseLostError
from mentor_common.sweeping import Sweeping
from mentor_common.telemetry import error_reports
from mentor_common.telemetry.logs import get_logger
from mentor_notifier.transfers.decide import Step, TransferPace, decide
from mentor_notifier.transfers.gateway import ImportTask

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.events import Topic
    from mentor_common.transfers.imports import Imports
    from mentor_common.transfers.model import Import, TransferReader, TransferState
    from mentor_notifier.transfers.answer_writer import AnswerWriter
    from mentor_notifier.transfers.gateway import TransferGateway

_log = get_logger(__name__)
_sweeping = Sweeping("a transfer was not reconciled")
_OUTAGE_SECONDS = 5.0
_REFUSED_SECONDS = 60.0
_MOST_ERRORS = 1000
INTERRUPTED = (
    "The import was interrupted, and nobody knows how much of it was done. It is not repeated by "
    "itself. Please look at the mentor and import the file again."
)
DEFECT = (
    "The mentor was imported, but its media could not be copied: something went wrong on our side. "
    "They stay at their old addresses. The team has been told."
)
_LATE = "was not copied in time; it is tried further, and shown as soon as it is here"


@dataclass(frozen=True)
class TransferReconciler:
    """Brings transfers on; safe in any number of replicas."""

    imports: Imports
    reader: TransferReader
    gateway: TransferGateway
    writer: AnswerWriter
    topic: Topic
    clock: Clock
    pace: TransferPace

    def sweep(self) -> None:
        """Reconcile every transfer whose due time has come."""
        _sweeping.each(
            self.imports.due(),
            self.reconcile,
            self.imports.set_aside,
            lambda transfer: {"transfer_id": transfer},
        )

    def reconcile(self, transfer_id: str) -> None:
        """Bring the transfer on; nothing when another notifier is at it.

        Binds its mentor to the log context.
        """
        held = self.imports.acquire(transfer_id)
        if held is None:
            return
        bind_contextvars(mentor=held.mentor)
        now = self.clock.now()
        try:
            due_at = self._once(held)
        except LeaseLostError:
            _log.warning("lease lost while reconciling a transfer", transfer_id=transfer_id)
            return
        except DependencyDownError:
            self.imports.release(held, now + _OUTAGE_SECONDS)
            raise
        except GraphQLRefusedError as error:
            _log.error("GraphQL refuses", error=str(error), transfer_id=transfer_id)
            due_at = now + _REFUSED_SECONDS
        except UnreadableItemError:
            raise  # set aside until a release reads it, or an operator has removed it
        except Exception as error:
            if not self._is_beyond_repair(held, error):
                raise  # the lease runs out, and the sweep tries again
            _log.exception("transfer given up", transfer_id=transfer_id)
            error_reports.report("a transfer was given up", code="defect", error=error)
            if not held.ended:
                self._show_failure(self._fail(held, "defect", DEFECT))
            due_at = None
        self.imports.release(held, due_at)

    def _is_beyond_repair(self, held: Import, error: Exception) -> bool:
        """Return whether a transfer that does not advance is to be ended."""
        since = held.imported_at or held.intended_at
        late = since + 2 * self.pace.stalled <= self.clock.now()
        return isinstance(error, ObjectMissingError) or late

    def _once(self, held: Import) -> float | None:
        """Observe, decide and apply; return when to reconcile again."""
        state = self.reader.transfer(held.transfer_id)
        decision = decide(held.status, state, self.clock.now(), self.pace)
        for step in decision.steps:
            held = self._apply(step, held, state)
        return decision.due_at

    def _apply(self, step: Step, held: Import, state: TransferState) -> Import:
        """Take one step under the lease; return the item as it stands."""
        match step:
            case "interrupt":
                return self._fail(held, "import_interrupted", INTERRUPTED)
            case "show_failure":
                return self._show_failure(held)
            case "begin":
                self.gateway.show(held.mentor, ImportTask("DONE", "IN_PROGRESS"))
                return self._announce(held)
            case "announce":
                _log.warning("asking for media again", transfer_id=held.transfer_id)
                return self._announce(held)
            case "write":
                return self.writer.write(held, state)
            case "close":
                return self._close(held, state)

    def _fail(self, held: Import, code: str, reason: str) -> Import:
        now = self.clock.now()
        return self.imports.record(held, status="FAILED", code=code, reason=reason, ended_at=now)

    def _show_failure(self, held: Import) -> Import:
        if held.told:
            return held
        self.gateway.show(held.mentor, ImportTask("FAILED", "FAILED", held.reason))
        _log.info("transfer failed", transfer_id=held.transfer_id, why=held.reason)
        return self.imports.record(held, told=True)

    def _announce(self, held: Import) -> Import:
        """Publish that the media are to be copied; the same event at each repetition."""
        if held.manifest is None:
            raise ValueError(f"transfer {held.transfer_id} is imported but has no list of media")
        data = MentorImported(
            transfer_id=held.transfer_id,
            mentor=held.mentor,
            manifest=held.manifest,
            media=held.media,
        )
        at = held.imported_at or self.clock.now()
        self.topic.publish(Event.of(data, service="notifier", step="", at=at))
        return self.imports.record(held, announced_at=self.clock.now())

    def _close(self, held: Import, state: TransferState) -> Import:
        """Write the answers, then the end: the other way round the UI would show old media."""
        if state.media_ended < held.media:
            _log.error("transfer stalled", transfer_id=held.transfer_id, ended=state.media_ended)
        held = self.writer.write(held, state)
        errors = [*held.left_out, *_errors(state), *self.writer.missing(held, state, _LATE)]
        if len(errors) > _MOST_ERRORS:
            more = len(errors) - _MOST_ERRORS
            errors = [*errors[:_MOST_ERRORS], f"and {more} more"]
        self.gateway.show(held.mentor, ImportTask("DONE", "DONE", errors=tuple(errors)))
        _log.info(
            "transfer done",
            transfer_id=held.transfer_id,
            media=held.media,
            errors=len(errors),
        )
        return self.imports.record(held, status="DONE", told=True, ended_at=self.clock.now())


def _errors(state: TransferState) -> list[str]:
    return [
        f"{name}: {sub.reason}"
        for number in sorted(state.in_state("FAILED"))
        for name, sub in state.media[number].names.items()
    ]

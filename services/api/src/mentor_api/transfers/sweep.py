"""The api's sweep over transfers: it finishes or undoes what a web process could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars

from mentor_api import graphql_documents
from mentor_api.transfers.accept import announce
from mentor_common.errors import DependencyDownError
from mentor_common.graphql import GraphQLRefusedError, import_task_is_missing
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.sweeping import Sweeping
from mentor_common.telemetry.logs import get_logger
from mentor_common.transfers.model import NEVER_BEGUN

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.events import Topic
    from mentor_common.graphql import GraphQLClient
    from mentor_common.transfers.intake import TransferIntake
    from mentor_common.transfers.model import Transfer, TransferReader

_log = get_logger(__name__)
_sweeping = Sweeping("a transfer cannot be swept")


@dataclass(frozen=True)
class TransferSweep:
    """Repairs every transfer whose due time has come. Safe in any number of replicas."""

    intake: TransferIntake
    reader: TransferReader
    topic: Topic
    graphql: GraphQLClient
    clock: Clock

    def run(self) -> None:
        """Repair what is due."""
        _sweeping.each(
            self.intake.due(),
            self._repair,
            self.intake.set_aside,
            lambda transfer: {"transfer_id": transfer},
        )

    def _repair(self, transfer_id: str) -> None:
        state = self.reader.transfer(transfer_id)
        if state.job is None:
            return
        bind_contextvars(mentor=state.job.mentor)
        if state.job.status == "ACCEPTED":
            self._accepted(state.job, imported=state.imported is not None)
        elif state.job.status == "ABORTED" or self._overdue(state.job):
            self._settle(state.job)

    def _overdue(self, transfer: Transfer) -> bool:
        overdue = transfer.prepared_at + PREPARING_SECONDS <= self.clock.now()
        return overdue and self.intake.abort(transfer)

    def _accepted(self, transfer: Transfer, *, imported: bool) -> None:
        if imported:
            self.intake.forget(transfer)
            return
        _log.warning("announcing a transfer again")
        announce(self.topic, self.intake, transfer)

    def _settle(self, transfer: Transfer) -> None:
        """End the import task that an aborted transfer may have left, while it is its own."""
        _log.warning("transfer aborted")
        try:
            if self.reader.newest(transfer.mentor) == transfer.transfer_id:
                failed = {"status": "FAILED", "errorMessage": NEVER_BEGUN}
                self.graphql.as_service(
                    graphql_documents.FAIL_IMPORT_TASK,
                    {"mentor": transfer.mentor, "graphql": failed, "media": failed},
                )
        except GraphQLRefusedError as error:
            if not import_task_is_missing(error):
                _log.warning("import task left behind", error=str(error))
                return
        except DependencyDownError as error:
            _log.warning("import task left behind", error=str(error))
            return
        self.intake.forget(transfer)

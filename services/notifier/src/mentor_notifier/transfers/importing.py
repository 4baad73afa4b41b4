"""Importing an exported mentor into GraphQL: at most once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.errors import DependencyDownError, HandBackError, StoppedError
from mentor_common.events import SourceObject, TransferRequested
from mentor_common.graphql import GraphQLRefusedError, OutcomeUnknownError
from mentor_common.jobs import LeaseLostError
from mentor_common.telemetry.error_summary import error_summary
from mentor_common.telemetry.logs import get_logger
from mentor_common.transfers.manifest import import_key
from mentor_notifier.transfers.export import Export, manifest_of, own_keys, with_details
from mentor_notifier.transfers.gateway import ImportTask
from mentor_notifier.transfers.reconciler import INTERRUPTED, TransferReconciler

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage
    from mentor_common.clock import Clock
    from mentor_common.consumer import Delivery
    from mentor_common.transfers.imports import Imports
    from mentor_common.transfers.model import Import, TransferReader
    from mentor_notifier.transfers.gateway import TransferGateway

_log = get_logger(__name__)
_PREPARING_SECONDS = 10.0
_LONGEST_MESSAGE = 500
_GRAPHQL_BYTES = 2 * 1024 * 1024
TOO_LARGE = " It is larger than the 2 MB that GraphQL takes: export fewer answers."
TOO_OLD = "The import could not be begun in time; nothing was changed. Please import again."


@dataclass
class _IntentHeartbeat:
    """The intent that the heartbeat keeps alive."""

    imports: Imports
    held: Import | None = None

    async def __call__(self) -> None:
        held = self.held
        if held is None:
            return
        try:
            await asyncio.to_thread(self.imports.renew, held)
        except LeaseLostError:
            raise StoppedError("the import's lease was lost") from None


@dataclass(frozen=True)
class Importer:
    """Handler of ``transfer.requested``.

    A transfer that is older than ``stalled_seconds`` is not begun any more.
    """

    imports: Imports
    reader: TransferReader
    gateway: TransferGateway
    storage: Storage
    clock: Clock
    reconciler: TransferReconciler
    stalled_seconds: float

    async def __call__(self, delivery: Delivery) -> None:
        """Handle one delivery."""
        beat = _IntentHeartbeat(self.imports)
        delivery.on_beat = beat
        requested = cast("TransferRequested", delivery.event.data)
        await asyncio.to_thread(self._requested, requested, beat)

    def _requested(self, requested: TransferRequested, beat: _IntentHeartbeat) -> None:
        state = self.reader.transfer(requested.transfer_id)
        if state.job is None or state.job.status == "ABORTED":
            _log.info("no work: no such transfer, or an aborted one")
            return
        if state.job.status != "ACCEPTED":
            raise HandBackError("the transfer is not accepted yet", _PREPARING_SECONDS)
        held = self.imports.record_intent(requested.transfer_id, requested.mentor)
        if held is not None:
            beat.held = held
            too_old = (state.job.accepted_at or 0) + self.stalled_seconds <= self.clock.now()
            self._import(held, requested, too_old=too_old)
            beat.held = None
        # An earlier intent is another process's; if that died, the sweep goes on with it.
        self.reconciler.reconcile(requested.transfer_id)

    def _import(self, held: Import, requested: TransferRequested, *, too_old: bool) -> None:
        """Import under a fresh intent; leave the result, or none when the lease was lost."""
        try:
            changes = self._fail("too_old", TOO_OLD) if too_old else self._ask(held, requested)
        except DependencyDownError:
            # It has not reached GraphQL: the message comes again after the outage.
            self.imports.withdraw_intent(held)
            raise
        try:
            self.imports.record(held, **changes, lease_until=0, due_at=self.clock.now())
        except LeaseLostError:
            _log.exception("import's lease lost: its result does not count")

    def _ask(self, held: Import, requested: TransferRequested) -> dict[str, Any]:
        """Ask GraphQL to import; return what is to be recorded."""
        source = requested.payload
        try:
            payload = self.storage.get_text(source.bucket, source.key)
            export = Export.of(payload)
        except ObjectMissingError:
            return self._fail("payload_missing", "The file is no longer there. Import it again.")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _log.warning("export not readable", error=error_summary(error))
            return self._fail("bad_export", "The file cannot be read. Export the mentor again.")
        self._show_begun(requested.mentor)
        for answer, keys in own_keys(payload).items():
            # Until they are copied, and where they cannot be, two mentors name them.
            self.imports.mark_shared(answer, keys)
        try:
            answers = self.gateway.import_mentor(requested.mentor, export)
        except GraphQLRefusedError as error:
            return self._fail("import_refused", str(error)[:_LONGEST_MESSAGE])
        except OutcomeUnknownError as error:
            _log.warning("import's outcome unknown", error=str(error))
            # A server may cut off what is too large for it instead of saying so.
            too_large = len(json.dumps(export.json)) > _GRAPHQL_BYTES
            return self._fail("import_interrupted", INTERRUPTED + TOO_LARGE * too_large)
        try:
            return self._keep(held, requested, payload, answers) | {"left_out": export.left_out}
        except DependencyDownError:
            _log.exception("imported, but the list of media cannot be kept")
            return self._fail("list_lost", INTERRUPTED)

    def _show_begun(self, mentor: str) -> None:
        try:
            self.gateway.show(mentor, ImportTask("IN_PROGRESS", "QUEUED"))
        except GraphQLRefusedError as error:
            _log.warning("import task not shown", error=str(error))

    def _keep(
        self,
        held: Import,
        requested: TransferRequested,
        payload: str,
        answers: list[dict[str, Any]],
    ) -> dict[str, Any]:
        """Store the list of media and what the import forgot of them."""
        manifest, details = with_details(manifest_of(answers), payload)
        bucket = requested.payload.bucket
        key = import_key(held.transfer_id, held.token, "media")
        details_key = import_key(held.transfer_id, held.token, "details")
        self.storage.put_text(json.dumps(details), bucket, details_key)
        self.storage.put_text(manifest.model_dump_json(), bucket, key)
        head = self.storage.head(bucket, key)
        source = SourceObject(bucket=bucket, key=key, etag=head.etag, size=head.size)
        return {
            "status": "IMPORTED",
            "imported_at": self.clock.now(),
            "manifest": source.model_dump(),
            "details_key": details_key,
            "media": len(manifest.media),
        }

    def _fail(self, code: str, reason: str) -> dict[str, Any]:
        _log.error("import failed", code=code, why=reason)
        return {
            "status": "FAILED",
            "code": code,
            "reason": reason,
            "ended_at": self.clock.now(),
        }

"""Status documents of transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_api.http.problems import not_found
from mentor_api.transfers.models import MediaCount, TransferPath, TransferStatus
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_common.transfers.model import Transfer, TransferReader, TransferState


@dataclass(frozen=True)
class TransferStatuses:
    """Reads transfers for who may see them, as status documents."""

    permissions: Permissions
    reader: TransferReader

    def of(self, caller: Caller, transfer_id: str, status_url: str) -> TransferStatus:
        """Return the status of a transfer; the sender may see it without GraphQL.

        Raises
        ------
        Problem
            403, 404.
        """
        state = self.reader.transfer(transfer_id)
        if state.job is None:
            raise not_found(TransferPath.unknown)
        if state.job.user != caller.user:
            self.permissions.edit_mentor(caller, state.job.mentor)
        return describe(state, state.job, status_url)


def describe(state: TransferState, job: Transfer, status_url: str) -> TransferStatus:
    """Return the status document of a transfer."""
    imported = state.imported
    failed = state.in_state("FAILED")
    errors = [
        f"{name}: {sub.reason}"
        for number in sorted(failed)
        for name, sub in state.media[number].names.items()
    ]
    return TransferStatus(
        id=job.transfer_id,
        mentor=job.mentor,
        status=state.status,
        status_url=status_url,
        updated=iso(state.updated_at, "auto"),
        reason=state.reason,
        media=MediaCount(
            total=imported.media if imported else 0,
            copied=len(state.in_state("DONE")),
            failed=len(failed),
        ),
        running={
            name: state.media[number].percent
            for number in sorted(state.in_state("IN_PROGRESS"))
            for name in state.media[number].names
        },
        errors=[*(imported.left_out if imported else []), *errors],
    )

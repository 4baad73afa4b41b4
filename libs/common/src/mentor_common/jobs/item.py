"""Base of the models of stored items; docs/architecture.md says who owns which.

A neighbouring release may write values that this one does not know; they make no item unreadable
(ADR 0034). A status on which conditional writes depend is kept as it is written; a value that is
only shown or decided upon is read as the known one that does least.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class StoredItem(BaseModel):
    """An item of the jobs table; unknown attributes are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    def item(self) -> dict[str, Any]:
        """Return the attributes to store; absent ones are left out."""
        return self.model_dump(exclude_none=True)

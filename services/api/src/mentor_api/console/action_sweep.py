"""The ingest worker's part in operators' actions: it goes on with those that are not over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_common.sweeping import Sweeping, look_again_in

if TYPE_CHECKING:
    from mentor_api.console.actions import Actions

_sweeping = Sweeping("an operator's action cannot be gone on with")
_RUN_SECONDS: Final = 10.0
"""About for so long one action keeps others waiting, and the end of the process."""


@dataclass(frozen=True)
class ActionSweep:
    """Goes on with every action that is not over. Safe in any number of replicas."""

    actions: Actions

    def run(self) -> None:
        """Do some rounds of each."""
        _sweeping.each(
            self.actions.due(),
            self._go_on,
            self.actions.set_aside,
            lambda action: {"action": action},
        )

    def _go_on(self, id_: str) -> None:
        until = time.monotonic() + _RUN_SECONDS
        done = -1
        while time.monotonic() < until:
            action = self.actions.go_on(id_)
            if action.status != "RUNNING":
                return
            if action.done + action.undone == done:
                break  # another process does a round, or letters are in somebody's hand
            done = action.done + action.undone
        look_again_in(0)

"""How the queues stand: what waits, since when, what is in work, and what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.jobs import kind_of_service
from mentor_common.settings import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.clock import Clock
    from mentor_common.explain import Backlog
    from mentor_common.operating.ages import Ages
    from mentor_common.operating.dead_letters import DeadLetters


@dataclass(frozen=True)
class Queues:
    """Reads of all services' queues.

    Parameters
    ----------
    letters
        Gives a service's queues by its name.
    ages
        Since when the oldest message waits, as the queue service measures it.
    backlog
        Who waits by the jobs table, where nothing is measured.
    clock
        The time.
    """

    letters: Callable[[str], DeadLetters]
    ages: Ages
    backlog: Backlog
    clock: Clock

    def figures(self) -> list[dict[str, Any]]:
        """Return ``service``, ``waiting``, ``in_work``, ``oldest_seconds`` or null, ``dead``."""
        boxes = [self.letters(service) for service in SERVICES]
        measured = self.ages.seconds([box.queue_name for box in boxes])
        found = []
        for box in boxes:
            live, dead = box.figures("queue"), box.figures()
            oldest = measured.get(box.queue_name)
            found.append(
                {
                    "service": box.service,
                    "waiting": live["waiting"],
                    "in_work": live["hidden"],
                    "oldest_seconds": self._waiting(box.service) if oldest is None else oldest,
                    "dead": dead["waiting"] + dead["hidden"],
                }
            )
        return found

    def _waiting(self, service: str) -> float | None:
        """Return for how long the upload that waits longest has waited, in seconds."""
        kind = kind_of_service(service)
        line = self.backlog.line(kind) if kind else None
        if line is None or not line.accepted:
            return None
        return max(0.0, self.clock.now() - line.accepted[0])

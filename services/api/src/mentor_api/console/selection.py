"""Selection of what an action acts on: just as many things as the operator was shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.http.problems import Problem
from mentor_common.operating.search import Found, Match, Place, UploadSearch

if TYPE_CHECKING:
    from mentor_api.console.action_models import ActionRequest, RetryAllRequest
    from mentor_api.console.models import UploadErrorsQuery
    from mentor_common.clock import Clock
    from mentor_common.operating.dead_letter_queue import DeadLetterQueues
    from mentor_common.operating.search import UploadFinder

MOST_LETTERS = 5000
"""At most so many letters of a queue are looked at, for a page as for an action."""
_HOURS = 24.0
"""So far back uploads are looked for where nothing else is said."""


@dataclass(frozen=True)
class Selector:
    """Selects dead letters and uploads."""

    queues: DeadLetterQueues
    finder: UploadFinder
    clock: Clock

    def letters(self, asked: ActionRequest) -> list[str]:
        """Return the ids of the dead letters that are meant, the oldest first.

        Raises
        ------
        Problem
            409 where there are not as many as the operator was shown.
        """
        queue, chosen = self.queues[asked.queue], asked.chosen
        visible = queue.depth().visible
        found = queue.peek(min(visible, MOST_LETTERS), wanted=chosen.messages)
        ids = [
            one.message_id for one in sorted(found, key=lambda one: one.sent_at) if one in chosen
        ]
        return _as_shown(ids, asked.number, "messages")

    def uploads(self, asked: RetryAllRequest) -> list[str]:
        """Return the ids of the failed uploads that are meant, the latest first; else as above."""
        sought = upload_search("FAILED", asked, self.clock.now())
        if asked.uploads is None:
            found = self.finder.find(sought)
        else:
            selected = [Match(Place(0, upload_id)) for upload_id in dict.fromkeys(asked.uploads)]
            at_any_time = replace(sought, since=None, until=None)
            found = Found(list(self.finder.fitting(selected, at_any_time)))
        return _as_shown(found.ids, asked.number, "failed uploads")


def upload_search(
    state: str, asked: UploadErrorsQuery | RetryAllRequest, now: float
) -> UploadSearch:
    """Return the search that a request asks for; ``now`` is epoch seconds."""
    hours = asked.within_hours
    if hours is None and asked.upload is None:
        hours = _HOURS
    return UploadSearch(
        state=state,
        mentor=asked.mentor,
        upload=asked.upload,
        error=asked.error,
        since=None if hours is None else now - hours * 3600,
        until=now - asked.older_than_minutes * 60,
    )


def _as_shown(ids: list[str], expected: int | None, what: str) -> list[str]:
    if expected not in {None, len(ids)}:
        raise Problem(
            HTTPStatus.CONFLICT,
            f"There are {len(ids)} such {what} now, not {expected}. Nothing was done; look at"
            " them again, and ask for that number.",
            error="another number",
        )
    return ids

"""A bound on the large bodies that a process holds at once, in memory or in temporary files."""

from __future__ import annotations

import threading
from collections import Counter
from http import HTTPStatus

from mentor_api.http.problems import Problem

_RETRY_AFTER = 5
_WAIT_SECONDS = 10.0


class LargeBodies:
    """Places for large bodies; one user gets half of them at most."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._changed = threading.Condition()
        self._held: Counter[str] = Counter()

    def take(self, user: str) -> None:
        """Take a place for a body of ``user``; what was not read yet waits with the client.

        Raises
        ------
        Problem
            503 where none becomes free soon.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free_for(user), _WAIT_SECONDS):
                raise Problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "Too many files are being sent here at this moment. Nothing was changed; "
                    "please try again.",
                    retry_after=_RETRY_AFTER,
                )
            self._held[user] += 1

    def give_back(self, user: str) -> None:
        """Give a place of ``user`` back."""
        with self._changed:
            self._held[user] -= 1
            self._held += Counter()  # forgets those without any
            self._changed.notify_all()

    def _is_free_for(self, user: str) -> bool:
        most_of_one = max(1, self._places // 2)
        return self._held.total() < self._places and self._held[user] < most_of_one

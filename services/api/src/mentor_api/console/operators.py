"""Operators: administrators, as their token says and as GraphQL still confirms."""

from __future__ import annotations

import hashlib
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.http.problems import Problem

if TYPE_CHECKING:
    from mentor_api.http.auth import Caller
    from mentor_api.http.permissions import Permissions
    from mentor_common.clock import Clock

_ROLES = frozenset({"ADMIN", "SUPER_ADMIN"})
_GOOD_SECONDS = 15.0
"""For so long an answer of GraphQL serves for looking, since the page asks every few seconds."""
_MOST_REMEMBERED = 1000


class Operators:
    """Lets only operators pass."""

    def __init__(self, permissions: Permissions, clock: Clock) -> None:
        self._permissions = permissions
        self._clock = clock
        self._lock = threading.Lock()
        self._good_until: dict[str, float] = {}

    def admit(self, caller: Caller, *, acts: bool) -> None:
        """Let pass an operator; an action is checked each time.

        Raises
        ------
        Problem
            403.
        DependencyDownError
            When GraphQL does not answer: then none passes.
        """
        if caller.role not in _ROLES:
            raise _no_operator()
        key = hashlib.sha256(caller.token.encode()).hexdigest()
        now = self._clock.now()
        with self._lock:
            if not acts and self._good_until.get(key, 0) > now:
                return
        try:
            self._permissions.edit_site(caller)
        except Problem:
            with self._lock:
                self._good_until.pop(key, None)
            raise _no_operator() from None
        with self._lock:
            if len(self._good_until) >= _MOST_REMEMBERED:
                self._good_until.clear()
            self._good_until[key] = now + _GOOD_SECONDS


def _no_operator() -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN,
        "The console is for administrators. Sign in as one, or ask one for help.",
        error="not authorized",
    )

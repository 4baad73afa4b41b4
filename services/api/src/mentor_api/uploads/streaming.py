"""Progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A stream keeps a thread of the web process, so there are only so many of them and each ends after
a while; the client then asks again with the id of what it saw last. Without a place it polls.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response

from mentor_api.http.problems import Problem
from mentor_common.errors import DependencyDownError
from mentor_common.telemetry import error_reports
from mentor_common.telemetry.logs import get_logger
from mentor_common.threads import in_current_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_log = get_logger(__name__)
_READ_SECONDS = 1.0
_SILENCE_SECONDS = 10.0  # proxies give up on what is silent for longer
_RETRY_AFTER = 5


@dataclass(frozen=True)
class Snapshot:
    """A document that is streamed, as it is at a moment.

    Attributes
    ----------
    id
        Changes exactly when the body does.
    final
        Whether nothing will change any more.
    """

    id: str
    body: dict[str, Any]
    final: bool


@dataclass
class Streams:
    """The streams of one process.

    Parameters
    ----------
    most
        Largest number at once.
    seconds
        Longest duration of each.
    stopping
        Returns whether the process shall end: then streams end too.
    """

    most: int
    seconds: float
    stopping: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        self._free = threading.Semaphore(self.most)

    def open(self, read: Callable[[], Snapshot], seen: str | None) -> Response:
        """Return a response that streams each new snapshot.

        ``read`` is called every second, outside of the request; ``seen`` is the id of what the
        client has seen already.

        Raises
        ------
        Problem
            503 where all places are taken.
        """
        if not self._free.acquire(blocking=False):
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Too many people are watching their uploads here at this moment. Ask for the "
                "status every few seconds instead.",
                retry_after=_RETRY_AFTER,
            )
        response = Response(
            self._events(in_current_context(_safe(read)), seen), mimetype="text/event-stream"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx holds answers back otherwise
        response.call_on_close(self._free.release)
        return response

    def _events(self, read: Callable[[], Snapshot | None], seen: str | None) -> Iterator[str]:
        until = time.monotonic() + self.seconds
        sent_at = float("-inf")
        pause = threading.Event()
        while True:
            now = read()
            if now is None:
                return
            if now.final:
                yield _event("over", now)
                return
            if now.id != seen:
                seen, sent_at = now.id, time.monotonic()
                yield _event("status", now)
            elif time.monotonic() - sent_at > _SILENCE_SECONDS:
                sent_at = time.monotonic()
                yield ": still here\n\n"  # also finds out whether anybody listens
            if self.stopping() or time.monotonic() > until:
                return
            pause.wait(_READ_SECONDS)


def _safe(read: Callable[[], Snapshot]) -> Callable[[], Snapshot | None]:
    """Return ``read`` that logs errors and returns ``None`` then: the client asks again."""

    def safely() -> Snapshot | None:
        try:
            return read()
        except DependencyDownError as error:
            _log.warning("stream ends", error=str(error))
        except Exception as error:  # noqa: BLE001 -- the answer has begun, and has no other status any more
            _log.error("stream broke off", exc_info=error)
            error_reports.report("a stream broke off", code="stream", error=error)
        return None

    return safely


def _event(name: str, snapshot: Snapshot) -> str:
    return f"id: {snapshot.id}\nevent: {name}\ndata: {json.dumps(snapshot.body)}\n\n"

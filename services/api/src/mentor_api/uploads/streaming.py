"""Progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

There are only so many streams in a process, and each ends after a while; the client then asks
again with the id of what it saw last. Without a place it polls. All of them together look at the
jobs table only so often: the more there are, the later each sees a change.
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
_TICK_SECONDS = 1.0
_READS_AT_ONCE = 4  # a table that answers slowly keeps its places for requests
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
    reads_per_second
        Looks at the jobs table of all of them together; each looks once a second at most.
    stopping
        Returns whether the process shall end: then streams end too.
    """

    most: int
    seconds: float
    reads_per_second: float = 40
    stopping: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._reading = threading.Semaphore(_READS_AT_ONCE)

    def open(self, read: Callable[[], Snapshot], seen: str | None) -> Response:
        """Return a response that streams each new snapshot.

        ``read`` is called every second or less often, outside of the request; ``seen`` is the id of
        what the client has seen already.

        Raises
        ------
        Problem
            503 where all places are taken.
        """
        if not self._take_place():
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
        response.call_on_close(self._give_place_back)
        return response

    def _take_place(self) -> bool:
        with self._lock:
            if self._open >= self.most:
                return False
            self._open += 1
            return True

    def _give_place_back(self) -> None:
        with self._lock:
            self._open -= 1

    @property
    def _pause(self) -> float:
        """Seconds between two looks of one stream."""
        return max(_TICK_SECONDS, self._open / self.reads_per_second)

    def _events(self, read: Callable[[], Snapshot | None], seen: str | None) -> Iterator[str]:
        until = time.monotonic() + self.seconds
        sent_at = read_at = float("-inf")
        pause = threading.Event()
        while True:
            due = time.monotonic() - read_at >= self._pause
            if due and self._reading.acquire(timeout=_TICK_SECONDS):
                read_at = time.monotonic()
                try:
                    now = read()
                finally:
                    self._reading.release()
                if now is None:
                    return
                if now.final:
                    yield _event("over", now)
                    return
                if now.id != seen:
                    seen, sent_at = now.id, time.monotonic()
                    yield _event("status", now)
            if time.monotonic() - sent_at > _SILENCE_SECONDS:
                sent_at = time.monotonic()
                yield ": still here\n\n"  # also finds out whether anybody listens
            if self.stopping() or time.monotonic() > until:
                return
            pause.wait(_TICK_SECONDS)


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

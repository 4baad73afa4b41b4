"""Progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

There are only so many streams in a process, and each ends after a while; the client then asks
again with the id of what it saw last. Without a place it polls. Streams of the same upload share
their looks at the jobs table, and all together look only so often: the more uploads are watched,
the later each stream sees a change.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response

from mentor_api.http.problems import Problem
from mentor_common.errors import DependencyDownError
from mentor_common.telemetry import error_reports, metrics
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
        Looks at the jobs table for all of them together; for each upload once a second at most.
    stopping
        Returns whether the process shall end: then streams end too.
    """

    most: int
    seconds: float
    reads_per_second: float = 40
    stopping: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: dict[str, _Watch] = {}
        self._reading = threading.Semaphore(_READS_AT_ONCE)

    def open(self, upload_id: str, read: Callable[[], Snapshot], seen: str | None) -> Response:
        """Return a response that streams each new snapshot of an upload.

        ``read`` is called every second or less often, outside of the request, for this stream and
        others of the upload; ``seen`` is the id of what the client has seen already.

        Raises
        ------
        Problem
            503 where all places are taken.
        """
        watch = self._take_place(upload_id)
        if watch is None:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Too many people are watching their uploads here at this moment. Ask for the "
                "status every few seconds instead.",
                retry_after=_RETRY_AFTER,
            )
        response = Response(
            self._events(watch, in_current_context(_safe(read)), seen),
            mimetype="text/event-stream",
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx holds answers back otherwise
        response.call_on_close(lambda: self._give_place_back(upload_id))
        return response

    def _take_place(self, upload_id: str) -> _Watch | None:
        with self._lock:
            if sum(watch.streams for watch in self._watches.values()) >= self.most:
                return None
            watch = self._watches.setdefault(upload_id, _Watch())
            watch.streams += 1
            metrics.EVENT_STREAMS.inc()
            return watch

    def _give_place_back(self, upload_id: str) -> None:
        with self._lock:
            watch = self._watches[upload_id]
            watch.streams -= 1
            metrics.EVENT_STREAMS.dec()
            if not watch.streams:
                del self._watches[upload_id]

    @property
    def _pause(self) -> float:
        """Seconds between two looks at one upload."""
        return max(_TICK_SECONDS, len(self._watches) / self.reads_per_second)

    def _events(
        self, watch: _Watch, read: Callable[[], Snapshot | None], seen: str | None
    ) -> Iterator[str]:
        until = time.monotonic() + self.seconds
        sent_at = float("-inf")
        pause = threading.Event()
        while True:
            if not self._look(watch, read):
                return
            now = watch.latest
            if now is not None and now.final:
                yield _event("over", now)
                return
            if now is not None and now.id != seen:
                seen, sent_at = now.id, time.monotonic()
                yield _event("status", now)
            if time.monotonic() - sent_at > _SILENCE_SECONDS:
                sent_at = time.monotonic()
                yield ": still here\n\n"  # also finds out whether anybody listens
            if self.stopping() or time.monotonic() > until:
                return
            pause.wait(_TICK_SECONDS)

    def _look(self, watch: _Watch, read: Callable[[], Snapshot | None]) -> bool:
        """Look at the upload if that is due and no other stream does; ``False`` if it failed."""
        if not watch.turn.acquire(blocking=False):
            return True
        with contextlib.ExitStack() as turn:
            turn.callback(watch.turn.release)
            due = time.monotonic() - watch.read_at >= self._pause
            if not due or not self._reading.acquire(timeout=_TICK_SECONDS):
                return True
            turn.callback(self._reading.release)
            watch.read_at = time.monotonic()
            snapshot = read()
            watch.latest = snapshot or watch.latest
            return snapshot is not None


class _Watch:
    """An upload that is watched: by how many streams, and what the last look showed.

    Attributes
    ----------
    turn
        Held by the stream that looks.
    """

    def __init__(self) -> None:
        self.streams = 0
        self.turn = threading.Lock()
        self.read_at = float("-inf")
        self.latest: Snapshot | None = None


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

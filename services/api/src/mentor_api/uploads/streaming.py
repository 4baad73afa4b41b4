"""Progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

A stream keeps a thread of the web process, so there are only so many of them and each ends after
a while; the client then asks again with the id of what it saw last. Who finds no place polls.
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
_LOOK_SECONDS = 1.0
_SILENCE_SECONDS = 10.0  # proxies give up on what is silent for longer
_RETRY_AFTER = 5


@dataclass(frozen=True)
class Look:
    """One look at what is streamed.

    Attributes
    ----------
    id
        Changes exactly when the body does.
    over
        Whether nothing will change any more.
    """

    id: str
    body: dict[str, Any]
    over: bool


@dataclass
class Streams:
    """The streams of one process.

    Parameters
    ----------
    most
        How many at once.
    seconds
        How long each.
    stopping
        Tells whether the process shall end: then streams end too.
    """

    most: int
    seconds: float
    stopping: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        self._free = threading.Semaphore(self.most)

    def open(self, look: Callable[[], Look], seen: str | None) -> Response:
        """Answer with a stream of what ``look`` finds.

        Parameters
        ----------
        look
            Called every second, outside of the request.
        seen
            Id of what the client has seen already.

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
            self._events(in_current_context(_safe(look)), seen), mimetype="text/event-stream"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx holds answers back otherwise
        response.call_on_close(self._free.release)
        return response

    def _events(self, look: Callable[[], Look | None], seen: str | None) -> Iterator[str]:
        until = time.monotonic() + self.seconds
        spoken_at = float("-inf")
        pause = threading.Event()
        while True:
            now = look()
            if now is None:
                return
            if now.over:
                yield _event("over", now)
                return
            if now.id != seen:
                seen, spoken_at = now.id, time.monotonic()
                yield _event("status", now)
            elif time.monotonic() - spoken_at > _SILENCE_SECONDS:
                spoken_at = time.monotonic()
                yield ": still here\n\n"  # also finds out whether anybody listens
            if self.stopping() or time.monotonic() > until:
                return
            pause.wait(_LOOK_SECONDS)


def _safe(look: Callable[[], Look]) -> Callable[[], Look | None]:
    """Return ``look`` that says what goes wrong and gives ``None`` then: the client asks again."""

    def safely() -> Look | None:
        try:
            return look()
        except DependencyDownError as error:
            _log.warning("stream ends", error=str(error))
        except Exception as error:  # noqa: BLE001 -- the answer has begun, and has no other status any more
            _log.error("stream broke off", exc_info=error)
            error_reports.report("a stream broke off", code="stream", error=error)
        return None

    return safely


def _event(name: str, look: Look) -> str:
    return f"id: {look.id}\nevent: {name}\ndata: {json.dumps(look.body)}\n\n"

"""Outages on demand, for tests: between the socket and the application, never over HTTP."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Mode = Literal["down", "unavailable", "errors", "slow", "apply_then_drop"]

_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class _Fault:
    mode: Mode
    seconds: float
    match: str | None


class Faults:
    """WSGI middleware that fails requests to ``/graphql`` on demand.

    ============================ =====================================================
    mode                         what the client sees
    ============================ =====================================================
    ``down``                     the connection ends without an answer
    ``unavailable``              503
    ``errors``                   200 with ``errors``; nothing was run
    ``slow``                     the answer after ``seconds`` more
    ``apply_then_drop``          the request was run, the connection ends unanswered
    ============================ =====================================================
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._lasting: _Fault | None = None
        self._counted: list[_Fault] = []
        self._stopping = threading.Event()

    def set_fault(self, mode: Mode | None, *, seconds: float = 0, match: str | None = None) -> None:
        """Fail every request from now on; ``None`` ends it and forgets the counted ones too.

        ``slow`` waits ``seconds``; ``match`` takes only requests whose body contains it, for
        example a mutation's name.
        """
        with self._lock:
            self._lasting = None if mode is None else _Fault(mode, seconds, match)
            if mode is None:
                self._counted.clear()

    def fail_next(
        self, count: int, mode: Mode, *, seconds: float = 0, match: str | None = None
    ) -> None:
        """Fail the next ``count`` requests (that match) and then no more."""
        with self._lock:
            self._counted += [_Fault(mode, seconds, match)] * count

    def stop(self) -> None:
        """Let slow answers go now."""
        self._stopping.set()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request, or fail it."""
        if environ["PATH_INFO"] != "/graphql":
            return self._application(environ, start)
        fault = self._due(environ)
        if fault is None:
            return self._application(environ, start)
        if fault.mode == "down":
            raise ConnectionAbortedError("fault: down")
        if fault.mode == "unavailable":
            return _answer(start, "503 Service Unavailable", {"message": "fault: unavailable"})
        if fault.mode == "errors":
            body = {"errors": [{"message": "fault: errors"}], "data": None}
            return _answer(start, "200 OK", {**body, "extensions": {"newToken": ""}})
        if fault.mode == "slow":
            self._stopping.wait(fault.seconds)
            return self._application(environ, start)
        complete(self._application(environ, _swallow))
        raise ConnectionAbortedError("fault: applied, then dropped")

    def _due(self, environ: WSGIEnvironment) -> _Fault | None:
        with self._lock:
            if self._lasting is None and not self._counted:
                return None
        body = _buffer(environ)
        with self._lock:
            for fault in self._counted:
                if _matches(fault, body):
                    self._counted.remove(fault)
                    return fault
            lasting = self._lasting
        return lasting if lasting is not None and _matches(lasting, body) else None


def complete(parts: Iterable[bytes]) -> list[bytes]:
    """Return all of an application's answer and close it, as WSGI asks."""
    try:
        return list(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def _matches(fault: _Fault, body: bytes) -> bool:
    return fault.match is None or fault.match.encode() in body


def _buffer(environ: WSGIEnvironment) -> bytes:
    """Read the body and put it back, so that a dropped connection ends cleanly and not by reset."""
    chunked = environ.get("wsgi.input_terminated", False)
    length = _MOST_BYTES if chunked else int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(min(length, _MOST_BYTES))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _answer(start: StartResponse, status: str, body: object) -> list[bytes]:
    payload = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
    start(status, headers)
    return [payload]


def _swallow(*_: object) -> Callable[[bytes], object]:
    return lambda _data: None

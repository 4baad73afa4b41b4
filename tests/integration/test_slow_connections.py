"""Clients that send or take slowly, and a GraphQL that sleeps: the others notice nothing."""

from __future__ import annotations

import itertools
import json
import socket
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    StartWeb = Callable[..., tuple[str, subprocess.Popen[bytes]]]

HEADERS, BODIES, READERS = 80, 40, 20
SECONDS = {"WEB_HEADERS_SECONDS": "4", "WEB_SILENCE_SECONDS": "2"}
PATIENCE = 60
"""Seconds after which a test gives up; nothing here takes a fraction of it."""


MALFORMED = {
    "no size": b"zz\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "no end of a chunk": b"2\r\n{}++0\r\n\r\n",
    "a malformed trailer": b"2\r\n{}\r\n0\r\na: b\n\r\n\r\n",
    "a long size": b"2;" + b"a" * 20_000 + b"\r\n{}\r\n0\r\n\r\n",
    "the client stops": b"ff\r\n{}",
}
"""Chunked bodies that break RFC 9112, section 7.1."""


def connection(url: str, sent: bytes, stack: ExitStack) -> socket.socket:
    """Return a connection on which some bytes were sent."""
    where = urlsplit(url)
    made = stack.enter_context(socket.create_connection((where.hostname, where.port), PATIENCE))
    with suppress(TimeoutError):
        made.sendall(sent)
    return made


def everything(connected: socket.socket) -> bytes:
    """Return what comes until the other side closes the connection."""
    found = b""
    with suppress(ConnectionResetError):
        while piece := connected.recv(65536):
            found += piece
    return found


def until_let_go(connected: socket.socket) -> bytes:
    """Send a byte each time that nothing has come; return how the answer begins."""
    connected.settimeout(0.05)
    while True:
        try:
            return connected.recv(12)
        except TimeoutError:
            with suppress(BrokenPipeError, ConnectionResetError):
                connected.send(b"x")
        except ConnectionResetError:
            return b""


@pytest.fixture
def unfinished(api: Any) -> bytes:
    """Return a request of a mentor whose body does not end."""
    token = api.headers["Authorization"]
    head = f"POST /upload/answer HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    return f'{head}Content-Length: 1000\r\n\r\n{{"mentor":'.encode()


def test_malformed_chunks_are_the_clients_error(api: Any, start_web: StartWeb) -> None:
    url, _ = start_web()
    token = api.headers["Authorization"]
    head = f"POST /upload/answer HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    kind = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answers = {}
    for name, chunks in MALFORMED.items():
        with ExitStack() as stack:
            malformed = connection(url, (head + kind).encode(), stack)
            with suppress(BrokenPipeError, ConnectionResetError):
                malformed.sendall(chunks)
                malformed.shutdown(socket.SHUT_WR)
            answers[name] = everything(malformed)

    statuses = {name: answer.partition(b"\r\n")[0] for name, answer in answers.items()}
    assert statuses == dict.fromkeys(MALFORMED, b"HTTP/1.1 400 BAD REQUEST")
    follows = {name: answer.count(b"HTTP/1.1") for name, answer in answers.items()}
    assert follows == dict.fromkeys(MALFORMED, 1), "what follows is no request"


def test_slow_clients_stop_nobody_and_are_let_go(
    api: Any, start_web: StartWeb, unfinished: bytes
) -> None:
    url, _ = start_web(**SECONDS)
    upload_id = api.post().get_json()["data"]["upload_id"]
    headers_begun = b"GET / HTTP/1.1\r\nX: "
    page = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        idle = [connection(url, b"", stack) for _ in range(10)]
        headers = [connection(url, headers_begun, stack) for _ in range(HEADERS)]
        bodies = [connection(url, unfinished, stack) for _ in range(BODIES)]
        dripping = [connection(url, begun, stack) for begun in (headers_begun, unfinished)]
        for _ in range(READERS):
            connection(url, page * 100, stack)  # and takes nothing

        for path in ("/livez", "/readyz", f"/upload/status/{upload_id}"):
            answer = requests.get(f"{url}{path}", headers=api.headers, timeout=PATIENCE)
            assert answer.status_code == 200

        for one in dripping:
            assert until_let_go(one) in {b"", b"HTTP/1.1 408"}
        for one in (*idle, *headers):
            assert everything(one) == b"", "closed without a word"
        for one in bodies:
            head, _, body = everything(one).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 408 ")
            assert json.loads(body)["data"]["error"] == "Request Timeout"


def test_a_graphql_that_sleeps_holds_only_its_own_calls(api: Any, start_web: StartWeb) -> None:
    url, process = start_web(WEB_CALLS="4", GRAPHQL_TIMEOUT_SECONDS="300")
    upload_id = api.post().get_json()["data"]["upload_id"]
    api.graphql.set_fault("slow", seconds=300)

    def listed() -> requests.Response:
        asked = {"params": {"mentor": api.ids[0]}, "headers": api.headers}
        return requests.get(f"{url}/uploads", timeout=300, **asked)

    with ThreadPoolExecutor(24) as pool, ExitStack() as stack:
        stack.callback(process.kill)  # the four would wait on
        answers = as_completed([pool.submit(listed) for _ in range(24)], timeout=PATIENCE)
        for refused in itertools.islice(answers, 20):  # at once, while four wait
            assert refused.result().status_code == 503
            assert refused.result().json()["data"]["error"] == "Service Unavailable"
            assert refused.result().headers["Retry-After"] == "5"

        status = f"{url}/upload/status/{upload_id}"
        assert requests.get(status, headers=api.headers, timeout=PATIENCE).status_code == 200
        with requests.get(
            f"{status}/events", headers=api.headers, stream=True, timeout=PATIENCE
        ) as events:
            assert next(events.iter_lines()).startswith(b"id: ")
        assert requests.get(f"{url}/livez", timeout=PATIENCE).status_code == 200
        ready = requests.get(f"{url}/readyz", timeout=PATIENCE)
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert list(ready.json()["down"]) == ["graphql"]

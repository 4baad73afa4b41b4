"""Attacks, each bounded in number and time, on an api of this machine.

An attack gets the target and an event that ends it, and returns how often what came of it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from bench.load_api import pictures
from mentor_common.jobs import upload_id_of
from mentor_local.demo import SAMPLE

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from bench.load_api.stack import Target
    from mentor_local.running import RunningStack

SLOW_CONNECTIONS = 500
UNFINISHED_BODIES = 64
PICTURES_AT_ONCE = 8
STREAMS = 200
ENDED_STREAMS = 20
SCANS = 2_000
_TIMEOUT = 60.0
Ends = Counter[str]


def half_sent_headers(_: RunningStack, target: Target, stop: threading.Event) -> Ends:
    """Hold connections open whose headers never end; no token is needed."""
    beginning = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    return _slow(target, stop, SLOW_CONNECTIONS, beginning)


def unfinished_bodies(_: RunningStack, target: Target, stop: threading.Event) -> Ends:
    """Announce bodies and send them byte by byte."""
    beginning = (
        "POST /upload/answer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: bearer {target.token}\r\nContent-Length: 4000\r\n\r\n{{"
    ).encode()
    return _slow(target, stop, UNFINISHED_BODIES, beginning)


def graphql_sleeps(stack: RunningStack, _: Target, stop: threading.Event) -> Ends:
    """Let GraphQL accept connections and answer nothing."""
    with _paused(stack, "graphql"):
        stop.wait()
    return Counter(paused=1)


def picture_bombs(_: RunningStack, target: Target, stop: threading.Event) -> Ends:
    """Send photos of 24 megapixels, a JPEG of many scans and a PNG of 144 megapixels, in turns.

    As one person, who is none of the browsers'.
    """
    sent = (pictures.photo(), pictures.jpeg_of_many_scans(SCANS), pictures.bomb())

    def send(number: int) -> str:
        picture = sent[number % len(sent)]
        return _status(
            lambda: requests.post(
                f"{target.api}/thumbnail",
                data={"body": json.dumps({"mentor": target.mentor})},
                files={"thumbnail": ("a", picture)},
                headers={"Authorization": f"bearer {target.another}"},
                timeout=_TIMEOUT,
            )
        )

    return _repeat(send, stop, PICTURES_AT_ONCE)


def open_streams(stack: RunningStack, target: Target, stop: threading.Event) -> Ends:
    """Follow an upload that runs all the while by event streams, as many tabs do."""
    with _paused(stack, "transcoder"):
        url = f"{target.api}/upload/status/{_accepted(stack, target)}/events"
        return _repeat(lambda _: _followed(url, target, stop), stop, STREAMS)


def ended_streams(_: RunningStack, target: Target, stop: threading.Event) -> Ends:
    """Follow an upload that is over: each stream ends at once, and each tab asks anew."""
    url = f"{target.api}/upload/status/{target.upload}/events"
    return _repeat(lambda _: _followed(url, target, stop), stop, ENDED_STREAMS)


def huge_numbers(stack: RunningStack, target: Target, stop: threading.Event) -> Ends:
    """Send numbers, depths and counts that nobody means, for a video that is not known yet."""
    video = _sent(stack)
    answer = {"mentor": target.mentor, "question": target.question, "video": video}
    deep = "[" * 600 + "]" * 600
    bodies: tuple[tuple[str, bytes], ...] = (
        ("/upload/answer", json.dumps(answer | {"trim": {"start": 1e100, "end": 1e101}}).encode()),
        ("/upload/answer", json.dumps(answer | {"trim": {"start": 0, "end": 10**400}}).encode()),
        ("/transfer/mentor", f'{{"mentor":"{target.mentor}","mentorExportJson":{deep}}}'.encode()),
        ("/upload/multipart", b'{"size":1e400}'),
    )

    def send(number: int) -> str:
        path, body = bodies[number % len(bodies)]
        headers = _authorization(target) | {"Content-Type": "application/json"}
        url = target.api + path
        ended = _status(lambda: requests.post(url, data=body, headers=headers, timeout=_TIMEOUT))
        stop.wait(0.2)  # it is the values that attack; floods are for the rate limits
        return ended

    return _repeat(send, stop, 4)


# What lasts beyond its end comes last: the first release stored such numbers.
ATTACKS = {
    attack.__name__: attack
    for attack in (
        half_sent_headers,
        unfinished_bodies,
        graphql_sleeps,
        open_streams,
        ended_streams,
        picture_bombs,
        huge_numbers,
    )
}


def _slow(target: Target, stop: threading.Event, most: int, beginning: bytes) -> Ends:
    """Keep so many connections open with a byte a second each; open those anew that are closed."""
    ends: Ends = Counter()
    held: list[socket.socket] = []
    try:
        while not stop.wait(1.0):
            alive = []
            for connection in held:
                try:
                    connection.send(b"a")
                    alive.append(connection)
                except OSError:
                    connection.close()
                    ends["closed"] += 1
            held = alive
            held += _opened(target, most - len(held), beginning, ends)
    finally:
        ends["held to the end"] = len(held)
        for connection in held:
            connection.close()
    return ends


def _opened(target: Target, count: int, beginning: bytes, ends: Ends) -> Iterator[socket.socket]:
    for _ in range(count):
        try:
            connection = socket.create_connection(target.address, timeout=1.0)
            connection.sendall(beginning)
        except OSError:
            ends["refused"] += 1
            return
        ends["opened"] += 1
        yield connection


def _repeat(act: Callable[[int], str], stop: threading.Event, at_once: int) -> Ends:
    """Act again and again, so many at once, until ``stop`` is set; what runs then is waited for."""
    ends: Ends = Counter()

    def worker(number: int) -> None:
        while not stop.is_set():
            ends[act(number)] += 1
            number += 1

    with ThreadPoolExecutor(at_once) as pool:
        for _ in pool.map(worker, range(at_once)):
            pass
    return ends


@contextmanager
def _paused(stack: RunningStack, process: str) -> Iterator[None]:
    """Stop a process of the stack for as long as the context lasts."""
    pid = stack.pid(process)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _sent(stack: RunningStack) -> str:
    """Return the key of a video that was sent to S3 and that no answer names yet."""
    form = stack.ui.presign()
    stack.ui.send_file(form, SAMPLE)
    return str(form["fields"]["key"])


def _accepted(stack: RunningStack, target: Target) -> str:
    """Return the id of a new upload of the sample."""
    video = _sent(stack)
    stack.ui.post_answer(stack.body(target.question, video=video)).raise_for_status()
    return upload_id_of(video)


def _followed(url: str, target: Target, stop: threading.Event) -> str:
    """Follow a stream to its end, and wait as a tab does before it connects again."""

    def answer() -> requests.Response:
        with requests.get(
            url, headers=_authorization(target), timeout=_TIMEOUT, stream=True
        ) as stream:
            for _ in stream.iter_content(1024):
                if stop.is_set():
                    break
        return stream

    ended = _status(answer)
    stop.wait(1)
    return ended


def _status(ask: Callable[[], requests.Response]) -> str:
    try:
        return str(ask().status_code)
    except requests.RequestException as error:
        return type(error).__name__


def _authorization(target: Target) -> dict[str, str]:
    return {"Authorization": f"bearer {target.token}"}

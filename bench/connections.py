"""``make bench-connections``: slow connections and open streams beside a client like any other.

A web process as a pod runs it (``WEB_PROCESSES``, 2), over the emulator and the local GraphQL
server. A client asks for an upload's status, request after request: alone, beside ``SLOW`` (500)
connections that send half of their headers, hold a body back or drip, and that come again when they
were let go, and beside ``STREAMS`` (1000) that watch the upload. ``SECONDS`` (15) each.

Prints one line of JSON: the client's milliseconds (50th, 95th and 99th percentile), how many
streams were open, and of all web processes together the memory (MB) and the processor seconds a
second. The last two are Linux's alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import jwt
import requests

from mentor_local.emulator import Emulator
from mentor_local.graphql import seed
from mentor_local.graphql.server import GraphQLServer
from mentor_local.process import http_status
from mentor_local.provision import client, provision, service_environment
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_local.provision import Stack

SLOW = int(os.environ.get("SLOW", "500"))
STREAMS = int(os.environ.get("STREAMS", "1000"))
SECONDS = float(os.environ.get("SECONDS", "15"))
_SECRET = "a secret of the benchmark, long enough"  # noqa: S105 -- of nobody
VIDEO = "bench-0001"
_OPENED_AT_ONCE = 50
_OPENING_SECONDS = 400


@dataclass(frozen=True)
class Site:
    """A web process of our own: its URL, id and environment, a mentor's token, and its AWS."""

    url: str
    pid: int
    token: str
    environment: dict[str, str]
    cloud: Stack

    def store_video(self, name: str) -> None:
        """Store the beginning of a video, which is all that the api looks at, under a name."""
        body = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)
        key = f"{seed.SEED_OWNER_ID}/{name}"
        s3 = client("s3", self.cloud.endpoint)
        s3.put_object(Bucket=self.cloud.upload_bucket, Key=key, Body=body)


@contextmanager
def web() -> Iterator[Site]:
    """Run a web process for as long as the context lasts."""
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator())
        cloud = provision(emulator.endpoint)
        graphql = stack.enter_context(
            GraphQLServer(
                jwt_secret=_SECRET, api_secret=_SECRET, static_url_base=cloud.static_url_base
            )
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = service_environment(cloud, "api") | {
            "GRAPHQL_ENDPOINT": graphql.url,
            "API_SECRET": _SECRET,
            "JWT_SECRET": _SECRET,
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(port),
            "EVENTS_MAX_SECONDS": "900",
            # The emulator shares the processor with what is measured.
            "EVENTS_READS_PER_SECOND": "5",
            "RATE_LIMIT_READS": "1000000 per minute",
            "LOG_LEVEL": "ERROR",
        }
        os.environ.update({k: v for k, v in environment.items() if k.startswith("AWS_")})
        process = subprocess.Popen(
            [sys.executable, "-m", "mentor_api", "web"], env={**environment, **os.environ}
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: http_status(f"{url}/livez") == requests.codes.ok, seconds=120, what=url)
        claims = {"id": seed.SEED_OWNER_ID, "role": "USER", "mentorIds": [seed.SEED_MENTOR_ID]}
        token = jwt.encode(claims | {"exp": int(time.time()) + 3600}, _SECRET, algorithm="HS256")
        site = Site(url, process.pid, token, environment, cloud)
        site.store_video(VIDEO)
        yield site


def accepted(url: str, token: str, video: str = VIDEO) -> str:
    """Return the id of the upload of a stored video, which nobody works on."""
    answer = requests.post(
        f"{url}/upload/answer",
        json={
            "mentor": seed.SEED_MENTOR_ID,
            "question": seed.SEED_QUESTION_ID,
            "video": f"{seed.SEED_OWNER_ID}/{video}",
            "isVbgVideo": False,
        },
        headers={"Authorization": f"bearer {token}"},
        timeout=60,
    )
    answer.raise_for_status()
    return str(answer.json()["data"]["upload_id"])


def usage(root: int) -> tuple[float, float]:
    """Return memory (MB) and processor seconds of a process and its children.

    A page that several share counts in parts (proc(5)). Both are 0 where there is no ``/proc``.
    """
    memory = ticks = 0
    children = Path(f"/proc/{root}/task/{root}/children")
    if not children.exists():
        return 0, 0
    for one in (root, *map(int, children.read_text().split())):
        rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        memory += next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line)
        after_name = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])  # utime, stime
    return memory / 1e3, ticks / os.sysconf("SC_CLK_TCK")


async def normal(url: str, token: str, path: str) -> dict[str, Any]:
    """Return a client's latencies in milliseconds, asking for ``SECONDS``."""
    found: list[float] = []
    failed = 0
    until = time.monotonic() + SECONDS
    with requests.Session() as session:
        while time.monotonic() < until:
            started = time.monotonic()
            try:
                answer = await asyncio.to_thread(
                    session.get,
                    f"{url}{path}",
                    headers={"Authorization": f"bearer {token}"},
                    timeout=10,
                )
                failed += not answer.ok
            except requests.RequestException:
                failed += 1
            found.append((time.monotonic() - started) * 1000)
            await asyncio.sleep(0.02)
    cuts = quantiles(found, n=100) if len(found) > 1 else found * 99
    return {
        "requests": len(found),
        "failed": failed,
        **{f"p{n}": round(cuts[n - 1], 1) for n in (50, 95, 99)},
    }


def slow_bytes(number: int, token: str) -> bytes:
    """Return what a slow client sends before it drips or keeps silent."""
    if number % 2:
        return b"GET /upload/url HTTP/1.1\r\nHost: x\r\nX-Slow: "
    head = f"POST /upload/answer HTTP/1.1\r\nHost: x\r\nAuthorization: bearer {token}\r\n"
    return f"{head}Content-Length: 60000\r\n\r\n{{".encode()


async def slow(address: tuple[str, int], number: int, token: str) -> None:
    """Be a slow client, again and again; each fourth drips."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(slow_bytes(number, token))
            if number % 4 == 0:
                while not reader.at_eof():
                    writer.write(b"x")
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(65536), 1)
            else:
                await reader.read()
            writer.close()
        except OSError:
            await asyncio.sleep(0.5)


@contextmanager
def running(tasks: list[asyncio.Task[None]]) -> Iterator[None]:
    """End tasks afterwards."""
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


class Watchers:
    """Clients that watch an upload; ``open`` are those that have seen it and were not let go."""

    def __init__(self) -> None:
        self.open = 0
        self.refused = 0
        self.settled = asyncio.Event()

    async def watch(
        self, address: tuple[str, int], path: str, token: str, opening: asyncio.Semaphore
    ) -> None:
        """Watch until the server ends it."""
        async with opening:
            reader, writer = await asyncio.open_connection(*address)
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: bearer {token}\r\n\r\n"
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.splitlines()[0]:
                self.refused += 1
                writer.close()
                return
            await reader.readuntil(b"event: status")
        self.open += 1
        if self.open + self.refused == STREAMS:
            self.settled.set()
        try:
            while await reader.read(65536):
                pass
        except OSError:
            pass
        finally:
            self.open -= 1
            writer.close()


async def measure(url: str, root: int, token: str) -> dict[str, Any]:
    """Return all figures."""
    host, port = url.removeprefix("http://").split(":")
    address = (host, int(port))
    status = f"/upload/status/{await asyncio.to_thread(accepted, url, token)}"
    figures: dict[str, Any] = {"alone": await normal(url, token, status)}
    figures["alone"]["mb"] = round(usage(root)[0])
    attack = [asyncio.create_task(slow(address, number, token)) for number in range(SLOW)]
    with running(attack):
        await asyncio.sleep(2)
        figures["slow"] = {"connections": SLOW, **await normal(url, token, status)}
        figures["slow"]["mb"] = round(usage(root)[0])
    if not STREAMS:
        return figures
    await asyncio.sleep(2)
    watchers, opening = Watchers(), asyncio.Semaphore(_OPENED_AT_ONCE)
    watching = [
        asyncio.create_task(watchers.watch(address, f"{status}/events", token, opening))
        for _ in range(STREAMS)
    ]
    with running(watching):
        with suppress(TimeoutError):
            await asyncio.wait_for(watchers.settled.wait(), _OPENING_SECONDS)
        before, began = usage(root)[1], time.monotonic()
        beside = await normal(url, token, status)
        memory, after = usage(root)
        figures["streams"] = {
            "open": watchers.open,
            "refused": watchers.refused,
            **beside,
            "mb": round(memory),
            "processor": round((after - before) / (time.monotonic() - began), 2),
        }
    return figures


def main() -> None:
    """Measure and print."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 2 * (SLOW + STREAMS) + 512
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    with web() as site:
        print(json.dumps(asyncio.run(measure(site.url, site.pid, site.token))))


if __name__ == "__main__":
    main()

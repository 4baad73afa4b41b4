"""``clients.py URL TOKEN COUNT SECONDS``: clients that keep asking, each on its own connection.

Prints how many answers came within the seconds after the first one of each, and how many were not
200. Nothing but the standard library: what a client costs is taken from what is measured.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Counter:
    """Answers so far, counted from the moment when all clients have had one."""

    def __init__(self, clients: int) -> None:
        self.answers = 0
        self.failed = 0
        self._missing = clients
        self.begun = asyncio.Event()

    def first(self) -> None:
        """Count a client that has had its first answer."""
        self._missing -= 1
        if not self._missing:
            self.begun.set()


async def client(url: str, token: str, counter: Counter) -> None:
    """Ask again and again."""
    split = urlsplit(url)
    reader, writer = await asyncio.open_connection(split.hostname, split.port)
    request = (
        f"GET {split.path} HTTP/1.1\r\nHost: x\r\nAuthorization: bearer {token}\r\n\r\n".encode()
    )
    first = True
    while True:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        if first:
            counter.first()
            first = False
        elif counter.begun.is_set():
            counter.answers += 1
            counter.failed += not head.startswith(b"HTTP/1.1 200 ")


async def main(url: str, token: str, count: int, seconds: float) -> None:
    """Ask for so many seconds and print the figures."""
    counter = Counter(count)
    clients = [asyncio.create_task(client(url, token, counter)) for _ in range(count)]
    ended = asyncio.create_task(asyncio.wait(clients, return_when=asyncio.FIRST_EXCEPTION))
    await asyncio.wait_for(counter.begun.wait(), 60)
    begun = time.monotonic()
    await asyncio.wait([ended], timeout=seconds)
    if ended.done():
        await asyncio.gather(*clients)
    figures = {"seconds": time.monotonic() - begun, "answers": counter.answers}
    print(json.dumps(figures | {"failed": counter.failed}))
    for each in clients:
        each.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))

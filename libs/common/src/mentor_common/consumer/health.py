"""``/livez`` and ``/readyz`` of a worker on a small HTTP port."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mentor_common.consumer.loop import Consumer

STUCK_SECONDS = 60.0
"""A poll loop that has not turned for so long (plus a long poll) is stuck."""


@asynccontextmanager
async def serve(consumer: Consumer, host: str, port: int) -> AsyncIterator[int]:
    """Answer probes for as long as the context lasts; gives the port listened on.

    ``/livez`` is 503 when the poll loop does not turn, ``/readyz`` when a dependency is down,
    naming it.
    """
    loop = asyncio.get_running_loop()

    async def livez(_request: web.Request) -> web.Response:
        idle = loop.time() - consumer.last_turn
        alive = idle < STUCK_SECONDS
        body = {"status": "ok" if alive else "stuck", "seconds_since_turn": round(idle, 1)}
        return web.json_response(body, status=200 if alive else 503)

    async def readyz(_request: web.Request) -> web.Response:
        down = consumer.breaker.down
        body = {"status": "down" if down else "ok", "down": dict(down)}
        return web.json_response(body, status=503 if down else 200)

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()

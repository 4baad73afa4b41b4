"""``python -m mentor_local.chaos.proxy``: stands between the services and the AWS emulator.

The Host header goes through unchanged, so that signatures hold: a client signs for the proxy's
host and the emulator checks against the Host header. ``GET /_faults/health`` answers when it is
up, ``PUT /_faults`` sets rates (see `Rates`), ``GET /_faults`` returns counts of them.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web
from yarl import URL

from mentor_local.chaos.faults import Plan, Rates, action_of, service_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MOST_BYTES = 256 * 1024 * 1024
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>injected</Message></Error>"
_UNAVAILABLE = 503
_BAD_GATEWAY = 502


class FaultProxy:
    """Passes requests on, or does to them what the plan says."""

    def __init__(self, upstream: str, plan: Plan) -> None:
        self._upstream = upstream
        self._plan = plan
        self._late: set[asyncio.Task[None]] = set()
        self._session: ClientSession | None = None

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_get("/_faults/health", self._health)
        app.router.add_get("/_faults", self._injected)
        app.router.add_put("/_faults", self._set)
        app.router.add_route("*", "/{anything:.*}", self._pass)
        app.cleanup_ctx.append(self._connected)
        return app

    async def _connected(self, _app: web.Application) -> AsyncIterator[None]:
        # Each request its own connection: a reset upstream then concerns that request alone.
        connector = TCPConnector(force_close=True, limit=0)
        async with ClientSession(
            connector=connector, timeout=ClientTimeout(total=120), auto_decompress=False
        ) as session:
            self._session = session
            yield
            for task in self._late:
                task.cancel()

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def _injected(self, _request: web.Request) -> web.Response:
        return web.json_response(self._plan.counts)

    async def _set(self, request: web.Request) -> web.Response:
        try:
            self._plan.rates = Rates.of(await request.json())
        except (ValueError, TypeError) as error:
            return web.Response(status=400, text=str(error))
        return web.Response()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        service = service_of(request.headers.get("Authorization", ""), request.query_string)
        action = action_of(request.headers.get("X-Amz-Target", ""), body)
        fault = self._plan.decide(service, action, request.method)
        if fault == "unavailable":
            return web.Response(status=_UNAVAILABLE, body=_SLOW_DOWN)
        if fault == "swallow":
            return web.json_response(_deleted(body), content_type="application/x-amz-json-1.0")
        if fault in {"refuse", "cut_request"}:
            return self._hang_up(request)
        if fault == "twice":
            late = asyncio.create_task(self._again(request, body))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
        try:
            status, headers, answer = await self._ask(request, body)
        except (ClientError, TimeoutError, OSError):
            return web.Response(status=_BAD_GATEWAY)
        if fault == "cut_answer" and answer:
            return await self._cut(request, status, headers, answer)
        if request.method == "HEAD":
            headers["Content-Length"] = headers.pop("X-Upstream-Length", "0")
        else:
            headers.pop("X-Upstream-Length", None)
        return web.Response(status=status, headers=headers, body=answer)

    async def _ask(self, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._session is None:
            raise RuntimeError("not started")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        url = URL(self._upstream + request.raw_path, encoded=True)
        async with self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
            kept["X-Upstream-Length"] = answer.headers.get("Content-Length", "0")
            return answer.status, kept, await answer.read()

    async def _again(self, request: web.Request, body: bytes) -> None:
        await asyncio.sleep(self._plan.late())
        try:
            await self._ask(request, body)
        except (ClientError, TimeoutError, OSError):
            return  # A copy that does not come is no fault.

    def _hang_up(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _cut(
        self, request: web.Request, status: int, headers: dict[str, str], answer: bytes
    ) -> web.StreamResponse:
        """Promise the whole answer and send half of it."""
        headers.pop("X-Upstream-Length", None)
        cut = web.StreamResponse(status=status, headers=headers)
        cut.content_length = len(answer)
        await cut.prepare(request)
        await cut.write(answer[: len(answer) // 2])
        self._hang_up(request)
        return cut


def _deleted(body: bytes) -> dict[str, Any]:
    """Return what SQS answers when all that was asked for is deleted."""
    entries = json.loads(body).get("Entries", [])
    return {"Successful": [{"Id": entry["Id"]} for entry in entries]} if entries else {}


def main() -> None:
    """Serve until SIGTERM as ``PROXY_PORT``, ``PROXY_UPSTREAM`` and ``PROXY_SEED`` configure."""
    proxy = FaultProxy(os.environ["PROXY_UPSTREAM"], Plan(int(os.environ["PROXY_SEED"])))
    port = int(os.environ["PROXY_PORT"])
    web.run_app(proxy.application(), host="127.0.0.1", port=port, print=None, access_log=None)


def rates_json(rates: Rates) -> bytes:
    """Return the body of ``PUT /_faults``."""
    return json.dumps(rates.__dict__).encode()


if __name__ == "__main__":
    main()

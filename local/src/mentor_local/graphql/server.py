"""The local GraphQL server: in a thread of a test, or as a process of the local stack."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from mentor_local.graphql.app import Dependencies, create_app
from mentor_local.graphql.auth import Authenticator
from mentor_local.graphql.context import Pause, Pauses
from mentor_local.graphql.faults import Faults, Mode, complete
from mentor_local.graphql.seed import seed
from mentor_local.graphql.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mentor_common.clock import Clock

_log = logging.getLogger(__name__)
_DRAIN_SECONDS = 5.0
_POLL_SECONDS = 0.01  # how long a stop may go unnoticed


class GraphQLServer:
    """A GraphQL server that keeps mentor-graphql's contract. A context manager.

    Parameters
    ----------
    jwt_secret, api_secret
        The HS256 key of user tokens, and the token of services.
    host, port
        Where to listen; port 0 is any free one.
    database
        File of the database, ``":memory:"`` to forget it; an empty one is seeded.

    Attributes
    ----------
    store
        The database, to fill and to look into.
    """

    def __init__(
        self,
        *,
        jwt_secret: str,
        api_secret: str,
        static_url_base: str,
        host: str = "127.0.0.1",
        port: int = 0,
        database: Path | str = ":memory:",
        clock: Clock | None = None,
    ) -> None:
        self.store = Store(database, clock)
        seed(self.store)
        self._pauses = Pauses()
        authenticator = Authenticator(self.store, jwt_secret=jwt_secret, api_secret=api_secret)
        app = create_app(Dependencies(self.store, authenticator, static_url_base, self._pauses))
        self._faults = Faults(app.wsgi_app)
        self._in_flight = _InFlight(self._faults)
        self._http = ThreadedWSGIServer(host, port, self._in_flight, _Handler)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(_POLL_SECONDS,), name="graphql", daemon=True
        )

    @property
    def url(self) -> str:
        """URL of GraphQL, without a slash at the end."""
        return f"http://{self._http.host}:{self._http.server_port}/graphql"

    def start(self) -> None:
        """Begin to serve; the port listens since construction, so nothing has to be awaited."""
        self._thread.start()
        _log.info("GraphQL at %s", self.url)

    def stop(self) -> None:
        """Stop listening, let requests under way end, close the database."""
        self._faults.stop()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._in_flight.drain(_DRAIN_SECONDS)
        self.store.close()

    def set_fault(self, mode: Mode | None, *, seconds: float = 0, match: str | None = None) -> None:
        """Fail every request from now on; ``None`` ends it. See `Faults`."""
        self._faults.set_fault(mode, seconds=seconds, match=match)

    def fail_next(
        self, count: int, mode: Mode, *, seconds: float = 0, match: str | None = None
    ) -> None:
        """Fail the next ``count`` requests. See `Faults`."""
        self._faults.fail_next(count, mode, seconds=seconds, match=match)

    def hold(self, mutation: str) -> AbstractContextManager[Pause]:
        """Stop the next call of ``mutation`` between its read and its write. See `Pauses`."""
        return self._pauses.hold(mutation)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()


class _InFlight:
    """Counts requests under way, so that the database is not closed under them."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._changed = threading.Condition()
        self._count = 0

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with self._changed:
            self._count += 1
        try:
            return complete(self._application(environ, start))
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def drain(self, timeout: float) -> None:
        """Wait until nothing is under way, ``timeout`` seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, timeout)


class _Handler(WSGIRequestHandler):
    """Answers at once, logs through ``logging`` and ends a dropped connection for good."""

    # Head and body are two packets; Nagle would hold the second back for 40 ms.
    disable_nagle_algorithm = True

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Close: the base class would wait for the next request while the client waits for us."""
        del error, environ
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- werkzeug's name
        """Log requests as details and failures as failures."""
        _log.log(logging.DEBUG if type == "info" else logging.ERROR, message, *args)

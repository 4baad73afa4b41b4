"""Web servers of tests, in a thread of this process."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import HTTPServer

_POLL_SECONDS = 0.01
"""How soon a server notices that it is to end."""


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serve as long as the context lasts, under the URL that is given; close the server then."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

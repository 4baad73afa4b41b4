"""The connection on which a request has come."""

from __future__ import annotations

import select
import socket

from flask import request


def has_left() -> bool:
    """Return whether the client of this request has closed its connection.

    Only gunicorn shows the connection; without it nobody leaves.
    """
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    if connection is None:
        return False
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    try:
        return bool(poll.poll(0)) and not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True

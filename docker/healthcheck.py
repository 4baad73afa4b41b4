"""Exit 0 if the process of this container is alive: one of its two ports answers ``/livez``.

An image may run the api's web process or a worker; each listens on a port of its own.
"""

import os
import sys
import urllib.request

PORTS = (os.environ.get("HEALTH_PORT", "8080"), os.environ.get("WEB_PORT", "8000"))


def alive(port: str) -> bool:
    """Return whether the process on ``port`` says that it is alive."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=3):
            return True  # what is not a success raises
    except OSError:
        return False


sys.exit(not any(alive(port) for port in PORTS))

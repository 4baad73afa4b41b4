"""A process to supervise: `stand_in.py PORT JOURNAL [OPTION ...]`.

Serves 200 on PORT and writes `NAME up` and `NAME down` into JOURNAL. Options: `deaf` ignores
SIGTERM, `parent` starts a child that holds its output open in a session of its own and dies.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Never


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main(port: int, journal: Path, options: list[str]) -> None:
    name = os.environ["NAME"]

    def note(text: str) -> None:
        with journal.open("a") as file:
            file.write(f"{name} {text}\n")

    def down(*_: object) -> Never:
        note("down")
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in options else down)
    if "parent" in options:
        child = subprocess.Popen(["sleep", "30"], start_new_session=True)
        note(f"child {child.pid}")
        sys.exit(3)
    note("up")
    print(f"{name} says hello", flush=True)
    HTTPServer(("127.0.0.1", port), Ready).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])

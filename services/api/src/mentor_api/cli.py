"""The command line of the api's two processes; each imports only what it is made of itself."""

from __future__ import annotations

import argparse

from mentor_api.settings import IngestSettings, WebSettings
from mentor_common.process import process
from mentor_common.settings import describe, load
from mentor_common.work.main import (
    CHECK_WIRING,
    argument_of_preflight,
    arguments_of_worker,
    run_worker,
)


def main() -> int:
    """Run one of the api's processes; return the exit status."""
    parser = argparse.ArgumentParser(prog="mentor_api")
    processes = parser.add_subparsers(dest="process", required=True)
    web = processes.add_parser("web")
    web.add_argument("--check-config", action="store_true")
    web.add_argument("--check-wiring", action="store_true", help=CHECK_WIRING)
    argument_of_preflight(web)
    arguments_of_worker(processes.add_parser("ingest"))
    arguments = parser.parse_args()
    return _web(arguments) if arguments.process == "web" else _ingest(arguments)


def _ingest(arguments: argparse.Namespace) -> int:
    from mentor_api.ingest import build  # noqa: PLC0415 -- of this process only

    return run_worker("api-ingest", IngestSettings, build, arguments)


def _web(arguments: argparse.Namespace) -> int:
    from mentor_api import bootstrap  # noqa: PLC0415 -- of this process only
    from mentor_api.http.preflight import run_preflight  # noqa: PLC0415 -- as above
    from mentor_api.http.server import NAME, Server  # noqa: PLC0415 -- as above

    settings = load(WebSettings)
    if arguments.check_config:
        print(describe(settings))  # noqa: T201 -- what was asked for
        return 0
    with process(NAME, settings):
        server = Server(settings, bootstrap.web)
        if arguments.preflight is not None:
            return run_preflight(server.load(), settings, arguments.preflight)
        if arguments.check_wiring:
            server.check()
        else:
            server.run()
    return 0

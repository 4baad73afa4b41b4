"""``python -m mentor_api web`` and ``python -m mentor_api ingest``."""

from __future__ import annotations

import argparse
import asyncio
import os
from functools import partial

from mentor_api import bootstrap
from mentor_api.settings import IngestSettings, WebSettings
from mentor_api.web import Server
from mentor_common import errorreports, failpoints
from mentor_common.consumer import run
from mentor_common.logs import configure
from mentor_common.settings import describe, load


def main() -> None:
    """Run one of the api's processes, or with ``--check-config`` only print its settings."""
    parser = argparse.ArgumentParser(prog="mentor_api")
    parser.add_argument("process", choices=("web", "ingest"))
    parser.add_argument("--check-config", action="store_true")
    arguments = parser.parse_args()
    failpoints.arm(os.environ)
    if arguments.check_config:
        wanted = WebSettings if arguments.process == "web" else IngestSettings
        print(describe(load(wanted)))  # noqa: T201 -- what was asked for
    elif arguments.process == "web":
        web_settings = load(WebSettings)
        configure("api-web", level=web_settings.log_level, style=web_settings.log_format)
        errorreports.start("api-web", web_settings)
        Server(web_settings).run()
    else:
        settings = load(IngestSettings)
        configure("api-ingest", level=settings.log_level, style=settings.log_format)
        errorreports.start("api-ingest", settings)
        asyncio.run(run("api-ingest", settings, partial(bootstrap.ingest, settings)))


if __name__ == "__main__":
    main()

"""Run the local GraphQL server: ``python -m mentor_local.graphql``, settings in the environment."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from pydantic import ValidationError

from mentor_local.graphql.server import GraphQLServer
from mentor_local.graphql.settings import GraphQLServerSettings


def main() -> int:
    """Serve until SIGTERM or SIGINT. Return the exit code: 0, or 2 for wrong settings."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    try:
        settings = GraphQLServerSettings()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings.graphql_db.parent.mkdir(parents=True, exist_ok=True)
    with GraphQLServer(
        jwt_secret=settings.jwt_secret.get_secret_value(),
        api_secret=settings.api_secret.get_secret_value(),
        static_url_base=settings.static_url_base,
        host=settings.graphql_host,
        port=settings.graphql_port,
        database=settings.graphql_db,
    ):
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

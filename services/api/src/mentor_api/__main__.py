"""``python -m mentor_api web`` and ``python -m mentor_api ingest``."""

from __future__ import annotations

import sys

from gevent import monkey

from mentor_api.http import multiprocess_metrics


def main() -> int:
    """Run one of the api's processes; return the exit status."""
    if sys.argv[1:2] == ["web"]:
        if not any(argument.startswith(("--check", "--preflight")) for argument in sys.argv):
            monkey.patch_all()  # a check serves nobody, and may be one of several in its process
        multiprocess_metrics.enable()
    # It imports what must find gevent's sockets and threads, and the directory of metrics.
    from mentor_api import cli  # noqa: PLC0415 -- not before the lines above

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())

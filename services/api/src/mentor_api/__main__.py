"""``python -m mentor_api web`` and ``python -m mentor_api ingest``."""

from __future__ import annotations

import sys

from mentor_api.http import multiprocess_metrics


def main() -> int:
    """Run one of the api's processes; return the exit status."""
    if sys.argv[1:2] == ["web"]:
        multiprocess_metrics.enable()
    # The metrics library looks for the directory when it is imported.
    from mentor_api import cli  # noqa: PLC0415 -- not before the line above

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())

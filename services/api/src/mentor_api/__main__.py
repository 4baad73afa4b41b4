"""``python -m mentor_api web`` and ``python -m mentor_api ingest``."""

from __future__ import annotations

import sys

from mentor_api.http.multiprocess_metrics import count_together


def main() -> int:
    """Run one of the api's processes; return the exit status."""
    if sys.argv[1:2] == ["web"]:
        count_together()
    # Metrics find out when they are imported whether several processes count together.
    from mentor_api import cli  # noqa: PLC0415 -- not before the line above

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())

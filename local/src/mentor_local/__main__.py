"""``python -m mentor_local run`` and ``python -m mentor_local demo [VIDEO]``."""

from __future__ import annotations

import runpy
import sys

from mentor_local import stack

USAGE = """usage: python -m mentor_local run            start the local stack in the foreground
       python -m mentor_local demo [VIDEO]   upload a video and show its way through the stack"""


def main(arguments: list[str]) -> int:
    """Do what the first argument says and return the exit code."""
    match arguments:
        case ["run"]:
            return stack.run()
        case ["demo", *rest]:
            sys.argv = ["mentor_local.demo", *rest]
            runpy.run_module("mentor_local.demo", run_name="__main__")
            return 0
        case ["-h" | "--help"]:
            print(USAGE)
            return 0
        case _:
            print(USAGE, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The local tools' command line: ``run``, ``demo``, ``seed`` …, and what containers start."""

from __future__ import annotations

import json
import os
import runpy
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn

from mentor_local import stack
from mentor_local.config import Config
from mentor_local.emulator import emulator_command, emulator_environment
from mentor_local.home import Secrets
from mentor_local.provision import provision

USAGE = """usage: python -m mentor_local run            start the local stack in the foreground
       python -m mentor_local demo [VIDEO]   upload a video and show its way through the stack
       python -m mentor_local seed           fill the running stack with things to try
       python -m mentor_local observe        measure the running stack until Ctrl-C; dashboards
       python -m mentor_local load [UPLOADS] many uploads through the running stack
       python -m mentor_local emulator PORT  the AWS emulator alone, on all addresses, kept in /data
       python -m mentor_local provision URL  apply infra/stage to the emulator at URL
       python -m mentor_local endpoints      what docker/compose.yaml's stack offers, as JSON"""

_DATA = Path("/data")


def main(arguments: list[str]) -> int:
    """Do what the first argument says and return the exit code."""
    match arguments:
        case ["run"]:
            return stack.run()
        case ["demo", *rest]:
            sys.argv = ["mentor_local.demo", *rest]
            runpy.run_module("mentor_local.demo", run_name="__main__")
        case ["seed"]:
            from mentor_local import seeding  # noqa: PLC0415 -- `run` needs none of these

            return seeding.main()
        case ["load", *rest]:
            from mentor_local import load  # noqa: PLC0415 -- as above

            return load.main(rest)
        case ["observe"]:
            from mentor_local.observe import prometheus  # noqa: PLC0415 -- as above

            return prometheus.main()
        case ["emulator", port]:
            _become_emulator(int(port))
        case ["provision", url]:
            print(json.dumps(asdict(provision(url)), indent=2))
        case ["endpoints"]:
            print(json.dumps(_compose_endpoints(), indent=2))
        case ["-h" | "--help"]:
            print(USAGE)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


def _become_emulator(port: int) -> NoReturn:
    """Go on as the emulator's process, so that signals reach it."""
    command = emulator_command()
    # In a container the callers come from other containers.
    environment = emulator_environment(port, _DATA, persist=True) | {"BIND_HOST": "0.0.0.0"}  # noqa: S104 -- the container's own network
    os.execve(command[0], command, environment)  # noqa: S606 -- no shell is wanted
    return None


def _compose_endpoints() -> dict[str, str]:
    """Return what a browser beside the containers needs; they publish the default ports."""
    inside = provision(os.environ["AWS_ENDPOINT_URL"])
    outside = replace(inside, endpoint=os.environ["S3_PUBLIC_ENDPOINT_URL"])
    secrets = Secrets(os.environ["JWT_SECRET"], os.environ["API_SECRET"])
    return stack.endpoints(Config(Path(), 8000, None), secrets, outside)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

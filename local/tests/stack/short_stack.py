"""`python short_stack.py`: the stack as `make run` starts it, with web servers for services."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mentor_local import stack
from mentor_local.config import Config
from mentor_local.process import ProcessSpec

if TYPE_CHECKING:
    from mentor_local.home import Home, Secrets
    from mentor_local.provision import Stack


def command(port: int) -> tuple[str, ...]:
    return sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)


def web_servers(config: Config) -> tuple[ProcessSpec, ...]:
    ports = {"api": config.port("api"), "notifier": config.port("notifier")}
    return tuple(
        ProcessSpec(
            name=name,
            command=command(port),
            environment=stack.base_environment(),
            ready_url=f"http://127.0.0.1:{port}/",
            tier=stack.Tier.API,
        )
        for name, port in ports.items()
    )


def service_specs(
    config: Config,
    home: Home,  # noqa: ARG001 -- the signature of what it stands in for
    secrets: Secrets,  # noqa: ARG001
    stack: Stack,  # noqa: ARG001
) -> tuple[ProcessSpec, ...]:
    return web_servers(config)


if __name__ == "__main__":
    known = stack.commands()
    known |= {spec.name: spec.command for spec in web_servers(Config.from_environment())}
    stack.service_specs = service_specs
    stack.commands = lambda: known
    sys.exit(stack.run())

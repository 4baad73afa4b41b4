"""The real stack with two of each worker, its AWS behind the fault proxy, its GraphQL in hand."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from mentor_local import stack as local_stack
from mentor_local.chaos.proxy import rates_json
from mentor_local.graphql.server import GraphQLServer
from mentor_local.home import Home
from mentor_local.process import ProcessSpec
from mentor_local.provision import Stack, provision, service_environment
from mentor_local.supervisor import Supervisor
from mentor_local.ui import UploadUI

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mentor_local.chaos.faults import Rates
    from mentor_local.config import Config
    from mentor_local.console import Console

TWICE = ("transcoder", "transcriber", "notifier")
"""Workers of which there are two: a stopped one must not be the only one."""
_PROXY_OFFSET = 10
_SECOND_OFFSET = 11


@dataclass
class ChaosStack:
    """The stack under faults.

    ``specs`` has the product's processes by name, ``pids`` those that run.
    """

    config: Config
    home: Home
    aws: Stack
    graphql: GraphQLServer
    ui: UploadUI
    api_secret: str
    specs: Mapping[str, ProcessSpec]
    proxy_url: str
    pids: dict[str, int] = field(default_factory=dict)

    def set_rates(self, rates: Rates) -> None:
        """Set what the fault proxy does from now on."""
        requests.put(
            f"{self.proxy_url}/_faults", data=rates_json(rates), timeout=10
        ).raise_for_status()

    def injected(self) -> dict[str, int]:
        """Return what the fault proxy did."""
        return dict(requests.get(f"{self.proxy_url}/_faults", timeout=10).json())


@asynccontextmanager
async def chaos_stack(config: Config, console: Console, seed: int) -> AsyncIterator[ChaosStack]:
    """Start everything and stop it in order at the end."""
    home = Home(config.home)
    pids: dict[str, int] = {}

    def record(running: Mapping[str, int]) -> None:
        pids.clear()
        pids.update(running)

    supervisor = Supervisor(console, record)
    secrets = home.secrets()
    try:
        await supervisor.start([local_stack.emulator_spec(config, home)])
        aws = await asyncio.to_thread(provision, config.emulator_url)
        # This program's own clients go straight to the emulator.
        own = service_environment(aws, "api")
        os.environ.update({k: v for k, v in own.items() if k.startswith("AWS_")})
        proxy = _proxy_spec(config, seed)
        await supervisor.start([proxy])
        with GraphQLServer(
            jwt_secret=secrets.jwt_secret,
            api_secret=secrets.api_secret,
            static_url_base=aws.static_url_base,
            port=config.port("graphql"),
            database=home.graphql_database,
        ) as graphql:
            offered = local_stack.endpoints(config, secrets, aws)
            specs = _services(config, home, local_stack.service_specs(config, home, secrets, aws))
            await supervisor.start(specs)
            ui = UploadUI(config.api_url, graphql.url, offered["token"])
            by_name = {spec.name: spec for spec in specs}
            proxy_url = f"http://localhost:{config.port_base + _PROXY_OFFSET}"
            yield ChaosStack(
                config, home, aws, graphql, ui, secrets.api_secret, by_name, proxy_url, pids
            )
            await supervisor.stop()
    finally:
        await supervisor.stop()


def _proxy_spec(config: Config, seed: int) -> ProcessSpec:
    port = config.port_base + _PROXY_OFFSET
    return ProcessSpec(
        name="proxy",
        command=(sys.executable, "-m", "mentor_local.chaos.proxy"),
        environment=local_stack.base_environment()
        | {
            "PROXY_PORT": str(port),
            "PROXY_UPSTREAM": config.emulator_url,
            "PROXY_SEED": str(seed),
        },
        ready_url=f"http://127.0.0.1:{port}/_faults/health",
        tier=local_stack.Tier.GRAPHQL,
    )


def _services(config: Config, home: Home, specs: tuple[ProcessSpec, ...]) -> list[ProcessSpec]:
    """Send every service through the proxy and give some a second process."""
    proxy_url = f"http://localhost:{config.port_base + _PROXY_OFFSET}"
    through = {
        "AWS_ENDPOINT_URL": proxy_url,
        "GRAPHQL_ENDPOINT": config.graphql_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",  # nobody keeps traces here
    }
    ours = [
        dataclasses.replace(spec, environment={**spec.environment, **through}) for spec in specs
    ]
    for number, spec in enumerate([one for one in ours if one.name in TWICE]):
        name, port = f"{spec.name}-2", config.port_base + _SECOND_OFFSET + number
        own = {"HEALTH_PORT": str(port), "WORK_DIR": str(home.work_folder(name))}
        ours.append(
            dataclasses.replace(
                spec,
                name=name,
                environment={**spec.environment, **own},
                ready_url=f"http://127.0.0.1:{port}/readyz",
            )
        )
    return ours

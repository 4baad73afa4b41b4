"""The local stack: its processes, their environments, and its life from start to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from enum import IntEnum

import jwt

from mentor_local.config import WORKERS, Config, ConfigError
from mentor_local.console import Console
from mentor_local.emulator import EmulatorError, emulator_command, emulator_environment
from mentor_local.emulator.process import ACCESS_KEY, REGION, SECRET_KEY
from mentor_local.graphql import seed
from mentor_local.home import Home, HomeBusyError, Secrets
from mentor_local.leftovers import LEFTOVERS_SECONDS, PortTakenError, check_ports, end_leftovers
from mentor_local.process import ProcessSpec
from mentor_local.provision import (
    SERVICES,
    ProvisionError,
    Stack,
    provision,
    service_credentials,
    service_environment,
)
from mentor_local.supervisor import Supervisor

_TOKEN_SECONDS = 90 * 86400
_WORKER_GRACE_SECONDS = 30.0  # more than the grace the consumer gives its own handlers
_SAME_SIGNAL_SECONDS = 1.0
_API_COMMANDS = {"api": "web", "ingest": "ingest"}


class Tier(IntEnum):
    """The order in which processes stop, the highest first: none loses what it still needs."""

    OBSERVE = -1  # last spans are sent in the end
    EMULATOR = 0
    GRAPHQL = 1
    API = 2
    WORKER = 3


def base_environment() -> dict[str, str]:
    """Return the environment that every process inherits: all but the user's own AWS settings."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    local = "localhost,127.0.0.1"
    return inherited | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": local,
        "no_proxy": local,
        "PYTHONUNBUFFERED": "1",
        # Short long-polls: Ctrl-C need not wait 20 s for the last one.
        "RECEIVE_WAIT_SECONDS": "2",
        "LOG_FORMAT": os.environ.get("LOG_FORMAT") or "console",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "INFO",
    }


def emulator_spec(config: Config, home: Home) -> ProcessSpec:
    """Return the emulator; after a restart of it the template is applied again."""
    return ProcessSpec(
        name="emulator",
        command=emulator_command(),
        environment=emulator_environment(config.port("emulator"), home.emulator, persist=True),
        ready_url=f"http://127.0.0.1:{config.port('emulator')}/_ministack/health",
        tier=Tier.EMULATOR,
        on_restart=lambda: provision(config.emulator_url),
    )


def graphql_spec(config: Config, home: Home, secrets: Secrets, stack: Stack) -> ProcessSpec:
    """Return the local GraphQL server."""
    return ProcessSpec(
        name="graphql",
        command=(sys.executable, "-m", "mentor_local.graphql"),
        environment=base_environment()
        | {
            "GRAPHQL_HOST": "127.0.0.1",
            "GRAPHQL_PORT": str(config.port("graphql")),
            "GRAPHQL_DB": str(home.graphql_database),
            "JWT_SECRET": secrets.jwt_secret,
            "API_SECRET": secrets.api_secret,
            "STATIC_URL_BASE": stack.static_url_base,
        },
        ready_url=f"http://127.0.0.1:{config.port('graphql')}/healthz",
        tier=Tier.GRAPHQL,
    )


def observe_spec(config: Config, home: Home) -> ProcessSpec:
    """Return the process that keeps traces and serves the page that shows them."""
    return ProcessSpec(
        name="observe",
        command=(sys.executable, "-m", "mentor_local.observe"),
        environment=base_environment()
        | {
            "OBSERVE_PORT": str(config.port("observe")),
            "OBSERVE_DB": str(home.traces_database),
            "PROMETHEUS_URL": config.prometheus_url,
        },
        ready_url=f"{config.observe_url}/healthz",
        tier=Tier.OBSERVE,
    )


def service_specs(
    config: Config, home: Home, secrets: Secrets, stack: Stack
) -> tuple[ProcessSpec, ...]:
    """Return the product's own processes: the API's web process and all workers.

    Each has keys of its own, with which it may do what its role may do on AWS and no more.
    """
    keys = {service: service_credentials(stack, service) for service in SERVICES}
    specs = []
    for name in ("api", *WORKERS):
        service = "api" if name in _API_COMMANDS else name
        port = config.port(name)
        own = {
            "GRAPHQL_ENDPOINT": config.graphql_url,
            "JWT_SECRET": secrets.jwt_secret,
            "API_SECRET": secrets.api_secret,
            "WORK_DIR": str(home.work_folder(name)),
            "HEALTH_HOST": "127.0.0.1",
            "HEALTH_PORT": str(config.port("ingest" if name == "api" else name)),
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(config.port("api")),
            "OTEL_EXPORTER_OTLP_ENDPOINT": config.observe_url,
            "TRACE_URL_TEMPLATE": f"{config.observe_url}/traces/{{trace_id}}",
            # One seeded mentor stands for everybody here, load tests included.
            "RATE_LIMIT_READS": "100000 per minute",
            "RATE_LIMIT_WRITES": "100000 per minute",
        } | _pages(config)
        specs.append(
            ProcessSpec(
                name=name,
                command=_service_command(name),
                environment=base_environment()
                | service_environment(stack, service)
                | keys[service]
                | own,
                ready_url=f"http://127.0.0.1:{port}/readyz",
                tier=Tier.API if name == "api" else Tier.WORKER,
                grace=_WORKER_GRACE_SECONDS,
            )
        )
    return tuple(specs)


def _pages(config: Config) -> dict[str, str]:
    """Return the settings of the pages: that they exist, and whom they sign in at a click.

    Nobody where the users are those of another GraphQL server.
    """
    shown = {"STUDIO_ENABLED": "true", "CONSOLE_ENABLED": "true"}
    if config.foreign_graphql is not None:
        return shown
    return shown | {
        "STUDIO_SIGN_IN_AS": f"{seed.SEED_OWNER_ID}/{seed.SEED_MENTOR_ID}",
        "CONSOLE_SIGN_IN_AS": seed.SEED_ADMIN_ID,
    }


def _service_command(name: str) -> tuple[str, ...]:
    if name in _API_COMMANDS:
        return sys.executable, "-m", "mentor_api", _API_COMMANDS[name]
    return sys.executable, "-m", f"mentor_{name}"


def commands() -> dict[str, tuple[str, ...]]:
    """Return the command of each process, by name."""
    return {
        "emulator": emulator_command(),
        "graphql": (sys.executable, "-m", "mentor_local.graphql"),
        "observe": (sys.executable, "-m", "mentor_local.observe"),
    } | {name: _service_command(name) for name in ("api", *WORKERS)}


def endpoints(config: Config, secrets: Secrets, stack: Stack) -> dict[str, str]:
    """Return the URLs, credentials and tokens with which other programs use the stack."""

    def token(user: str, role: str, mentors: list[str]) -> str:
        exp = int(time.time()) + _TOKEN_SECONDS
        claims = {"id": user, "role": role, "mentorIds": mentors, "exp": exp}
        return jwt.encode(claims, secrets.jwt_secret, algorithm="HS256")

    return {
        "api": config.api_url,
        "graphql": config.graphql_url,
        "s3": stack.endpoint,
        "static": stack.static_url_base,
        "aws_region": REGION,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
        "jwt_secret": secrets.jwt_secret,
        "api_secret": secrets.api_secret,
        "token": token(seed.SEED_OWNER_ID, "USER", [seed.SEED_MENTOR_ID]),
        "operator_token": token(seed.SEED_ADMIN_ID, "ADMIN", []),
        "mentor": seed.SEED_MENTOR_ID,
        "question": seed.SEED_QUESTION_ID,
        "user": seed.SEED_OWNER_ID,
    }


async def bring_up(config: Config, home: Home, supervisor: Supervisor, console: Console) -> None:
    """Start everything in the order of dependence and announce that it is up."""
    await supervisor.start([observe_spec(config, home), emulator_spec(config, home)])
    stack = await asyncio.to_thread(provision, config.emulator_url)
    secrets = home.secrets()
    if config.foreign_graphql is None:
        await supervisor.start([graphql_spec(config, home, secrets, stack)])
    services = service_specs(config, home, secrets, stack)
    for spec in services:
        own = {k: v for k, v in spec.environment.items() if os.environ.get(k) != v}
        home.write_environment(spec.name, own)
    await supervisor.start(services)
    home.write_endpoints(endpoints(config, secrets, stack) | {"observe": config.observe_url})
    console.note(f"traces on {config.observe_url}/traces; dashboards there with `make observe`")
    console.note(f"studio on {config.api_url}/studio, operator's console on {config.api_url}/ops")
    console.note(f"API on {config.api_url}, files on {stack.static_url_base}; Ctrl-C stops")
    console.bare("ready")


async def live(config: Config, home: Home, console: Console) -> int:
    """Run the stack until SIGINT, SIGTERM or SIGHUP; a second signal ends everything at once.

    Returns the exit code: 0 after a clean end, 1 when it could not be brought up.
    """
    supervisor = Supervisor(console, home.write_processes)
    asked = _asked_to_stop(supervisor)
    starting = asyncio.create_task(bring_up(config, home, supervisor, console))
    waiting = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait([starting, waiting], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await waiting
    except ProvisionError as error:
        console.note(str(error))
        return 1
    finally:
        home.remove_endpoints()
        starting.cancel()
        waiting.cancel()
        await asyncio.gather(starting, waiting, return_exceptions=True)
        await supervisor.stop()
    console.note("stopped")
    return 0


def _asked_to_stop(supervisor: Supervisor) -> asyncio.Event:
    """Return an event that a signal to stop sets; a later second signal ends all at once."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    impatient_from = 0.0

    def on_signal() -> None:
        nonlocal impatient_from
        if not asked.is_set():
            # `make` passes SIGTERM on to us, so a signal to the whole group arrives twice.
            impatient_from = loop.time() + _SAME_SIGNAL_SECONDS
            asked.set()
        elif loop.time() > impatient_from:
            supervisor.kill()

    # A script's `make run &` begins with SIGINT ignored and may still send it; nohup means it.
    loop.add_signal_handler(signal.SIGINT, on_signal)
    loop.add_signal_handler(signal.SIGTERM, on_signal)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, on_signal)
    return asked


def run() -> int:
    """Run the local stack in the foreground."""
    console = Console()
    try:
        config = Config.from_environment()
        home = Home(config.home)
        with home.locked():
            home.remove_endpoints()
            ended = end_leftovers(home.read_processes(), commands())
            for name in ended:
                console.note(f"ended {name}, left behind by a stack that was killed")
            check_ports(config.ports, seconds=LEFTOVERS_SECONDS if ended else 0)
            return asyncio.run(live(config, home, console))
    except (ConfigError, EmulatorError, HomeBusyError, PortTakenError) as error:
        print(f"mentor-upload: {error}", file=sys.stderr)
        return 1

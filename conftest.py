"""Fixtures for all tests: the emulator, the local GraphQL server, and identities.

One emulator serves a whole test run, or a whole worker of one. A test that counts messages asks for
``cloud``, which empties it; a test that only needs a jobs table takes ``table`` and new ids.
"""

from __future__ import annotations

import gc
import itertools
import os
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import structlog
from hypothesis import settings

from mentor_common.graphql import GraphQLClient
from mentor_common.jobs import AnswerKey, Table
from mentor_local.emulator import Emulator
from mentor_local.graphql.server import GraphQLServer
from mentor_local.provision import Stack, client, provision, service_environment
from ports import single_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest_plugins = ["tiers", "real_clips", "real_stack"]

# No deadline: it would measure the machine. The same examples in each run: who breaks something
# sees it, and nobody else; `make chaos` looks for what these examples do not show.
settings.register_profile("repository", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("repository")

JWT_SECRET = "jwt-secret-of-the-tests-with-enough-bytes"
API_SECRET = "api-secret-of-the-tests"


def pytest_configure() -> None:
    """Log errors with Python's own tracebacks; rich's, which structlog prefers, take half a second.

    Services choose their own when they start (``mentor_common.telemetry.logs``).
    """
    *others, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*others, plain])


def pytest_collection_finish() -> None:
    """Keep what collecting has made out of every later collection of garbage."""
    gc.collect()
    gc.freeze()


class Cloud:
    """The emulator with the template applied."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.stack: Stack = provision(emulator.endpoint)
        emulator.save_baseline()
        self._clients: dict[str, Any] = {}

    def client(self, name: str) -> Any:
        """Return a boto3 client of the emulator, as its root user."""
        if name not in self._clients:
            self._clients[name] = client(name, self.emulator.endpoint)
        return self._clients[name]

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment that a service gets, without GraphQL's part."""
        return service_environment(self.stack, service)

    def empty(self) -> None:
        """Forget everything that happened since the template was applied."""
        self.emulator.restore_baseline()


@pytest.fixture(scope="session")
def _session_cloud() -> Iterator[Cloud]:
    with Emulator() as emulator, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        cloud = Cloud(emulator)
        for name, value in cloud.environment("api").items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield cloud


@pytest.fixture
def cloud(_session_cloud: Cloud) -> Cloud:
    """The emulator, empty but for the template."""
    _session_cloud.empty()
    return _session_cloud


@pytest.fixture(scope="session")
def table(_session_cloud: Cloud) -> Table:
    """The jobs table, possibly with items of other tests."""
    return Table(_session_cloud.environment("api")["JOBS_TABLE_NAME"], "us-east-1")


@pytest.fixture
def static_url_base(_session_cloud: Cloud) -> str:
    """Return the base of public URLs, on which GraphQL resolves relative ones."""
    return _session_cloud.stack.static_url_base


@pytest.fixture
def graphql(static_url_base: str) -> Iterator[GraphQLServer]:
    """A freshly seeded GraphQL server that keeps mentor-graphql's contract."""
    with GraphQLServer(
        jwt_secret=JWT_SECRET, api_secret=API_SECRET, static_url_base=static_url_base
    ) as server:
        yield server


@pytest.fixture
def graphql_environment(graphql: GraphQLServer) -> dict[str, str]:
    """Return what a service needs to reach the GraphQL server."""
    return {"GRAPHQL_ENDPOINT": graphql.url, "API_SECRET": API_SECRET, "JWT_SECRET": JWT_SECRET}


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Return a function that finds a port nobody listens on; none is given out twice."""
    ports = itertools.cycle(single_ports())

    def find() -> int:
        for port in ports:
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
        raise AssertionError("an endless range has ended")

    return find


@pytest.fixture(scope="session")
def deploy_tools() -> Path:
    """The folder of the tools that judge manifests and templates; whoever runs one asks for it."""
    tools = Path(__file__).parent / ".venv-deploy" / "bin"
    assert tools.is_dir(), "no tools for deployments here: run `make test`, which installs them"
    return tools


@pytest.fixture
def object_id() -> Any:
    """Return a function that makes up 24-hex ids."""
    return lambda: secrets.token_hex(12)


@pytest.fixture
def answer_key() -> AnswerKey:
    """An answer that no other test knows."""
    return AnswerKey(secrets.token_hex(12), secrets.token_hex(12))


@pytest.fixture
def make_token() -> Any:
    """Return a function that signs a token for a user id; keywords change or drop claims."""

    def make(user: str, **changes: Any) -> str:
        claims: dict[str, Any] = {
            "id": user,
            "role": "USER",
            "mentorIds": [],
            "exp": int(time.time()) + 900,
        }
        claims |= changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, JWT_SECRET, algorithm="HS256")

    return make


@pytest.fixture
def graphql_client(graphql_environment: dict[str, str]) -> GraphQLClient:
    """A client of the local GraphQL server."""
    from mentor_common.settings import GraphQLSettings  # noqa: PLC0415 -- read from a changed environment

    return GraphQLClient(
        GraphQLSettings(
            graphql_endpoint=graphql_environment["GRAPHQL_ENDPOINT"],
            api_secret=graphql_environment["API_SECRET"],
            graphql_timeout_seconds=5,
        )
    )

"""The API with all its routes and pages, the local GraphQL server, and no AWS at all."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from inspect import unwrap
from typing import TYPE_CHECKING, Any
from unittest import mock

import boto3
import botocore.client
import jwt
import requests
from botocore.exceptions import EndpointConnectionError
from pydantic import SecretStr

from error_texts.table import ACCEPTED, outcome
from error_texts.valid import VALID
from error_texts.wrong import changes
from mentor_api import bootstrap
from mentor_api.http.operations import operations_of
from mentor_api.openapi.__main__ import offline_settings
from mentor_common.aws import clients
from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_FOREIGN_USER_ID,
    SEED_MENTOR_ID,
    SEED_OWNER_ID,
)
from mentor_local.graphql.server import GraphQLServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

    from error_texts.request import Request
    from error_texts.table import Name
    from mentor_api.http.operations import Operation

_SECRET = "a-secret-of-the-tests-that-is-long-enough"
_NEVER = "1000000 per minute"


@dataclass
class Served:
    """The API in this process, and the calls that it made of AWS, which is down."""

    app: Flask
    client: FlaskClient
    tokens: dict[str, str]
    aws_calls: list[str]

    @property
    def operations(self) -> dict[str, Operation]:
        """Every operation by its route."""
        return {f"{method} {path}": one for method, path, one in operations_of(self.app)}

    def ask(self, request: Request) -> dict[str, Any]:
        """Return what a row says of the answer; a request that came as far as AWS is accepted.

        Raises
        ------
        AssertionError
            A refusal after a call of AWS: what is wrong in a request is found before.
        """
        self.aws_calls.clear()
        response = request.send(self.client, self.tokens)
        if self.aws_calls and response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            return ACCEPTED
        if self.aws_calls:
            raise AssertionError(f"{response.status} came after {self.aws_calls}")
        return outcome(response)

    def changes(self, route: str) -> dict[Name, Any]:
        """Return every change that applies to a route."""
        return changes(VALID[route], self.operations[route].max_body)


@contextmanager
def served(**settings: Any) -> Iterator[Served]:
    """Serve the API with changed settings."""
    calls: list[str] = []

    def call(_client: Any, operation: str, _parameters: Any) -> Any:
        calls.append(operation)
        raise EndpointConnectionError(endpoint_url="nowhere")

    unsigned = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
    with (
        mock.patch.dict(os.environ, unsigned),
        mock.patch.object(boto3, "DEFAULT_SESSION", None),  # it would keep these keys
        mock.patch.object(clients, "session", unwrap(clients.session)),  # as would this
        mock.patch.object(botocore.client.BaseClient, "_make_api_call", call),
        mock.patch.object(requests.adapters.HTTPAdapter, "send", _remembering()),
        GraphQLServer(
            jwt_secret=_SECRET, api_secret="none", static_url_base="http://localhost/"
        ) as graphql,
    ):
        chosen = {
            "graphql_endpoint": graphql.url,
            "jwt_secret": SecretStr(_SECRET),
            "stage": "local",
            "s3_public_endpoint_url": "http://localhost:1",
            "rate_limit_reads": _NEVER,
            "rate_limit_writes": _NEVER,
            "studio_enabled": True,
            "studio_sign_in_as": f"{SEED_OWNER_ID}/{SEED_MENTOR_ID}",
            "console_enabled": True,
            "console_sign_in_as": SEED_ADMIN_ID,
        } | settings
        app = bootstrap.web(offline_settings(**chosen))
        yield Served(app, app.test_client(), _tokens(), calls)


def _remembering() -> Any:
    """Return a way to send that asks GraphQL, where nothing changes, each question once."""
    known: dict[tuple[Any, ...], requests.Response] = {}
    send = requests.adapters.HTTPAdapter.send

    def remembered(self: Any, request: requests.PreparedRequest, **options: Any) -> Any:
        question = (request.url, request.body, request.headers.get("Authorization"))
        if question not in known:
            known[question] = send(self, request, **options)
        return known[question]

    return remembered


def _tokens() -> dict[str, str]:
    """Return an ``Authorization`` header for each caller, good or bad."""
    good: dict[str, Any] = {"role": "USER", "mentorIds": [], "exp": int(time.time()) + 3600}
    owner = good | {"id": SEED_OWNER_ID}

    def signed(claims: dict[str, Any], secret: str = _SECRET) -> str:
        return jwt.encode(claims, secret, algorithm="HS256")

    def without(name: str) -> dict[str, Any]:
        return {key: value for key, value in owner.items() if key != name}

    return {
        "owner": f"bearer {signed(owner)}",
        "admin": f"bearer {signed(good | {'id': SEED_ADMIN_ID, 'role': 'ADMIN'})}",
        "somebody else": f"bearer {signed(good | {'id': SEED_FOREIGN_USER_ID})}",
        "of another scheme": "Basic bm9ib2R5OnNlY3JldA==",
        "without a scheme": signed(owner),
        "no JWT": "bearer nonsense",
        "expired": f"bearer {signed(owner | {'exp': 1})}",
        "of another secret": f"bearer {signed(owner, 'x' * 40)}",
        "without exp": f"bearer {signed(without('exp'))}",
        "without id": f"bearer {signed(without('id'))}",
        "unsigned": f"bearer {jwt.encode(owner, None, algorithm='none')}",
    }

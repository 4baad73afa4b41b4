"""Bounds on the calls under way: refused at once, and given back whatever became of the call."""

from __future__ import annotations

from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import unwrap
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.aws import clients
from mentor_common.bulkhead import Bulkhead, exempt
from mentor_common.errors import DependencyDownError
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def table_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[int]]]:
    """A DynamoDB and the statuses of its next answers; 200 once there are none left."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(statuses.pop() if statuses else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAABCDEFGHIJKLMNOP")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(clients, "session", unwrap(clients.session))  # without cached keys
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url, statuses


def test_what_is_over_the_bound_is_refused_and_a_probe_is_not() -> None:
    bulkhead = Bulkhead("graphql", 1)
    with bulkhead.place():
        with pytest.raises(DependencyDownError, match="graphql: 1 calls wait"), bulkhead.place():
            pass
        with exempt(), bulkhead.place():
            pass
    with bulkhead.place():
        pass
    unbounded = Bulkhead("graphql", None)
    with unbounded.place(), unbounded.place():
        pass


def test_a_place_is_given_back_after_a_failure() -> None:
    bulkhead = Bulkhead("graphql", 1)
    with pytest.raises(ValueError, match="within"), bulkhead.place():
        raise ValueError("within")
    with bulkhead.place():
        pass


def test_calls_of_aws_hold_a_place_until_they_are_answered(
    table_server: tuple[str, list[int]],
) -> None:
    url, statuses = table_server
    client = clients.client("dynamodb", "us-east-1", endpoint_url=url, most_calls=1)
    refused = []

    def call_while_it_is_under_way(**_: Any) -> None:
        try:
            client.list_tables()
        except DependencyDownError as error:
            refused.append(str(error))

    client.meta.events.register("before-send.dynamodb.GetItem", call_while_it_is_under_way)
    for status in (200, 400, 200):
        statuses.append(status)
        with suppress(clients.AwsRefusedError):  # what 400 without a name is
            client.get_item(TableName="jobs", Key={"pk": {"S": "1"}})
    assert refused == ["dynamodb: 1 calls wait for its answer already"] * 3

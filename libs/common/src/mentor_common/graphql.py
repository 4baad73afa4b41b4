"""A thin client of mentor-graphql: bounded waits, few retries, errors by their kind.

Facts about the server that shape it: an error may come with HTTP 200, and an HTTP 500
with ``errors`` in its body is a refused query, not an outage.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import requests
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from mentor_common.bulkhead import Bulkhead
from mentor_common.errors import DependencyDownError
from mentor_common.events import CANARY
from mentor_common.failpoints import effect
from mentor_common.telemetry import tracing
from mentor_common.telemetry.graphql_calls import observed

if TYPE_CHECKING:
    from mentor_common.settings import GraphQLSettings

_CONNECT_SECONDS = 3.05
_CONNECTIONS = 32
_TRIES = 3
_RETRY_SECONDS = 10
_PAYLOAD_TOO_LARGE = 413
CREDENTIAL = """query Credential($mentor: ID!, $question: ID!) {
  uploadTask(mentorId: $mentor, questionId: $question) { transcript }
}"""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class GraphQLRefusedError(Exception):
    """The server understood and refused: ``messages`` says why.

    ``data`` holds what it answered all the same: fields of one request succeed independently.
    ``repeated`` says that an earlier try got no answer: a mutation may have been applied then.
    """

    repeated = False

    def __init__(self, messages: list[str], data: dict[str, Any] | None = None) -> None:
        super().__init__("; ".join(messages)[:500])
        self.messages = messages
        self.data = data or {}


class OutcomeUnknownError(Exception):
    """A mutation was sent and no answer came that makes sense: it may have been applied."""


class _RetryableError(Exception):
    """The request did not reach a server that works; trying again is safe."""


class GraphQLClient:
    """Sends documents to one endpoint. Thread-safe.

    ``most_calls`` is how many may be under way at once: one more is ``DependencyDownError``, and
    was not sent.
    """

    def __init__(self, settings: GraphQLSettings, most_calls: int | None = None) -> None:
        self._settings = settings
        self._local = threading.local()
        # Connections are shared; sessions are not safe to be (cookies).
        self._connections = HTTPAdapter(pool_maxsize=most_calls or _CONNECTIONS)
        self._calls = Bulkhead("graphql", most_calls)

    def as_service(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send with the service credential; see :meth:`_send` for errors."""
        secret = self._settings.api_secret.get_secret_value()
        headers = {"mentor-graphql-req": "true", "Authorization": f"bearer {secret}"}
        return self._send(document, variables, headers)

    def as_service_once(
        self, document: str, variables: dict[str, Any], timeout_seconds: float
    ) -> dict[str, Any]:
        """Send a mutation that must not be applied twice, over a connection of its own.

        Raises
        ------
        DependencyDownError
            The server was certainly not reached.
        OutcomeUnknownError
            It is unknown whether it was applied.
        GraphQLRefusedError
            The answer has ``errors``.
        """
        refused, unknown = GraphQLRefusedError, OutcomeUnknownError
        with observed(document, refused, unknown), self._calls.place():
            return self._send_once(document, variables, timeout_seconds)

    def _send_once(
        self, document: str, variables: dict[str, Any], timeout_seconds: float
    ) -> dict[str, Any]:
        secret = self._settings.api_secret.get_secret_value()
        headers = {
            "mentor-graphql-req": "true",
            "Authorization": f"bearer {secret}",
            "Content-Type": "application/json",
            **self._secret_header(),
            **_trace_headers(),
        }
        # Compact: what may grow to the server's limit must not be blown up on the way.
        body = json.dumps(
            {"query": document, "variables": variables}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        timeout = (_CONNECT_SECONDS, timeout_seconds)
        try:
            with effect("graphql.write"), requests.Session() as session:
                response = session.post(
                    self._settings.graphql_endpoint, data=body, headers=headers, timeout=timeout
                )
        except requests.RequestException as error:
            if _never_reached(error):
                raise DependencyDownError("graphql", type(error).__name__) from error
            raise OutcomeUnknownError(type(error).__name__) from error
        if response.status_code in {429, 503}:
            raise DependencyDownError("graphql", f"HTTP {response.status_code}")
        try:
            return _data_of(response)
        except DependencyDownError as error:
            raise OutcomeUnknownError(str(error)) from error

    def as_user(self, token: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send with a caller's token; see :meth:`_send` for errors."""
        return self._send(document, variables, {"Authorization": f"bearer {token}"})

    def probe(self) -> None:
        """Raise ``DependencyDownError`` unless the endpoint answers a query, without errors."""
        try:
            self.as_service("query Probe { __typename }", {})
        except GraphQLRefusedError as error:
            raise DependencyDownError("graphql", f"answers with errors: {error}") from error

    def check_credential(self) -> None:
        """Ask for the upload task of an answer that nobody has, which only the service may.

        Raises
        ------
        GraphQLRefusedError
            The service credential does not count.
        """
        try:
            self.as_service(CREDENTIAL, {"mentor": CANARY, "question": CANARY})
        except GraphQLRefusedError as error:
            why = f"the service credential (API_SECRET) does not count: {error}"
            raise GraphQLRefusedError([why]) from None

    def _send(
        self, document: str, variables: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any]:
        """Return the answer's ``data``.

        Raises
        ------
        DependencyDownError
            No answer in time, or none that makes sense. A mutation may have been applied.
        GraphQLRefusedError
            The answer has ``errors``.
        """
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_RetryableError),
            stop=tenacity.stop_after_attempt(_TRIES) | tenacity.stop_after_delay(_RETRY_SECONDS),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        refused, unknown = GraphQLRefusedError, OutcomeUnknownError
        with observed(document, refused, unknown), self._calls.place():
            try:
                response = retry(self._post, document, variables, headers | _trace_headers())
            except _RetryableError as error:
                raise DependencyDownError("graphql", str(error)) from error
            try:
                return _data_of(response)
            except GraphQLRefusedError as error:
                error.repeated = retry.statistics["attempt_number"] > 1
                raise

    def _post(
        self, document: str, variables: dict[str, Any], headers: dict[str, str]
    ) -> requests.Response:
        is_query = document.lstrip().startswith("query")
        try:
            with nullcontext() if is_query else effect("graphql.write"):
                response = self._session().post(
                    self._settings.graphql_endpoint,
                    json={"query": document, "variables": variables},
                    headers=headers | self._secret_header(),
                    timeout=(_CONNECT_SECONDS, self._settings.graphql_timeout_seconds),
                )
        except requests.ConnectTimeout as error:
            raise _RetryableError("connection timed out") from error
        except requests.Timeout as error:
            # Repeating a mutation that may still be running could overtake it.
            if is_query:
                raise _RetryableError("no answer in time") from error
            raise DependencyDownError("graphql", "no answer in time") from error
        except requests.RequestException as error:
            raise _RetryableError(type(error).__name__) from error
        if response.status_code in {502, 503, 504, 429}:
            raise _RetryableError(f"HTTP {response.status_code}")
        return response

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.mount("http://", self._connections)
            session.mount("https://", self._connections)
        return session

    def _secret_header(self) -> dict[str, str]:
        name, value = self._settings.secret_header_name, self._settings.secret_header_value
        return {name: value.get_secret_value()} if name and value else {}


def _trace_headers() -> dict[str, str]:
    """Return what lets the server's own spans join the trace."""
    traceparent = tracing.current_traceparent()
    return {"traceparent": traceparent} if traceparent else {}


def import_task_is_missing(error: GraphQLRefusedError) -> bool:
    """Return whether an import task could not be updated because the UI has deleted it."""
    return any("Failed to find import task" in message for message in error.messages)


def _never_reached(error: requests.RequestException) -> bool:
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _data_of(response: requests.Response) -> dict[str, Any]:
    if response.status_code == _PAYLOAD_TOO_LARGE:
        raise GraphQLRefusedError(["request body larger than GraphQL accepts (2 MB)"])
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise DependencyDownError("graphql", f"HTTP {response.status_code} without JSON")
    if _SURROGATE.search(response.content):
        # Half a character, which no table, object or event can hold.
        body = json.loads(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    data = body.get("data") or {}
    if errors := body.get("errors"):
        raise GraphQLRefusedError([str(error.get("message", error)) for error in errors], data)
    if not response.ok:
        raise DependencyDownError("graphql", f"HTTP {response.status_code}")
    return dict(data)

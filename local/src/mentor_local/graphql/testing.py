"""For tests and tools: user tokens, and a client that keeps status and body as they came."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import jwt
import requests

from mentor_local.graphql.auth import API_REQUEST_HEADER

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Reply:
    """One answer: the HTTP status and the JSON body."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The requested data; fails when there is none or when anything went wrong."""
        if self.status != requests.codes.ok or "errors" in self.body:
            raise AssertionError(f"HTTP {self.status}: {self.body}")
        return self.body["data"]

    @property
    def message(self) -> str:
        """The text of the first error."""
        text: str = self.body["errors"][0]["message"]
        return text


def user_token(jwt_secret: str, user_id: str, *, lifetime: float = 3600, **claims: Any) -> str:
    """Return a token with the claims of a login.

    ``lifetime`` is in seconds, negative for an expired one; ``claims`` are further or other ones.
    """
    now = int(time.time())
    payload = {"id": user_id, "role": "USER", "mentorIds": [], "iat": now, "exp": now + lifetime}
    return jwt.encode({**payload, **claims}, jwt_secret, algorithm="HS256")


def user_headers(jwt_secret: str, user_id: str, **claims: Any) -> dict[str, str]:
    """Return the headers with which a user's browser calls: a lower-case scheme and a token."""
    return {"Authorization": f"bearer {user_token(jwt_secret, user_id, **claims)}"}


def service_headers(api_secret: str) -> dict[str, str]:
    """Return the headers with which a service calls."""
    return {API_REQUEST_HEADER: "true", "Authorization": f"Bearer {api_secret}"}


class GraphQLClient:
    """Posts GraphQL with fixed headers."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        # The server is on this machine: no proxy of the environment has a say.
        self._session.trust_env = False

    def ask(self, query: str, /, **variables: Any) -> Reply:
        """Send ``query`` with ``variables``; return whatever comes."""
        response = self._session.post(
            self._url,
            json={"query": query, "variables": variables},
            timeout=_TIMEOUT_SECONDS,
        )
        return Reply(response.status_code, response.json())

"""Callers: a user by JWT, a service by API secret, or nobody. Never an HTTP error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt

from mentor_local.graphql.values import is_object_id

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

    from mentor_local.graphql.store import Store

API_REQUEST_HEADER = "mentor-graphql-req"


@dataclass(frozen=True)
class Caller:
    """An authenticated caller. A service has none of a user's fields, which some rules trip over.

    Parameters
    ----------
    user_id, role, mentor_ids
        Of the user's document, never of the token; ``None`` for a service.
    is_disabled
        Whether the account was disabled.
    """

    user_id: str | None = None
    role: str | None = None
    mentor_ids: tuple[str, ...] | None = None
    is_disabled: bool = False

    @property
    def name(self) -> str:
        """The user's id, or ``service``."""
        return self.user_id or "service"


SERVICE = Caller()


class Authenticator:
    """Turns request headers into a caller."""

    def __init__(self, store: Store, *, jwt_secret: str, api_secret: str) -> None:
        self._store = store
        self._jwt_secret = jwt_secret
        self._api_secret = api_secret

    def caller(self, headers: Headers) -> Caller | None:
        """Return who calls, ``None`` for nobody.

        The original would try a refresh cookie before it gives up. This server issues no such
        cookie, so there is none to try.
        """
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # The header alone chooses the strategy: the right token under the wrong one is nobody.
        if headers.get(API_REQUEST_HEADER):
            return SERVICE if token == self._api_secret else None
        return self._user(token)

    def _user(self, token: str) -> Caller | None:
        try:
            claims = jwt.decode(
                token,
                self._jwt_secret,
                algorithms=["HS256"],
                # Of all claims the original looks at the id and the expiry only.
                options={
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except jwt.InvalidTokenError:
            return None
        user_id = str(claims.get("id"))
        user = self._store.by_id("users", user_id.lower()) if is_object_id(user_id) else None
        if user is None:
            return None
        return Caller(
            user_id=user["_id"],
            role=user["userRole"],
            mentor_ids=tuple(user["mentorIds"]),
            is_disabled=bool(user["isDisabled"]),
        )

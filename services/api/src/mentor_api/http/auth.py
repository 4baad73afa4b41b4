"""The caller of a request, by the JWT of the ``Authorization`` header.

Rules of the contract: scheme ``bearer`` in any case, one blank, HS256 only, ``exp`` required,
claims ``id`` (5 to 60 characters), ``role``, ``mentorIds``. Of the registered claims (RFC 7519)
only ``exp`` and ``nbf`` decide anything, with some leeway, since clocks differ.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import jwt
from pydantic import BaseModel, StringConstraints, ValidationError

from mentor_api.http.problems import unauthorized

if TYPE_CHECKING:
    from jwt.types import Options

    from mentor_api.http.problems import Problem

LEEWAY_SECONDS = 60
"""Largest difference between clocks for ``exp`` and ``nbf``."""
_OPTIONS: Options = {
    "require": ["exp"],
    "verify_aud": False,
    "verify_iat": False,
    "verify_jti": False,
    "verify_sub": False,
}
_BEARER = re.compile(r"bearer (\S+)", re.IGNORECASE)
_Id = Annotated[str, StringConstraints(min_length=5, max_length=60)]


class _Claims(BaseModel):
    # The id becomes the prefix of S3 keys, so only characters that are safe there.
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{5,60}$")]
    role: str
    mentorIds: list[_Id]  # noqa: N815 -- the claim's name


@dataclass(frozen=True)
class Caller:
    """A caller with a valid token. The token is for asking GraphQL, never for storing.

    Role and mentors are those of the sign-in; they can be out of date.
    """

    user: str
    role: str
    token: str
    mentors: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Caller({self.user!r})"


def authenticate(header: str | None, secret: str) -> Caller:
    """Return the caller that an ``Authorization`` header proves.

    Raises
    ------
    Problem
        401 for a missing, malformed, expired or foreign token.
    """
    if not header:
        raise unauthorized("Send an Authorization header with your access token.")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise unauthorized("The Authorization header must be: bearer <token>")
    try:
        caller, until = _proven(match.group(1), secret)
    except jwt.ExpiredSignatureError:
        raise _expired() from None
    except (jwt.InvalidTokenError, ValidationError, TypeError, OverflowError):
        raise unauthorized("The access token is not valid. Sign in again.") from None
    if until <= time.time():
        raise _expired()
    return caller


@lru_cache(maxsize=4096)  # whoever polls a status sends the same token every two seconds
def _proven(token: str, secret: str) -> tuple[Caller, int]:
    """Return whom a token proves, and until when: seconds since the epoch."""
    claims = jwt.decode(
        token, secret, algorithms=["HS256"], options=_OPTIONS, leeway=LEEWAY_SECONDS
    )
    who = _Claims.model_validate(claims)
    caller = Caller(who.id, who.role, token, tuple(who.mentorIds))
    return caller, int(claims["exp"]) + LEEWAY_SECONDS


def _expired() -> Problem:
    return unauthorized("Your session has expired. Sign in again.")

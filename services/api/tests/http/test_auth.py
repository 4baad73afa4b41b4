"""A token that was proven once is not proven for ever."""

from __future__ import annotations

import time

import jwt
import pytest

from mentor_api.http import auth
from mentor_api.http.problems import Problem

SECRET = "a secret of at least thirty-two bytes"
LIFE = 30


def header(expires_at: int, secret: str = SECRET) -> str:
    claims = {"id": "5ee0000000000000000000b1", "role": "USER", "mentorIds": [], "exp": expires_at}
    return f"bearer {jwt.encode(claims, secret, algorithm='HS256')}"


@pytest.mark.parametrize(("later", "passes"), [(LIFE + 59, True), (LIFE + 60, False)])
def test_a_token_that_passed_expires_all_the_same(
    monkeypatch: pytest.MonkeyPatch, later: int, passes: bool
) -> None:
    now = int(time.time())
    sent = header(now + LIFE)
    assert auth.authenticate(sent, SECRET).user == "5ee0000000000000000000b1"
    monkeypatch.setattr(time, "time", lambda: float(now + later))
    if passes:
        auth.authenticate(sent, SECRET)
        return
    with pytest.raises(Problem) as refused:
        auth.authenticate(sent, SECRET)
    assert refused.value.status == 401
    assert "expired" in str(refused.value)


def test_a_token_that_passed_is_none_under_another_secret() -> None:
    sent = header(int(time.time()) + LIFE)
    auth.authenticate(sent, SECRET)
    with pytest.raises(Problem):
        auth.authenticate(sent, SECRET + "!")

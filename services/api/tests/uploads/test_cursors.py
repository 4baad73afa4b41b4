"""Cursors of lists of uploads: what is made is read again, and nothing else is."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_api.http.problems import Problem
from mentor_api.uploads import cursors

PK = f"UPLOAD#{uuid.UUID(int=1)}"


@given(st.uuids(), st.floats(min_value=0, max_value=1e10))
def test_a_cursor_names_the_place_it_was_made_of(upload: object, at: float) -> None:
    start = {"pk": f"UPLOAD#{upload}", "sk": "JOB", "mentor": "m", "prepared_at": at}
    assert cursors.decode(cursors.encode(start), "m") == start


def test_without_a_cursor_a_list_begins_at_its_beginning() -> None:
    assert cursors.decode(None, "m") is None


def encoded(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "٣",
        encoded([]),
        encoded({"upload": PK}),
        encoded({"upload": "NOTIFY#u", "prepared_at": 1.0}),
        encoded({"upload": "UPLOAD#u", "prepared_at": 1.0}),
        encoded({"upload": f"{PK[:-1]}\ud800", "prepared_at": 1.0}),
        encoded({"upload": f"UPLOAD#{'1' * 36}", "prepared_at": 1.0}),
        encoded({"upload": PK, "prepared_at": "x"}),
        encoded({"upload": PK, "prepared_at": 1e300}),
        encoded({"upload": PK, "prepared_at": float("nan")}),
        base64.urlsafe_b64encode(b"[" * 20_000).decode(),
    ],
)
def test_what_was_never_made_is_refused(cursor: str) -> None:
    with pytest.raises(Problem, match="cursor must be one that this route answered") as problem:
        cursors.decode(cursor, "m")
    assert problem.value.status == 400

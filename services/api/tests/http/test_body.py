"""The text about a request that is wrong: from the field, in the order of the model's fields."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from pydantic import Field, model_validator

from mentor_api.http.body import (
    Body,
    OwnKey,
    PathParameters,
    Texts,
    parse,
    parse_json,
    parse_path,
    validation_error,
)
from mentor_api.http.examples import MENTOR, MentorId, UploadId
from mentor_api.http.problems import Problem

OTHER = " is missing or of another form than the API's document says"


class Inner(Body):
    plain: int
    named: Annotated[str, Texts("{place} is missing", "{field} of {place} is wrong")]


class Outer(Body):
    mentor: MentorId
    key: OwnKey
    inner: Annotated[Inner, Texts(wrong="inner must be whole")]
    inners: list[Inner] = Field(default_factory=list, alias="theInners")
    lacks: Annotated[str, Texts(missing="lacks has to be there")] = "x"

    @model_validator(mode="after")
    def _differs(self) -> Outer:
        if self.lacks == self.inner.named:
            raise validation_error("use {braces} and %s as they are")
        return self


GOOD: dict[str, Any] = {
    "mentor": MENTOR,
    "key": "user1/clip",
    "inner": {"plain": 1, "named": "a"},
    "theInners": [{"plain": 1, "named": "a"}],
}


def refused(**changes: Any) -> str:
    values = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    with pytest.raises(Problem) as problem:
        parse(Outer, values, "user1")
    return f"{problem.value.status.value} {problem.value.message}"


def test_a_good_request_becomes_its_model() -> None:
    found = parse_json(Outer, json.dumps(GOOD | {"unknown": 1}).encode(), "user1")
    assert (found.mentor, found.key, found.inners[0].named) == (MENTOR, "user1/clip", "a")


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 20_000, b'"x"'])
def test_what_is_no_json_object_has_the_models_text(raw: bytes) -> None:
    with pytest.raises(Problem, match="body payload is required"):
        parse_json(Outer, raw, "user1")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"mentor": ...}, "mentor parameter missing"),
        ({"mentor": None}, "mentor parameter missing"),
        ({"mentor": MENTOR.upper()}, "mentor must be an id of 24 hexadecimal digits"),
        ({"mentor": f"{MENTOR}\n"}, "mentor must be an id of 24 hexadecimal digits"),
        ({"mentor": 5}, "mentor must be an id of 24 hexadecimal digits"),
        ({"key": ...}, "key parameter missing"),
        ({"key": "../x"}, "key must be the `key` that this API gave you"),
        ({"inner": ...}, "inner must be whole"),
        ({"inner": {"plain": "x", "named": "a"}}, "inner must be whole"),
        ({"inner": {"plain": 1}}, "inner.named is missing"),
        ({"inner": {"plain": 1, "named": 5}}, "named of inner.named is wrong"),
        ({"theInners": 5}, f"theInners{OTHER}"),
        ({"theInners": [{"plain": 1.5}]}, f"theInners.0.plain{OTHER}"),
        ({"lacks": None}, "lacks has to be there"),
        ({"lacks": 5}, f"lacks{OTHER}"),
        ({"lacks": "a"}, "use {braces} and %s as they are"),
    ],
)
def test_the_innermost_field_with_a_text_gives_it(changes: dict[str, Any], text: str) -> None:
    assert refused(**changes) == f"400 {text}"


def test_the_first_wrong_field_of_the_model_is_named_wherever_it_stands_in_the_request() -> None:
    assert refused(inner=5, mentor=5) == "400 mentor must be an id of 24 hexadecimal digits"
    assert refused(key="user2/clip", mentor=...) == "400 mentor parameter missing"
    assert refused(key="user2/clip", inner=5) == "403 not authorized"


def test_a_path_of_another_form_is_not_found() -> None:
    class Path(PathParameters):
        unknown = "no such upload"

        upload_id: UploadId

    good = {"upload_id": "0f9d2c55-7f0e-5a86-8a62-6c3ddfb1a7d0"}
    assert parse_path(Path, good) == good
    for bad in ("", "nonsense", f"{good['upload_id']}\n", good["upload_id"].upper()):
        with pytest.raises(Problem) as problem:
            parse_path(Path, {"upload_id": bad})
        assert (problem.value.status, problem.value.message) == (404, "no such upload")

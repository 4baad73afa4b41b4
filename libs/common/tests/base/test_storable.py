"""What is written can be read back, by this release and by earlier ones; the rest is refused."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.aws.attributes import MAX_ITEM_BYTES, read, written
from mentor_common.aws.table import Write
from mentor_common.errors import UnstorableError
from mentor_common.events import Event, SourceObject, Trim, UploadAccepted
from mentor_common.storable import MOST_DIGITS, MOST_LEVELS, check_storable

NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(10**45), 10**45),
    st.floats(),
    st.sampled_from([1e100, 1e38, 1e37, 10**38, 10**38 - 1, 1e-7, -0.0, 1e400]),
)
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def as_dynamodb_answers(value: dict[str, Any]) -> dict[str, Any]:
    """Return a stored value in DynamoDB's form, its numbers written out."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return {kind: format(Decimal(content), "f")}
        case "L":
            return {kind: [as_dynamodb_answers(one) for one in content]}
        case "M":
            return {kind: {name: as_dynamodb_answers(one) for name, one in content.items()}}
    return value


def is_read_of(read: Any, value: Any) -> bool:
    """Return whether that was read of a value: rounded, and without what is absent."""
    match value:
        case float():
            return float(read) == round(value, 6)
        case list():
            return all(map(is_read_of, read, value)) and len(read) == len(value)
        case dict():
            there = {name: one for name, one in value.items() if one is not None}
            return read.keys() == there.keys() and all(
                is_read_of(read[name], one) for name, one in there.items()
            )
    return bool(read == value)


@given(VALUES)
def test_a_value_is_read_back_by_any_release_or_refused(value: Any) -> None:
    try:
        item = written({"attribute": value})
    except UnstorableError:
        return
    stored = as_dynamodb_answers(item["attribute"])
    assert is_read_of(read({"attribute": stored})["attribute"], value)
    assert is_read_of(TypeDeserializer().deserialize(stored), value)  # as earlier releases read
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=0),
    st.integers(-125, 125),
)
def test_every_number_that_dynamodb_holds_is_read(digits: Decimal, exponent: int) -> None:
    text = format(Decimal(f"{str(digits)[:MOST_DIGITS]}E{exponent}"), "f")
    number = read({"number": {"N": text}})["number"]
    assert math.isclose(number, Decimal(text), rel_tol=1e-12, abs_tol=1e-300)


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels - 1):
        value = {"a": value}
    return {"a": value}


SECRET = "kept out of each message"


@pytest.mark.parametrize(
    ("item", "attribute", "problem"),
    [
        ({"trim": {"start": 1e100}}, "trim.start", "more than 38 digits"),
        ({"trim": {"start": -(10**38)}}, "trim.start", "more than 38 digits"),
        ({"facts": {"length": math.nan}}, "facts.length", "no finite number"),
        ({"facts": [0, math.inf]}, "facts.1", "no finite number"),
        ({"name": f"{SECRET}\ud800"}, "name", "not valid Unicode"),
        ({"names": {"a": [f"{SECRET}\udfff"]}}, "names.a.0", "not valid Unicode"),
        ({"names": {f"{SECRET}\ud800": 1}}, "names", "not valid Unicode"),
        ({"keys": {f"{SECRET}\ud800"}}, "keys.0", "not valid Unicode"),
        ({"keys": set()}, "keys", "is an empty set"),
        ({"names": {1: SECRET}}, "names", "has a name of the type int"),
        ({"when": object()}, "when", "is of the type object"),
        (nested(MOST_LEVELS + 1), "a", "nested deeper than 32 levels"),
        ({"text": SECRET * MAX_ITEM_BYTES}, "text", "an item larger than 409600 bytes"),
        ({"small": 1, "list": [SECRET] * 20_000}, "list", "an item larger than 409600 bytes"),
    ],
)
def test_a_refusal_names_the_attribute_and_never_its_value(
    item: dict[str, Any], attribute: str, problem: str
) -> None:
    for write in (
        Write("pk", "sk", put=item),
        Write("pk", "sk", update="SET", values=item),
    ):
        with pytest.raises(UnstorableError, match=problem) as refused:
            write.request("jobs")
        assert refused.value.attribute == attribute
        assert SECRET not in str(refused.value)


def test_what_is_just_within_the_limits_is_stored() -> None:
    item = nested(MOST_LEVELS) | {"number": 10**38 - 1, "text": "x" * 1000, "set": {"a"}}
    assert written(item)["number"] == {"N": str(10**38 - 1)}
    check_storable({"start": 1e300}, below=math.inf)


def test_keys_are_checked_as_well() -> None:
    for write in (
        Write("\ud800", "sk", put={}),
        Write("pk", "\ud800"),
        Write("pk", "\ud800", update=""),
    ):
        with pytest.raises(UnstorableError):
            write.request("jobs")


@pytest.mark.parametrize(("start", "key"), [(math.inf, "k"), (1.0, "\ud800")])
def test_no_event_is_published_that_nobody_could_read(start: float, key: str) -> None:
    data = UploadAccepted(
        upload_id="1" * 36,
        mentor="5" * 24,
        question="6" * 24,
        source=SourceObject(bucket="b", key=key, etag="e", size=1),
        trim=Trim(start=start, end=2),
        transcribe=False,
    )
    event = Event.of(data, service="api", step="", at=0)
    with pytest.raises(UnstorableError, match=r"^data\.(source\.key|trim\.start) "):
        event.to_json()

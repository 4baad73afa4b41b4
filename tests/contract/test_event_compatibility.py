"""Services are deployed one at a time: what a new one says, an old one must understand, and back.

``released/VERSION/schemas`` holds the schemas of each release (``make record-release``). A change
that fails here needs a new major version of its event, published beside the old one until no
consumer listens to that any more. What the events mean is seen in
:mod:`test_release_compatibility`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentor_common import events
from mentor_common.events import decode
from released import releases

if TYPE_CHECKING:
    from collections.abc import Callable

RELEASED = {version: releases.RECORDS / version / "schemas" for version in releases.COMMITS}
LAST = list(RELEASED.values())[-1]
PRESENT = Path(events.__file__).with_name("schemas")
TYPES = sorted(path.stem for path in LAST.glob("*.v*.json"))
frugal = settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def from_schema(content: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema admits: every alternative, every optional field with and without."""
    return _from(content, content.get("$defs", {}))


def _from(part: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in part:
        return _from(named[part["$ref"].rpartition("/")[2]], named)
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "anyOf" in part:
        return st.one_of([_from(each, named) for each in part["anyOf"]])
    return _KINDS[part["type"]](part, named)


def _object(part: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in part:
        values = part.get("additionalProperties")
        of = _from(values, named) if isinstance(values, dict) else st.none()
        return st.dictionaries(st.text(min_size=1, max_size=8), of, max_size=3)
    fields = {name: _from(each, named) for name, each in part["properties"].items()}
    needed = set(part.get("required", ()))
    return st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in needed},
        optional={name: each for name, each in fields.items() if name not in needed},
    )


def _string(part: dict[str, Any], _: dict[str, Any]) -> st.SearchStrategy[str]:
    if part.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    if "pattern" in part:
        return st.from_regex(part["pattern"], fullmatch=True)
    return st.text(min_size=part.get("minLength", 0), max_size=part.get("maxLength", 40))


def _number(part: dict[str, Any], _: dict[str, Any]) -> st.SearchStrategy[float]:
    low = part.get("minimum", part.get("exclusiveMinimum", -1e9))
    high = part.get("maximum", part.get("exclusiveMaximum", 1e9))
    if part["type"] == "integer":
        return st.integers(int(low), int(high))
    return st.floats(
        low, high, exclude_min="exclusiveMinimum" in part, exclude_max="exclusiveMaximum" in part
    )


_KINDS: dict[str, Callable[[dict[str, Any], dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _object,
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": lambda _part, _named: st.booleans(),
    "null": lambda _part, _named: st.none(),
    "array": lambda part, named: st.lists(
        _from(part["items"], named), min_size=part.get("minItems", 0), max_size=4
    ),
}


def schema(folder: Path, event_type: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / f"{event_type}.json").read_text())
    return content


def understood(content: dict[str, Any]) -> bool:
    """Whether services of today read an event."""
    return str(content["type"]) == decode(json.dumps(content)).data.TYPE


def test_every_event_of_a_release_is_still_known() -> None:
    assert TYPES
    for folder in RELEASED.values():
        known = {path.stem for path in folder.glob("*.v*.json")}
        assert {path.stem for path in PRESENT.glob("*.v*.json")} >= known


def _shape(part: Any) -> Any:
    if isinstance(part, dict):
        return {k: _shape(v) for k, v in part.items() if k not in {"title", "description"}}
    return [_shape(each) for each in part] if isinstance(part, list) else part


def _different() -> list[tuple[str, str]]:
    """Return version and type of each schema that no earlier release has as well."""
    first: dict[str, tuple[str, str]] = {}
    for version, folder in RELEASED.items():
        for path in sorted(folder.iterdir()):
            shape = json.dumps(_shape(json.loads(path.read_text())), sort_keys=True)
            first.setdefault(shape, (version, path.stem))
    return list(first.values())


@pytest.mark.parametrize(("version", "event_type"), _different())
def test_services_of_today_understand_events_of_a_release(version: str, event_type: str) -> None:
    @frugal
    @given(from_schema(schema(RELEASED[version], event_type)))
    def check(content: dict[str, Any]) -> None:
        assert understood(content)

    check()


@pytest.mark.parametrize("event_type", TYPES)
def test_services_of_the_last_release_understand_events_of_today(event_type: str) -> None:
    old = jsonschema_rs.validator_for(schema(LAST, event_type))

    @frugal
    @given(from_schema(schema(PRESENT, event_type)))
    def check(content: dict[str, Any]) -> None:
        assert [str(error) for error in old.iter_errors(content)] == []

    check()


def test_a_new_required_field_would_be_found() -> None:
    changed = schema(PRESENT, "upload.accepted.v1")
    changed["properties"]["data"]["required"].append("colour")
    changed["properties"]["data"]["properties"]["colour"] = {"type": "string"}
    old = schema(PRESENT, "upload.accepted.v1")
    new_reader = jsonschema_rs.validator_for(changed)

    @frugal
    @given(from_schema(old))
    def check(content: dict[str, Any]) -> None:
        assert "colour" in content["data"] or not new_reader.is_valid(content)

    check()


@pytest.mark.parametrize(
    ("event_type", "where"),
    [
        ("task.started.v1", {"task": "translate", "names": ["translating"]}),
        ("task.failed.v1", {"task": "translate", "failed": ["translating"]}),
        ("answer.failed.v1", {"failed": ["translating"]}),
        ("alignment.requested.v1", {"align_captions": "loudly"}),
    ],
)
def test_a_service_of_today_reads_values_that_a_neighbouring_release_has_added(
    event_type: str, where: dict[str, Any]
) -> None:
    """A dead letter would be the end of what that release does well."""
    content = json.loads((PRESENT.parent / "samples" / f"{event_type}.json").read_text())
    content["data"] |= where | {"a field": "nobody knows"}
    read = decode(json.dumps(content)).data.model_dump(mode="json")
    assert {name: read[name] for name in where} == {**where, **_DOES_LEAST.get(event_type, {})}


_DOES_LEAST = {"alignment.requested.v1": {"align_captions": "never"}}


def test_a_new_value_that_an_old_service_does_not_know_would_be_found() -> None:
    old = jsonschema_rs.validator_for(schema(PRESENT, "task.completed.v1"))
    changed = schema(PRESENT, "task.completed.v1")
    changed["properties"]["data"]["properties"]["task"]["enum"] = ["translate"]

    @frugal
    @given(from_schema(changed))
    def check(content: dict[str, Any]) -> None:
        assert not old.is_valid(content)

    check()

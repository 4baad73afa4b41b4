"""A sample of each event lies beside the schemas, valid by them and readable by the services."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from mentor_common.events import CANARY, MODELS, decode
from mentor_common.events.__main__ import SCHEMAS

SAMPLES = SCHEMAS.parent / "samples"


def sample(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return content


def validator(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{name}.json").read_text()))


def test_there_is_one_for_each_type_and_no_other() -> None:
    assert {path.stem for path in SAMPLES.iterdir()} == set(MODELS)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_it_is_valid_by_the_committed_schema_and_readable(name: str) -> None:
    content = sample(name)
    validator(name).validate(content)
    event = decode(json.dumps(content))
    assert isinstance(event.data, MODELS[name])
    # What the model would say again is what the sample says: no field that nobody knows.
    assert json.loads(event.to_json()) == content


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_schema_would_notice(name: str) -> None:
    for broken in (
        sample(name) | {"type": "other.v1"},
        sample(name) | {"data": {}},
        {key: value for key, value in sample(name).items() if key != "id"},
    ):
        assert not validator(name).is_valid(broken)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_about_a_canary_it_matches_no_subscription(name: str) -> None:
    data = MODELS[name].model_validate(sample(name)["data"])
    assert data.attributes()["type"] == name
    of_canary = data.model_copy(update={"mentor": CANARY})
    assert of_canary.attributes()["type"] not in MODELS

"""Write the JSON Schemas and the AsyncAPI document of the events, or check them for drift.

``python -m mentor_common.events`` writes, ``python -m mentor_common.events --check`` compares.
"""

from __future__ import annotations

import json
import sys
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentor_common.events.catalogue import MODELS, PUBLISHERS
from mentor_common.events.envelope import Envelope

if TYPE_CHECKING:
    from mentor_common.events.models import EventData

SCHEMAS = Path(__file__).parent / "schemas"


def schema_of(model: type[EventData]) -> dict[str, Any]:
    """Return the JSON Schema of a whole message: the envelope with ``data`` filled in."""
    envelope = Envelope.model_json_schema()
    data = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    envelope["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    envelope["title"] = model.__name__
    envelope["description"] = cleandoc(model.__doc__ or "")
    envelope["properties"]["type"] = {"const": model.TYPE}
    envelope["properties"]["data"] = data
    return envelope | ({"$defs": definitions} if definitions else {})


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3 document: a channel for the topic of each service."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name, model in MODELS.items():
        for publisher in PUBLISHERS[name].split(", "):
            channel = channels.setdefault(
                publisher, {"address": f"mentor-upload-{{stage}}-{publisher}", "messages": {}}
            )
            channel.setdefault("parameters", {"stage": {"description": "dev, qa, prod or local"}})
            key = model.__name__
            channel["messages"][key] = {"$ref": f"#/components/messages/{key}"}
            operations[f"{publisher}Says{key}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{publisher}"},
                "messages": [{"$ref": f"#/channels/{publisher}/messages/{key}"}],
            }
    messages = {
        model.__name__: {
            "name": name,
            "contentType": "application/cloudevents+json",
            "summary": cleandoc(model.__doc__ or ""),
            "payload": {"$ref": f"./{name}.json"},
        }
        for name, model in MODELS.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "mentor-upload events",
            "version": "1.0.0",
            "description": "Structured-mode CloudEvents 1.0 over SNS with raw delivery to SQS.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def documents() -> dict[str, str]:
    """Return file name to content for everything that is generated."""
    generated = {f"{name}.json": schema_of(model) for name, model in MODELS.items()}
    generated["asyncapi.json"] = asyncapi()
    return {name: json.dumps(body, indent=2) + "\n" for name, body in generated.items()}


def drift() -> list[str]:
    """Return the names of committed files that differ from what the models generate."""
    generated = documents()
    present = {path.name: path.read_text() for path in SCHEMAS.glob("*.json")}
    return sorted(
        name
        for name in generated.keys() | present.keys()
        if generated.get(name) != present.get(name)
    )


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` report drift; return the exit status."""
    if "--check" in arguments:
        for name in drift():
            print(f"out of date: {name}; run python -m mentor_common.events")  # noqa: T201 -- a command line
        return 1 if drift() else 0
    SCHEMAS.mkdir(exist_ok=True)
    for name, body in documents().items():
        (SCHEMAS / name).write_text(body)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Examples of whole documents, out of the examples of their fields."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_BY_TYPE: dict[str, Any] = {
    "boolean": False,
    "integer": 1,
    "number": 1.0,
    "string": "…",
    "null": None,
}


def example_of(schema: Json, components: Json) -> Any:
    """Return a value that a JSON schema admits.

    ``components`` are schemas by name, for references.
    """
    if "examples" in schema:
        return schema["examples"][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components)
    for key in ("anyOf", "allOf", "oneOf"):
        if key in schema:
            return example_of(schema[key][0], components)
    if "enum" in schema:
        return schema["enum"][0]
    return _of_type(schema, components)


def _of_type(schema: Json, components: Json) -> Any:
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        required = schema.get("required", ())
        values = {name: example_of(field, components) for name, field in fields.items()}
        return {
            name: value for name, value in values.items() if value is not None or name in required
        }
    if kind == "array":
        return [example_of(schema["items"], components)] if schema.get("items") else []
    return _BY_TYPE[str(kind)]

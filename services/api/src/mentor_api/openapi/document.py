"""From operations to the OpenAPI document.

Format: https://spec.openapis.org/oas/v3.1.0. The schemas in it are JSON Schema 2020-12, as pydantic
writes them.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mentor_api.http.auth import LEEWAY_SECONDS
from mentor_api.http.operations import operations_of
from mentor_api.openapi.examples import example_of
from mentor_api.openapi.refusals import REFUSALS, RefusalBody

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from pydantic.json_schema import JsonSchemaMode

    from mentor_api.http.operations import Operation

Json = dict[str, Any]
_ModelUse = tuple[type[BaseModel], "JsonSchemaMode"]
_REF = "#/components/schemas/{model}"
_EVERYWHERE = (401, 429, 503)
_DESCRIPTION = """Mentors' video answers: upload, captions, pictures, transfers.

A success is `{"data": …}`; some routes answer `{"data": {"data": …}}`, as the upload UI reads it.
An error is `{"data": {"error": "<short>", "message": "<what to do>"}}`.

The examples work on a local stack after `make seed`.
"""


def build(app: Flask, prefix: str = "") -> Json:
    """Return the document of an application.

    ``prefix`` goes into ``servers``, not into each path.
    """
    known = [
        (method, _path(path, prefix), operation)
        for method, path, operation in operations_of(app)
        if operation.answers is not None
    ]
    schemas = _Schemas(operation for _, _, operation in known)
    paths: dict[str, Json] = {}
    for method, path, operation in known:
        paths.setdefault(path, {})[method.lower()] = _operation(operation, method, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mentor-upload",
            "version": "1",
            "description": _DESCRIPTION,
        },
        "servers": [{"url": prefix or "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of mentor-graphql's sign-in (HS256). `exp` is "
                    f"required; `exp` and `nbf` may be off by {LEEWAY_SECONDS} seconds, and `iat` "
                    "decides nothing.",
                }
            },
            "responses": {
                refusal.name: refusal.response(status) for status, refusal in REFUSALS.items()
            },
            "schemas": schemas.components,
        },
    }


class _Schemas:
    """The models of all operations as JSON Schema."""

    def __init__(self, all_operations: Iterable[Operation]) -> None:
        uses: dict[_ModelUse, None] = {(RefusalBody, "serialization"): None}
        for operation in all_operations:
            for model in (operation.body, operation.form, operation.query, operation.path):
                if model is not None:
                    uses[model, "validation"] = None
            if operation.answers is not None:
                uses[operation.answers, "serialization"] = None
        self._refs, definitions = models_json_schema(list(uses), ref_template=_REF)
        self.components: Json = definitions["$defs"]

    def ref(self, model: type[BaseModel], mode: JsonSchemaMode) -> Json:
        """Return the reference to a model."""
        return self._refs[model, mode]

    def properties(self, model: type[BaseModel]) -> list[tuple[str, Json, bool]]:
        """Return name, schema and whether it is required of each field."""
        name = self.ref(model, "validation")["$ref"].rpartition("/")[2]
        schema = self.components[name]
        required = set(schema.get("required", ()))
        return [(key, value, key in required) for key, value in schema["properties"].items()]

    def example(self, schema: Json) -> Any:
        """Return a value of a schema, from its fields' examples."""
        return example_of(schema, self.components)


def _path(path: str, prefix: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path).removeprefix(prefix)


def _operation(operation: Operation, method: str, path: str, schemas: _Schemas) -> Json:
    described: Json = {
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": _operation_id(method, path),
        "responses": _responses(operation, schemas),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.public:
        described["security"] = []
    if parameters := [*_parameters(operation, schemas)]:
        described["parameters"] = parameters
    if body := _request_body(operation, schemas):
        described["requestBody"] = body
    return described


def _operation_id(method: str, path: str) -> str:
    return "_".join([method.lower(), *re.findall(r"\w+", path)])


def _parameters(operation: Operation, schemas: _Schemas) -> Iterable[Json]:
    for place, model in (("path", operation.path), ("query", operation.query)):
        for name, schema, required in schemas.properties(model) if model else ():
            parameter = {"name": name, "in": place, "required": required, "schema": schema}
            if "description" in schema:
                parameter["description"] = schema["description"]
            if required:
                parameter["example"] = schemas.example(schema)
            yield parameter


def _request_body(operation: Operation, schemas: _Schemas) -> Json | None:
    if operation.body is not None:
        schema = schemas.ref(operation.body, "validation")
        example = {"example": {"value": schemas.example(schema)}}
        return {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": example}},
        }
    if operation.form is not None:
        schema = schemas.ref(operation.form, "validation")
        return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return None


def _event(schema: Json) -> Json:
    """Return the schema of one server-sent event whose data are JSON of a schema."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    return {
        "type": "object",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string"},
            "event": {"enum": ["status", "over"]},
            "data": data,
        },
    }


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    assert operation.answers is not None  # noqa: S101 -- only such operations are documented
    schema = schemas.ref(operation.answers, "serialization")
    example = schemas.example(schema)
    for _ in range({"none": 0, "single": 1, "double": 2}[operation.envelope]):
        schema = {"type": "object", "required": ["data"], "properties": {"data": schema}}
        example = {"data": example}
    kind = "application/json"
    if operation.event_stream:
        kind = "text/event-stream"
        example = {"id": "4be0c1", "event": "status", "data": json.dumps(example)}
        schema = _event(schema)
    content = {kind: {"schema": schema, "examples": {"example": {"value": example}}}}
    responses: Json = {"200": {"description": HTTPStatus.OK.phrase, "content": content}}
    for status, meaning in operation.also.items():
        responses[str(status)] = {"description": meaning}
        if status != HTTPStatus.NOT_MODIFIED:
            responses[str(status)]["content"] = content
    everywhere = () if operation.public else _EVERYWHERE
    for status in sorted({*operation.refuses, *everywhere}):
        reference = f"#/components/responses/{REFUSALS[status].name}"
        responses[str(status)] = {"$ref": reference}
    return responses

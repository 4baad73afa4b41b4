"""A request as data, so that a copy of it can be wrong in one place."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

_BOUNDARY = "----a-form-of-the-tests"


@dataclass(frozen=True)
class Literal:
    """A value by its JSON text, for what Python's encoder does not write, such as ``1e400``."""

    text: str


@dataclass(frozen=True)
class File:
    """A file in a form: the name of its part, and its content."""

    part: str
    content: bytes


@dataclass(frozen=True)
class Request:
    """A request to a route.

    Parameters
    ----------
    route
        Method and rule, as ``POST /upload/<upload_id>/retry``.
    caller
        Whose token is sent; ``None`` for none.
    headers
        Besides the token and the content type.
    path, query
        Values of the rule's variables, and of the query; a list is sent as several values.
    body
        JSON body.
    fields, file
        Parts of a multipart form; a field that is no text is sent as JSON.
    raw
        Body to send instead of the one that the fields above make.
    content_type
        ``None`` for the body's own, empty for none.
    """

    route: str
    caller: str | None = "owner"
    headers: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    fields: dict[str, Any] | None = None
    file: File | None = None
    raw: bytes | None = None
    content_type: str | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.split()[0]

    @property
    def url(self) -> str:
        """The path, with the values of its variables."""
        path = self.route.split()[1]
        for name, value in self.path.items():
            path = path.replace(f"<{name}>", value)
        return path

    def content(self) -> bytes:
        """Return the body's bytes."""
        if self.raw is not None:
            return self.raw
        if self.fields is not None:
            return self._form(self.fields)
        return b"" if self.body is None else encode(self.body).encode()

    def _form(self, fields: dict[str, Any]) -> bytes:
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
            + (value if isinstance(value, str) else encode(value)).encode()
            for name, value in fields.items()
        ]
        if self.file is not None:
            named = f'name="{self.file.part}"; filename="file"'
            head = f"Content-Disposition: form-data; {named}\r\nContent-Type: image/png\r\n\r\n"
            parts.append(head.encode() + self.file.content)
        begin = f"--{_BOUNDARY}\r\n".encode()
        return b"".join(begin + part + b"\r\n" for part in parts) + f"--{_BOUNDARY}--\r\n".encode()

    def send(self, client: FlaskClient, tokens: dict[str, str]) -> TestResponse:
        """Send it; ``tokens`` has an ``Authorization`` header for each caller."""
        headers = dict(self.headers)
        if self.caller is not None:
            headers["Authorization"] = tokens[self.caller]
        kind = self.content_type
        if kind is None and self.fields is not None:
            kind = f"multipart/form-data; boundary={_BOUNDARY}"
        elif kind is None and self.body is not None:
            kind = "application/json"
        return client.open(
            self.url,
            method=self.method,
            headers=headers,
            query_string=MultiDict(self.query),
            data=self.content() or None,
            content_type=kind or None,
        )

    def with_json(self, place: str, value: Any) -> Request:
        """Return a copy with another value in the JSON body; see :func:`changed`."""
        return replace(self, body=changed(self.body, place.split("."), value))

    def with_field(self, place: str, value: Any) -> Request:
        """Return a copy with another value in the form, or in the JSON of one of its fields."""
        return replace(self, fields=changed(self.fields, place.split("."), value))


def changed(owner: Any, place: list[str], value: Any) -> Any:
    """Return a copy of an object or list with another value at a place; ``...`` takes it away."""
    found = copy.deepcopy(owner)
    inner = found
    for name in place[:-1]:
        inner = inner[int(name) if isinstance(inner, list) else name]
    last: Any = int(place[-1]) if isinstance(inner, list) else place[-1]
    if value is ...:
        inner.pop(last, None) if isinstance(inner, dict) else inner.pop(last)
    else:
        inner[last] = value
    return found


def places(value: Any, prefix: str = "") -> list[str]:
    """Return every place in an object, inside its objects and each list's first item."""
    items = list(value.items()) if isinstance(value, dict) else []
    if isinstance(value, list) and value:
        items = [("0", value[0])]
    found = []
    for name, inner in items:
        found += [f"{prefix}{name}", *places(inner, f"{prefix}{name}.")]
    return found


def encode(value: Any) -> str:
    """Return JSON text, with the text of each :class:`Literal` as it is."""
    texts: list[str] = []

    def mark(literal: Any) -> str:
        texts.append(literal.text)
        return f"@literal {len(texts) - 1}@"

    encoded = json.dumps(value, default=mark)
    for number, text in enumerate(texts):
        encoded = encoded.replace(f'"@literal {number}@"', text)
    return encoded

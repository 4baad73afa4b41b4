"""What a route is: who may call it, how often, how large a body, and what its documentation says.

One decorator beside each view function says all of it. The edge enforces what it says before the
view runs, the OpenAPI document is made from it, and the application refuses to start with a route
that says nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.http.auth import Caller

_View = TypeVar("_View", bound="Callable[..., Any]")
_ATTRIBUTE = "mentor_operation"
JSON_BODY_BYTES = 64 * 1024

Kind = Literal["read", "write"]
Envelope = Literal["none", "single", "double"]


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Parameters
    ----------
    summary
        What it does, in a few words.
    tag
        Heading under which it is documented.
    answers
        Model of what a success carries in ``data``.
    kind
        Which of the caller's rate limits it counts against.
    description
        More, in Markdown.
    body, form
        Model of the JSON body, or of the parts of a multipart form.
    query, path
        Models of the query's and the path's parameters.
    refuses
        Statuses that tell the client no, besides those every route has.
    envelope
        Of a success: ``single`` is ``{"data": …}``, ``double`` is ``{"data": {"data": …}}`` as the
        upload UI reads some, ``none`` is the model itself.
    max_body
        Largest body, bytes.
    public
        Whether it needs no token.
    event_stream
        Whether a success is a stream of server-sent events that carry ``answers``.
    also
        Other statuses that answer as asked, and what they mean.
    """

    summary: str
    tag: str
    answers: type[BaseModel] | None
    kind: Kind = "write"
    description: str = ""
    body: type[BaseModel] | None = None
    form: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    path: type[BaseModel] | None = None
    refuses: tuple[int, ...] = ()
    envelope: Envelope = "single"
    max_body: int = JSON_BODY_BYTES
    public: bool = False
    event_stream: bool = False
    also: dict[int, str] = field(default_factory=dict)

    def __call__(self, view: _View) -> _View:
        """Say that ``view`` is this operation."""
        setattr(view, _ATTRIBUTE, self)
        return view


def current() -> Operation | None:
    """Return the operation of the request under way; ``None`` where no route matched."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, _ATTRIBUTE, None)


def of(app: Flask) -> list[tuple[str, str, Operation]]:
    """Return method, path and operation of every route, in the order of their registration.

    Raises
    ------
    ValueError
        A route that does not say what it is.
    """
    found = []
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], _ATTRIBUTE, None)
        if operation is None:
            raise ValueError(f"{rule.rule} says not what it is: put Operation(...) on its view")
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found += [(method, rule.rule, operation) for method in sorted(methods)]
    return found


def caller() -> Caller:
    """Return who calls; the edge has checked the token."""
    who: Caller = g.caller
    return who


def answer(content: Any) -> Response:
    """Answer 200 with ``content``, a model or JSON values, in the operation's envelope."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json", by_alias=True)
    operation = current()
    double = operation is not None and operation.envelope == "double"
    return as_json({"data": {"data": content} if double else content})


def as_json(content: Any, status: int = HTTPStatus.OK) -> Response:
    """Answer any JSON."""
    return Response(json.dumps(content), status=status, mimetype="application/json")

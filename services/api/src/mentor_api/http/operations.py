"""Routes as operations: the caller's rights, rates and sizes, the request's and answer's models.

One decorator beside each view function holds all of it. The edge enforces it before the view runs,
the view gets the request as the models that are named here, and the OpenAPI document is made from
the same models. The application refuses to start with a route that has no operation.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel

from mentor_api.http.body import Body, PathParameters, parse, parse_json, parse_path
from mentor_api.http.computing import computed
from mentor_api.http.forms import parse_form
from mentor_api.http.problems import too_large

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_api.http.auth import Caller

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
        A few words for the documentation.
    tag
        Heading under which it is documented.
    answers
        Model of a success, inside its envelope.
    kind
        The caller's rate limit that it counts against.
    description
        More, in Markdown.
    body, form
        Model of the JSON body, or of the parts of a multipart form.
    query, path
        Models of the query's and the path's parameters.
    refuses
        Statuses of errors, besides those that every route has.
    envelope
        Of a success: ``single`` is ``{"data": …}``, ``double`` is ``{"data": {"data": …}}`` as the
        upload UI reads some, ``none`` is the model itself.
    max_body
        Largest body, bytes.
    public
        Whether it needs no token.
    logged
        Whether a success is written into the log, too.
    event_stream
        Whether a success is a stream of server-sent events that carry ``answers``.
    also
        Other statuses of a success, and their meaning.
    """

    summary: str
    tag: str
    answers: type[BaseModel] | None
    kind: Kind = "write"
    description: str = ""
    body: type[Body] | None = None
    form: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    path: type[PathParameters] | None = None
    refuses: tuple[int, ...] = ()
    envelope: Envelope = "single"
    max_body: int = JSON_BODY_BYTES
    public: bool = False
    logged: bool = True
    event_stream: bool = False
    also: dict[int, str] = field(default_factory=dict)

    def __call__(self, view: Callable[..., BaseModel | Response]) -> Callable[..., Response]:
        """Return a view of the request's models as one for Flask.

        ``view`` names what it needs of ``body``, ``form`` and ``query``, and the path's variables;
        all of them are valid by then. It returns the answer's model, or a response of its own.
        """
        parameters = inspect.signature(view).parameters

        @wraps(view)
        def handle(**path: str) -> Response:
            given = self._parse(path)
            result = view(**{name: given[name] for name in parameters})
            return result if isinstance(result, Response) else answer(result)

        setattr(handle, _ATTRIBUTE, self)
        return handle

    def _parse(self, path: dict[str, str]) -> dict[str, Any]:
        """Return the request's models and the path's variables, by the names of parameters."""
        user = None if self.public else caller().user
        found: dict[str, Any] = {}
        if self.form is not None:
            found["form"] = parse_form(self.form, user)
        if self.query is not None:
            found["query"] = parse(self.query, request.args.to_dict(), user)
        if self.body is not None:
            raw = request.get_data(cache=False)
            if len(raw) > self.max_body:
                raise too_large(self.max_body)
            if len(raw) > JSON_BODY_BYTES:
                found["body"] = computed(parse_json, self.body, raw, user)
            else:
                found["body"] = parse_json(self.body, raw, user)
        return found | (parse_path(self.path, path) if self.path else path)


def current_operation() -> Operation | None:
    """Return the operation of the request under way; ``None`` where no route matched."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, _ATTRIBUTE, None)


def operations_of(app: Flask) -> list[tuple[str, str, Operation]]:
    """Return method, path and operation of every route, in the order of their registration.

    Raises
    ------
    ValueError
        A route without operation.
    """
    found = []
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], _ATTRIBUTE, None)
        if operation is None:
            raise ValueError(f"the route {rule.rule} has no Operation")
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found += [(method, rule.rule, operation) for method in sorted(methods)]
    return found


def caller() -> Caller:
    """Return the caller of the request under way; the edge has checked the token."""
    who: Caller = g.caller
    return who


def answer(content: Any) -> Response:
    """Return the response 200 with a model, or any JSON, in the operation's envelope."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json", by_alias=True)
    operation = current_operation()
    envelopes = {"none": 0, "single": 1, "double": 2}[operation.envelope if operation else "single"]
    for _ in range(envelopes):
        content = {"data": content}
    return json_response(content)


def json_response(content: Any, status: int = HTTPStatus.OK) -> Response:
    """Return a response with any JSON."""
    return Response(json.dumps(content), status=status, mimetype="application/json")

"""Wrong inputs: for each place in a request the values that do not belong there.

A change of a request has a name of two parts: where it is, such as ``json trim.start``, and what
is there instead, such as ``NaN``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from error_texts.files import CAPTIONS, PICTURES
from error_texts.request import File, Literal, Request, places

Change = Callable[[Request], Request]
MISSING = "missing"
OUTSIDE_JSON = ("body", "content type")
"""Where a change makes changes of single fields pointless."""
_ID = "5ee0000000000000000000b1"
_LONG = "x" * 2000

JSON_VALUES: dict[str, Any] = {
    MISSING: ...,
    "null": None,
    "true": True,
    "zero": 0,
    "minus one": -1,
    "one and a half": 1.5,
    "2.0": Literal("2.0"),
    "10 to the 30th": 10**30,
    "1e400": Literal("1e400"),
    "NaN": Literal("NaN"),
    "Infinity": Literal("Infinity"),
    "minus Infinity": Literal("-Infinity"),
    "empty text": "",
    "text": "nonsense",
    "text of a number": "5",
    "text of 2000 characters": _LONG,
    "text with NUL": "a\x00b",
    "lone surrogate": Literal('"\\ud800"'),
    "id in capitals": _ID.upper(),
    "id and line feed": f"{_ID}\n",
    "way out of a folder": "../../x",
    "empty list": [],
    "list of null": [None],
    "nested lists": [[[]]],
    "empty object": {},
    "object": {"nonsense": 1},
}
TEXT_VALUES: dict[str, Any] = {
    MISSING: ...,
    "empty": "",
    "text": "nonsense",
    "zero": "0",
    "minus one": "-1",
    "one and a half": "1.5",
    "2.0": "2.0",
    "Arabic digit": "٣",
    "10 to the 30th": str(10**30),
    "number of 5000 digits": "9" * 5000,
    "ten million after zeros": "0000000010000000",
    "1e400": "1e400",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "null": "null",
    "2000 characters": _LONG,
    "NUL": "a\x00b",
    "id in capitals": _ID.upper(),
    "id and line feed": f"{_ID}\n",
    "way out of a folder": "../../x",
}
_PATH_VALUES = {
    "text": "nonsense",
    "null": "null",
    "2000 characters": _LONG,
    "NUL": "%00",
    "line feed at the end": "%0A",
    "capitals": "ABCDEF",
    "way out of a folder": "..%2F..%2Fx",
}
_BODIES = {
    MISSING: b"",
    "a blank": b" ",
    "no JSON": b"nonsense",
    "cut off": b'{"mentor": "5ee',
    "no UTF-8": b'{"mentor": "\xff"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "null": b"null",
    "true": b"true",
    "number": b"5",
    "NaN": b"NaN",
    "text": b'"nonsense"',
    "list": b"[]",
    "list of objects": b"[{}]",
    "20000 lists in each other": b"[" * 20_000,
    "number of 5000 digits": b'{"mentor": ' + b"9" * 5000 + b"}",
    "10000 objects in each other": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
}
_JSON_IN_FORM: dict[str, Any] = {
    "list": [],
    "number": 5,
    "NaN": Literal("NaN"),
    "20000 lists in each other": "[" * 20_000,
    "number of 5000 digits": '{"mentor": ' + "9" * 5000 + "}",
}
_CONTENT_TYPES = ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


def changes(request: Request, max_body: int) -> dict[tuple[str, str], Change]:
    """Return every change that applies to a request, by its name.

    ``max_body`` is how large the route's body may be, bytes.
    """
    found = _of_frame(max_body)
    if request.caller is not None:
        found |= _of_token()
    found |= _of_values(request)
    if request.body is not None:
        found |= _of_json(request)
    if request.fields is not None and request.file is not None:
        found |= _of_form(request.fields, request.file)
    return found


def _of_frame(max_body: int) -> dict[tuple[str, str], Change]:
    def other_method(method: str) -> Change:
        return lambda r: replace(r, route=f"{method} {r.route.split()[1]}")

    too_large = b" " * (max_body + 1)
    return {
        ("body", "too large"): partial(replace, raw=too_large),
        ("method", "PATCH"): other_method("PATCH"),
        ("method", "PUT"): other_method("PUT"),
    }


def _of_token() -> dict[tuple[str, str], Change]:
    found: dict[tuple[str, str], Change] = {("token", MISSING): partial(replace, caller=None)}
    for token in BAD_TOKENS:
        found["token", token] = partial(replace, caller=token)
    found["caller", "somebody else"] = partial(replace, caller="somebody else")
    return found


BAD_TOKENS = ("of another scheme", "without a scheme", "no JWT", "expired", "of another secret",
              "without exp", "without id", "unsigned")  # fmt: skip


def _of_values(request: Request) -> dict[tuple[str, str], Change]:
    found: dict[tuple[str, str], Change] = {}
    for name in request.path:
        for kind, text in _PATH_VALUES.items():
            found[f"path {name}", kind] = _in_path(name, text, at_end=text == "%0A")
    for name in request.query:
        for kind, value in TEXT_VALUES.items():
            found[f"query {name}", kind] = _in_query(name, value)
        found[f"query {name}", "twice, the first one empty"] = _in_query(
            name, ["", request.query[name]]
        )
    if request.query:
        found["query", "a field nobody knows"] = _in_query("nonsense", "1")
    for name in request.headers:
        found[f"header {name}", MISSING] = partial(replace, headers={})
        found[f"header {name}", "text"] = partial(replace, headers={name: "nonsense"})
    return found


def _in_path(name: str, text: str, *, at_end: bool) -> Change:
    def change(request: Request) -> Request:
        value = request.path[name] + text if at_end else text
        return replace(request, path=request.path | {name: value})

    return change


def _in_query(name: str, value: Any) -> Change:
    def change(request: Request) -> Request:
        query = {k: v for k, v in request.query.items() if k != name}
        return replace(request, query=query if value is ... else query | {name: value})

    return change


def _of_json(request: Request) -> dict[tuple[str, str], Change]:
    found: dict[tuple[str, str], Change] = {}
    for kind, raw in _BODIES.items():
        found["body", kind] = partial(replace, raw=raw)
    for label in _CONTENT_TYPES:
        found["content type", label or MISSING] = partial(replace, content_type=label)
    objects = ["", *(place for place in places(request.body) if _is_object(request.body, place))]
    for place in objects:
        unknown = f"{place}.nonsense".lstrip(".")
        change = partial(Request.with_json, place=unknown, value={"a": [1]})
        found[f"json {place}".rstrip(), "a field nobody knows"] = change
    for place in places(request.body):
        for kind, value in JSON_VALUES.items():
            found[f"json {place}", kind] = partial(Request.with_json, place=place, value=value)
    return found | _special(request.route)


def _is_object(body: Any, place: str) -> bool:
    for name in place.split("."):
        body = body[int(name) if isinstance(body, list) else name]
    return isinstance(body, dict)


def _special(route: str) -> dict[tuple[str, str], Change]:
    """Return what is wrong by more than one value."""
    special: dict[str, dict[tuple[str, str], tuple[str, Any]]] = {
        "POST /upload/answer": {
            ("json trim", "ends before it starts"): ("trim", {"start": 5, "end": 4}),
            ("json trim", "ends where it starts"): ("trim", {"start": 5, "end": 5}),
            ("json trim", "ends at 1e100"): ("trim", {"start": 5, "end": 1e100}),
            ("json trim", "shorter than a second"): ("trim", {"start": 5, "end": 5.9}),
            ("json video", "somebody else's"): ("video", f"{_ID}/1f0e2d3c"),
        },
        "POST /upload/multipart/sign": {
            ("json key", "somebody else's"): ("key", f"{_ID}/1f0e2d3c"),
            ("json part_numbers", "101 of them"): ("part_numbers", list(range(1, 102))),
            ("json part_numbers.0", "10001"): ("part_numbers.0", 10_001),
        },
        "POST /upload/multipart/complete": {
            ("json key", "somebody else's"): ("key", f"{_ID}/1f0e2d3c"),
            ("json parts", "10001 of them"): (
                "parts",
                [{"part_number": 1, "etag": "e"} for _ in range(10_001)],
            ),
            ("json parts.0.part_number", "10001"): ("parts.0.part_number", 10_001),
        },
        "POST /transfer/mentor": {
            ("json mentorExportJson.mentorInfo", "NaN within"): (
                "mentorExportJson.mentorInfo",
                {"age": Literal("NaN")},
            ),
            ("json mentorExportJson.mentorInfo", "1e400 within"): (
                "mentorExportJson.mentorInfo",
                {"age": Literal("1e400")},
            ),
            ("json mentorExportJson.mentorInfo", "600 lists in each other within"): (
                "mentorExportJson.mentorInfo",
                {"age": Literal("[" * 600 + "]" * 600)},
            ),
        },
    }
    found: dict[tuple[str, str], Change] = {}
    for name, (place, value) in special.get(route, {}).items():
        found[name] = partial(Request.with_json, place=place, value=value)
    return found


def _of_form(fields: dict[str, Any], file: File) -> dict[tuple[str, str], Change]:
    found: dict[tuple[str, str], Change] = {
        ("body", MISSING): partial(replace, raw=b""),
        ("body", "JSON"): partial(replace, raw=b"{}", content_type="application/json"),
        ("body", "text"): partial(replace, raw=b"nonsense", content_type="text/plain"),
        ("body", "no form"): partial(replace, raw=b"nonsense"),
        ("body", "cut off"): lambda r: replace(r, raw=r.content()[:120]),
        ("content type", MISSING): lambda r: replace(r, raw=r.content(), content_type=""),
        ("content type", "without boundary"): lambda r: replace(
            r, raw=r.content(), content_type="multipart/form-data"
        ),
        ("content type", "of another form"): partial(
            replace, raw=b"mentor=1", content_type="application/x-www-form-urlencoded"
        ),
        ("form", "a field nobody knows"): partial(Request.with_field, place="nonsense", value="1"),
        ("file", MISSING): partial(replace, file=None),
        ("file", "under another name"): partial(replace, file=File("nonsense", file.content)),
        ("file", "as a text field"): _with_file_as_text,
    }
    for kind, content in (CAPTIONS if file.part == "vtt_file" else PICTURES).items():
        found["file", kind] = partial(replace, file=File(file.part, content))
    for name, value in fields.items():
        for kind, text in TEXT_VALUES.items():
            found[f"form {name}", kind] = partial(Request.with_field, place=name, value=text)
        if not isinstance(value, str):
            found |= _of_json_in_form(name, value)
    return found


def _with_file_as_text(request: Request) -> Request:
    if request.file is None:
        return request
    return replace(request.with_field(request.file.part, "nonsense"), file=None)


def _of_json_in_form(name: str, value: Any) -> dict[tuple[str, str], Change]:
    found: dict[tuple[str, str], Change] = {
        (f"form {name}", f"JSON: {kind}"): partial(Request.with_field, place=name, value=one)
        for kind, one in _JSON_IN_FORM.items()
    }
    unknown = partial(Request.with_field, place=f"{name}.nonsense", value=1)
    found[f"form {name}", "JSON: a field nobody knows"] = unknown
    for place in places(value, f"{name}."):
        for kind, one in JSON_VALUES.items():
            found[f"form {place}", kind] = partial(Request.with_field, place=place, value=one)
    return found

"""Reading and validating the body of ``POST /transfer/mentor``, before any I/O.

Only the frame is checked: what GraphQL's input types allow, nulls above all, only GraphQL knows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from mentor_api.http.body import object_id
from mentor_api.http.problems import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXPORT = "mentorExportJson"
_CHANGES = "replacedMentorDataChanges"
_EXPORT_LISTS = ("subjects", "questions", "answers", "userQuestions")
_CHANGE_LISTS = ("questionChanges", "answerChanges")


@dataclass(frozen=True)
class TransferRequest:
    """A valid request: the mentor to write to, and what is kept of the body.

    Parameters
    ----------
    mentor
        24-hex id.
    payload
        JSON in UTF-8: export and changes.
    """

    mentor: str
    payload: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the payload, hex."""
        return hashlib.sha256(self.payload).hexdigest()


def parse_transfer(raw: bytes) -> TransferRequest:
    """Return the request in ``raw``, JSON whatever the content type says.

    Raises
    ------
    Problem
        400 naming the one thing that is wrong, never the payload.
    """
    try:
        body = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise bad_request("body payload is required, as a JSON object")
    mentor = object_id(body, "mentor")
    export = _object(body, _EXPORT)
    _require(export, ("id", "mentorInfo"), _EXPORT)
    _lists(export, _EXPORT_LISTS, _EXPORT)
    changes = _object(body, _CHANGES)
    _lists(changes, _CHANGE_LISTS, _CHANGES)
    if not isinstance(export["mentorInfo"], dict | None):
        raise bad_request(f"{_EXPORT}.mentorInfo must be an object")
    kept = {"mentor": mentor, _EXPORT: export, _CHANGES: changes}
    try:
        payload = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise bad_request("the body has text that is not valid Unicode") from None
    return TransferRequest(mentor, payload)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        raise bad_request(f"{name} parameter missing")
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be an object")
    return value


def _require(owner: dict[str, Any], names: Iterable[str], where: str) -> None:
    for name in names:
        if name not in owner:
            raise bad_request(f"{where}.{name} is missing; export the mentor again")


def _lists(owner: dict[str, Any], names: Iterable[str], where: str) -> None:
    """Require lists of objects; null stands for an empty one, as in GraphQL."""
    _require(owner, names, where)
    for name in names:
        value = owner[name]
        if value is None:
            owner[name] = []
        elif not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise bad_request(f"{where}.{name} must be a list of objects")

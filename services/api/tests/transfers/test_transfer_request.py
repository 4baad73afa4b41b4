"""The body of ``POST /transfer/mentor``: its texts in their order, and what is kept of it."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest

from mentor_api.http.body import parse_json
from mentor_api.http.examples import MENTOR
from mentor_api.http.problems import Problem
from mentor_api.transfers.models import TransferBody

BODY: dict[str, Any] = {
    "unknown": 1,
    "mentor": MENTOR,
    "mentorExportJson": {
        "unknown": [1],
        "userQuestions": None,
        "id": 5,
        "mentorInfo": {"name": "Olive Ōwner"},
        "subjects": [],
        "questions": [{"_id": "q"}],
        "answers": None,
    },
    "replacedMentorDataChanges": {"answerChanges": [], "questionChanges": None, "more": None},
}


def parse(body: Any) -> TransferBody:
    return parse_json(TransferBody, json.dumps(body).encode(), "user1")


def changed(**changes: Any) -> dict[str, Any]:
    """Return the body with other values at places such as ``mentorExportJson__id``."""
    body = copy.deepcopy(BODY)
    for place, value in changes.items():
        *way, last = place.split("__")
        owner = body
        for name in way:
            owner = owner[name]
        if value is ...:
            del owner[last]
        else:
            owner[last] = value
    return body


def test_export_and_changes_are_kept_as_they_were_sent_with_empty_lists_for_null() -> None:
    request = parse(BODY)
    kept = {
        "mentor": MENTOR,
        "mentorExportJson": BODY["mentorExportJson"] | {"userQuestions": [], "answers": []},
        "replacedMentorDataChanges": BODY["replacedMentorDataChanges"] | {"questionChanges": []},
    }
    assert request.mentor == MENTOR
    assert request.payload == json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    assert request.digest == hashlib.sha256(request.payload).hexdigest()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"mentor": 5}, "mentor must be an id of 24 hexadecimal digits"),
        ({"mentorExportJson": None}, "mentorExportJson parameter missing"),
        ({"mentorExportJson": []}, "mentorExportJson must be an object"),
        (
            {"mentorExportJson__questions": ..., "mentorExportJson__subjects": 5},
            "mentorExportJson.questions is missing; export the mentor again",
        ),
        (
            {"mentorExportJson__answers": [{}, 5]},
            "mentorExportJson.answers must be a list of objects",
        ),
        (
            {"mentorExportJson__mentorInfo": 5, "replacedMentorDataChanges__answerChanges": 5},
            "replacedMentorDataChanges.answerChanges must be a list of objects",
        ),
        ({"mentorExportJson__mentorInfo": 5}, "mentorExportJson.mentorInfo must be an object"),
        ({"mentorExportJson__id": "\ud800"}, "the body has text that is not valid Unicode"),
        ({"mentorExportJson__id": float("nan")}, "body payload is required, as a JSON object"),
    ],
)
def test_the_first_thing_that_is_wrong_is_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(Problem) as problem:
        parse(changed(**changes))
    assert (problem.value.status, problem.value.message) == (400, text)

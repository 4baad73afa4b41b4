"""The body of ``POST /upload/answer``: its texts, and the upload that it asks for."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_api.http.body import parse
from mentor_api.http.examples import MENTOR, QUESTION, VIDEO
from mentor_api.http.problems import Problem
from mentor_api.uploads.models import AnswerRequest, AnswerUpload, UploadsQuery
from mentor_common.events import Trim
from mentor_common.jobs import AnswerKey

USER = VIDEO.partition("/")[0]
LEAST = {"mentor": MENTOR, "question": QUESTION, "video": VIDEO}
BAD_TRIM = "trim must be {start, end} in seconds with 0 <= start < end"


def upload(**fields: Any) -> AnswerUpload:
    return parse(AnswerRequest, LEAST | fields, USER).upload()


def text(model: Any, **fields: Any) -> str:
    with pytest.raises(Problem) as problem:
        parse(model, fields, USER)
    return problem.value.message


def test_the_least_request_asks_for_a_plain_upload() -> None:
    found = upload()
    assert (found.answer, found.video) == (AnswerKey(MENTOR, QUESTION), VIDEO)
    request = found.request
    assert (request.trim, request.external_video_ids, request.from_answer) == (None, None, False)
    assert not request.has_edited_transcript


def test_a_trim_is_of_the_answer_where_the_flag_is_sent_either_way_and_not_where_it_is_null() -> (
    None
):
    trim = {"start": 1, "end": 2.5}
    assert upload(trim=trim).request.trim == Trim(start=1.0, end=2.5)
    assert not upload(trim=trim).request.from_answer, "a recording that was trimmed before it came"
    assert not upload(trim=trim, hasEditedTranscript=None).request.from_answer
    assert upload(trim=trim, hasEditedTranscript=False).request.from_answer
    assert upload(trim=trim, hasEditedTranscript=True).request.has_edited_transcript


def test_ids_of_other_hosts_keep_their_names_and_lose_their_nulls() -> None:
    ids = {"wistiaId": "w", "paraproId": None, "unknown": 1}
    assert upload(externalVideoIds=ids).request.external_video_ids == {"wistiaId": "w"}
    assert upload(externalVideoIds={}).request.external_video_ids is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"video": None}, "video s3 object parameter missing"),
        ({"video": 5}, "video must be the `key` that this API gave you"),
        ({"video": "else1/clip"}, "not authorized"),
        ({"isVbgVideo": 1}, "isVbgVideo must be true or false"),
        ({"trim": {"start": 1}}, BAD_TRIM),
        ({"trim": {"start": 2, "end": 2}}, BAD_TRIM),
        ({"trim": {"start": 0, "end": float("inf")}}, BAD_TRIM),
        (
            {"trim": {"start": 2, "end": 2.9}},
            "trim leaves less than one second of video; keep at least one second",
        ),
        (
            {"externalVideoIds": {"wistiaId": 5}},
            "externalVideoIds must be {wistiaId, paraproId} of strings",
        ),
        # A trim that is too short is reported last, since it needs both of its numbers.
        (
            {"trim": {"start": 2, "end": 2.9}, "generateThumbnail": "yes"},
            "generateThumbnail must be true or false",
        ),
    ],
)
def test_each_field_has_the_contracts_text(fields: dict[str, Any], message: str) -> None:
    assert text(AnswerRequest, **LEAST | fields) == message


@pytest.mark.parametrize("limit", ["", "0", "51", "-1", "1.5", "2.0", "+5", " 5", "٣", "9" * 5000])
def test_a_page_has_1_to_50_uploads(limit: str) -> None:
    asked = {"mentor": MENTOR, "limit": limit}
    assert text(UploadsQuery, **asked) == "limit must be a whole number from 1 to 50"


def test_a_page_has_20_uploads_unless_asked_for_otherwise() -> None:
    assert parse(UploadsQuery, {"mentor": MENTOR}, USER).limit == 20
    assert parse(UploadsQuery, {"mentor": MENTOR, "limit": "50"}, USER).limit == 50


@pytest.mark.parametrize(
    ("limit", "passes"),
    [
        ("50", True),
        ("0000000050", True),
        ("0" * 5000 + "1", True),
        *(
            (each, False)
            for each in ("51", "0", "000", "0000000010000000", "9" * 5000, "1000000001")
        ),
        *((each, False) for each in ("", " 5", "+5", "5.0", "1_0", "\u0663", "\u00b2", "\uff15")),
    ],
)
def test_a_limit_counts_by_its_value_and_not_by_its_first_digits(
    limit: str, *, passes: bool
) -> None:
    fields = {"mentor": MENTOR, "limit": limit}
    if passes:
        assert 1 <= parse(UploadsQuery, fields, USER).limit <= 50
    else:
        assert text(UploadsQuery, **fields) == "limit must be a whole number from 1 to 50"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1_000_000.1), (1e100, 1e101), (999_999.5, 1e300), (0, 10**30)],
)
def test_a_trim_that_no_video_can_have_is_refused(start: float, end: float) -> None:
    late = "trim must end within 1000000 seconds; give start and end in seconds"
    assert text(AnswerRequest, **LEAST, trim={"start": start, "end": end}) == late
    assert upload(trim={"start": 0, "end": 1_000_000}).request.trim == Trim(start=0, end=1_000_000)


@pytest.mark.parametrize("wrong", ["\ud800", "a\udfff", "x" * 1001, 5])
@pytest.mark.parametrize("name", ["wistiaId", "paraproId"])
def test_ids_elsewhere_are_texts_that_can_be_stored(name: str, wrong: Any) -> None:
    told = text(AnswerRequest, **LEAST, externalVideoIds={name: wrong})
    assert told == "externalVideoIds must be {wistiaId, paraproId} of strings"

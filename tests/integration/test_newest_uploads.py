"""The newest upload of each question, as the studio reads them when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_api.uploads import status
from mentor_common.clock import SystemClock
from mentor_common.jobs import AnswerKey, Answers, Write
from mentor_common.jobs.model import upload_pk
from mentor_local.accepting import accept
from mentor_local.graphql.seed import (
    SEED_ANSWERED_QUESTION_ID,
    SEED_FOREIGN_MENTOR_ID,
    SEED_MENTOR_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
)

if TYPE_CHECKING:
    import pytest


def accepted(api: Any, question: str) -> str:
    """Accept an upload that stops at once, so that the question is free for another."""
    job = accept(api.table, AnswerKey(SEED_MENTOR_ID, question))
    Answers(api.table, SystemClock()).put_cancel(job.upload_id, "test")
    return job.upload_id


def newest(api: Any, cursor: str | None = None) -> tuple[dict[str, str], str | None]:
    """Return the newest uploads by their questions, and where the next page begins."""
    query = {"mentor": SEED_MENTOR_ID} | ({"cursor": cursor} if cursor else {})
    answer = api.client.get("/uploads/newest", query_string=query, headers=api.headers)
    assert answer.status_code == 200, answer.text
    page = answer.get_json()["data"]
    return {one["question"]: one["upload_id"] for one in page["uploads"]}, page["cursor"]


def test_each_question_has_its_newest_upload_in_one_request(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert newest(api) == ({}, None)
    first = accepted(api, SEED_QUESTION_ID)
    second = accepted(api, SEED_SECOND_QUESTION_ID)
    third = accepted(api, SEED_QUESTION_ID)
    refused = accepted(api, SEED_SECOND_QUESTION_ID)
    only_refused = accepted(api, SEED_ANSWERED_QUESTION_ID)
    for upload_id in (refused, only_refused):
        change, values = "SET #status = :status", {"status": "ABORTED"}
        api.table.write(Write(upload_pk(upload_id), "JOB", update=change, values=values))
    expected = {SEED_QUESTION_ID: third, SEED_SECOND_QUESTION_ID: second}
    assert newest(api) == (expected, None), "what was not accepted changed nothing"

    monkeypatch.setattr(status, "_LOOKED_AT", 3)
    latest, cursor = newest(api)
    assert latest == {SEED_QUESTION_ID: third}
    older, end = newest(api, cursor)
    assert (older | latest, end) == (expected, None), "the first that is named is the newest"
    assert older[SEED_QUESTION_ID] == first

    foreign = f"/uploads/newest?mentor={SEED_FOREIGN_MENTOR_ID}"
    assert api.client.get(foreign, headers=api.headers).status_code == 403

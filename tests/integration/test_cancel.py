"""Cancelling uploads, and listing them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_common.errors import DependencyDownError
from mentor_common.events import Topic
from mentor_common.jobs import Answers, Outcome
from mentor_local.graphql.seed import SEED_FOREIGN_USER_ID, SEED_SECOND_QUESTION_ID

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = "/upload/7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"


def accept(api: Any, **changes: Any) -> str:
    return str(api.post(**changes).get_json()["data"]["upload_id"])


def cancel_answer(api: Any, path: str = "/upload/answer/cancel", **changes: Any) -> Any:
    body = {"mentor": api.ids[0], "question": api.ids[1]} | changes
    headers = api.headers | {"Content-Type": "text/plain"}
    return api.client.post(path, data=json.dumps(body), headers=headers)


def delete(api: Any, upload_id: str) -> Any:
    return api.client.delete(f"/upload/{upload_id}", headers=api.headers)


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_both_ways_to_cancel_put_cancel_say_so_once_and_free_the_answer(api: Any) -> None:
    def by_answer(_upload_id: str) -> Any:
        return cancel_answer(api)

    def by_id(upload_id: str) -> Any:
        return delete(api, upload_id)

    for way in (by_answer, by_id):
        upload_id = accept(api)
        assert api.post().get_json()["data"]["upload_id"] == upload_id, "the same file again"
        api.published("notifier")
        answer = way(upload_id)
        assert answer.status_code == 200, answer.text
        data = answer.get_json()["data"]
        assert (data["upload_id"], data["state"]) == (upload_id, "CANCELLING")
        assert {task["status"] for task in data["tasks"]} == {"CANCELLED"}
        (event,) = api.published("notifier")
        assert event["type"] == "upload.cancelled.v1"
        assert event["data"]["cancelled_by"] == api.adapters.reader.upload(upload_id).job.user
        assert way(upload_id).status_code == 200, "again is the same"
        assert api.published("notifier") == []
        assert api.adapters.reader.validity(upload_id, api.answer) == "cancelled"
    assert api.post().status_code == 200


@pytest.mark.parametrize("path", ["/upload/answer/cancel", "/answer/cancel"])
def test_a_client_of_the_old_service_cancels_the_tasks_it_was_given(api: Any, path: str) -> None:
    older = [task["task_id"] for task in api.post().get_json()["data"]["taskList"]]
    sent = api.post(trim={"start": 0, "end": 2}).get_json()["data"]
    tasks = [task["task_id"] for task in sent["taskList"]]

    assert cancel_answer(api, path, task_ids_to_cancel=older).status_code == 404
    assert api.adapters.reader.upload(sent["upload_id"]).cancel is None
    answer = cancel_answer(api, path, task_ids_to_cancel=tasks[-1:])

    assert answer.status_code == 200, answer.text
    data = answer.get_json()["data"]
    assert data["id"] == sent["upload_id"]
    assert (sorted(data["cancelledIds"]), data["cancelledId"]) == (
        sorted(tasks),
        data["cancelledIds"][0],
    )


def test_who_may_not_cancel_changes_nothing(api: Any, make_token: Callable[..., str]) -> None:
    upload_id = accept(api)
    assert api.client.delete(UNKNOWN, headers=api.headers).status_code == 404
    assert delete(api, "nonsense").status_code == 404
    assert cancel_answer(api, question=SEED_SECOND_QUESTION_ID).status_code == 404
    for bad in ("../../x", "a/b", 123, "", None):
        assert cancel_answer(api, mentor=bad).status_code == 400
    api.graphql.set_fault("unavailable")
    assert delete(api, upload_id).status_code == 503
    assert cancel_answer(api).status_code == 503
    api.graphql.set_fault(None)
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert delete(api, upload_id).status_code == 403
    assert cancel_answer(api).status_code == 403
    assert api.adapters.reader.upload(upload_id).cancel is None


def test_what_has_ended_is_not_cancelled(api: Any) -> None:
    upload_id = accept(api)
    answers = Answers(api.table, ManualClock(time.time()))
    answers.put_outcome(upload_id, "1.1", Outcome(kind="failed", code="x", reason="y", at=1.0))
    assert delete(api, upload_id).status_code == 409
    newer = accept(api)
    assert newer != upload_id
    assert delete(api, upload_id).status_code == 409
    assert api.adapters.reader.upload(upload_id).cancel is None


def test_a_cancel_that_could_not_be_announced_is_announced_by_the_sweep(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise DependencyDownError("sns", "down")

    upload_id = accept(api)
    api.published("notifier")
    with monkeypatch.context() as patch:
        patch.setattr(Topic, "publish", down)
        assert delete(api, upload_id).status_code == 200
    assert api.published("notifier") == []
    for _ in range(2):
        api.sweep(ManualClock(time.time() + 6)).run()
    assert types(api.published("notifier")) == ["upload.cancelled.v1"]


def test_the_latest_uploads_of_a_mentor_page_by_page(
    api: Any, make_token: Callable[..., str]
) -> None:
    def get(**query: Any) -> Any:
        return api.client.get("/uploads", query_string=query, headers=api.headers)

    mentor = api.ids[0]
    assert get(mentor=mentor).get_json()["data"] == {"uploads": [], "cursor": None}
    accepted = []
    for _ in range(5):
        accepted.append(accept(api))
        delete(api, accepted[-1])
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        data = get(mentor=mentor, limit=2, **({"cursor": cursor} if cursor else {})).get_json()[
            "data"
        ]
        assert len(data["uploads"]) <= 2
        seen += data["uploads"]
        cursor, pages = data["cursor"], pages + 1
    assert [upload["upload_id"] for upload in seen] == accepted[::-1], "the latest first"
    assert [upload["state"] for upload in seen] == ["CANCELLING"] + ["SUPERSEDED"] * 4
    assert len(get(mentor=mentor).get_json()["data"]["uploads"]) == 5
    for bad in (
        {},
        {"mentor": "x"},
        {"mentor": mentor, "limit": "0"},
        {"mentor": mentor, "limit": "51"},
        {"mentor": mentor, "limit": "x"},
        {"mentor": mentor, "cursor": "nonsense"},
        {"mentor": mentor, "cursor": "e30"},
        {"mentor": mentor, "cursor": "ZW5kbGVzcw=="},
    ):
        assert get(**bad).status_code == 400, bad
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert get(mentor=mentor).status_code == 403

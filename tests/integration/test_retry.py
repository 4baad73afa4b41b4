"""A mentor tries again what failed: as an operator does, and only where it may help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.clock import SystemClock
from mentor_common.work.claims import Busy, Claimant, Claimed, Ended, Tasks
from mentor_local.graphql.seed import SEED_FOREIGN_USER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = "7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"


def accept(api: Any) -> str:
    upload_id = str(api.post().get_json()["data"]["upload_id"])
    api.published("transcoder")
    return upload_id


def retry(api: Any, upload_id: str) -> Any:
    return api.client.post(f"/upload/{upload_id}/retry", headers=api.headers)


def messages(api: Any, service: str) -> list[dict[str, Any]]:
    sqs = api.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=api.cloud.environment(service)["QUEUE_NAME"])["QueueUrl"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


def test_what_was_given_up_is_opened_again_by_the_message_of_a_redrive(api: Any) -> None:
    upload_id = accept(api)
    api.give_up(upload_id)
    shown = api.client.get(f"/upload/status/{upload_id}", headers=api.headers).get_json()["data"]
    assert (shown["state"], shown["can_retry"]) == ("FAILED", True)

    answer = retry(api, upload_id)

    assert answer.status_code == 200, answer.text
    data = answer.get_json()["data"]
    assert (data["state"], data["reason"], data["finished_at"]) == ("QUEUED", None, None)
    web = data["tasks"][0]
    assert (web["status"], web["reason"]) == ("QUEUED", "waiting to be tried again")
    (message,) = messages(api, "transcoder")
    assert message["MessageAttributes"]["attempt"]["StringValue"] == "1"
    claimant = Claimant.of_task(upload_id, "transcode", ("transcoding-web",), "me", 30)
    tasks = Tasks(api.table, SystemClock())
    claim = tasks.claim(claimant, redriven=1)
    assert isinstance(claim, Claimed)
    assert claim.task.attempt == 2
    shown = api.client.get(f"/upload/status/{upload_id}", headers=api.headers).get_json()["data"]
    assert (shown["state"], shown["can_retry"]) == ("IN_PROGRESS", False)
    assert retry(api, upload_id).status_code == 409, "it is being worked on"
    assert isinstance(tasks.claim(claimant, redriven=1), Busy)
    names = {"transcoding-web": {"status": "FAILED"}}
    ended = {"status": "FAILED", "code": "gave_up", "reason": "no", "names": names}
    tasks.finish(claimant, claim.task, ended)
    assert isinstance(tasks.claim(claimant, redriven=1), Ended), "once only"
    shown = api.client.get(f"/upload/status/{upload_id}", headers=api.headers).get_json()["data"]
    assert shown["can_retry"], "and once more, when the second attempt was given up too"
    assert shown["tasks"][0]["status"] == "FAILED"


def test_asking_twice_is_asking_once(api: Any) -> None:
    upload_id = accept(api)
    api.give_up(upload_id)
    assert [retry(api, upload_id).status_code for _ in range(2)] == [200, 200]
    attempts = {
        m["MessageAttributes"]["attempt"]["StringValue"] for m in messages(api, "transcoder")
    }
    assert attempts == {"1"}


def test_409_says_why_it_would_not_help(api: Any) -> None:
    upload_id = accept(api)
    assert "still being worked on" in retry(api, upload_id).get_json()["data"]["message"]
    api.give_up(upload_id, code="too_short")
    refused = retry(api, upload_id)
    assert refused.status_code == 409
    assert "would not help. It did not work." in refused.get_json()["data"]["message"]
    newer = accept(api)
    api.give_up(upload_id)
    assert "newer video" in retry(api, upload_id).get_json()["data"]["message"]
    api.client.delete(f"/upload/{newer}", headers=api.headers)
    assert "was cancelled" in retry(api, newer).get_json()["data"]["message"]
    assert messages(api, "transcoder") == []


def test_who_may_not_edit_the_mentor_tries_nothing_again(
    api: Any, make_token: Callable[..., str]
) -> None:
    upload_id = accept(api)
    api.give_up(upload_id)
    assert retry(api, UNKNOWN).status_code == 404
    assert retry(api, "nonsense").status_code == 404
    api.graphql.set_fault("unavailable")
    assert retry(api, upload_id).status_code == 503
    api.graphql.set_fault(None)
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert retry(api, upload_id).status_code == 403
    assert messages(api, "transcoder") == []
    assert api.adapters.reader.upload(upload_id).retries_requested == []

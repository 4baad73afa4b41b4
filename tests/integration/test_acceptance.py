"""One upload at a time, and nothing half accepted."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.captions import manual_captions_key
from mentor_common.clock import ManualClock
from mentor_common.jobs import AnswerKey, Answers, Intake, Reader, task_id_of
from mentor_common.work.claims import Claimant, Tasks
from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_ANSWERED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
    SEED_TRANSCRIPT,
    SEED_VTT_TEXT,
)

if TYPE_CHECKING:
    from collections.abc import Callable


DAY = 24 * 3600
MP4_START = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"


def fail_transcode(api: Any, upload_id: str) -> None:
    tasks = Tasks(api.table, ManualClock(time.time()))
    claimant = Claimant.of_task(upload_id, "transcode", ["transcoding-web"], "test", 60)
    claimed = tasks.claim(claimant)
    tasks.finish(claimant, claimed.task, {"status": "FAILED", "code": "x", "reason": "y"})  # type: ignore[union-attr]  # a fresh task is claimed


def test_tasks_document_and_event_exist_before_the_response(api: Any) -> None:
    answer = api.post(trim={"start": 1.5, "end": 3.25})
    assert answer.status_code == 200
    data = answer.get_json()["data"]
    names = [task["task_name"] for task in data["taskList"]]
    assert names == ["transcoding-web", "transcoding-mobile", "transcribing", "trim-upload"]
    assert {task["status"] for task in data["taskList"]} == {"QUEUED"}
    document = api.graphql.store.upload_task(*api.ids)
    assert document is not None
    assert document["trimUploadTask"]["task_id"] == data["taskList"][3]["task_id"]
    assert document["transcript"] == ""
    (event,) = api.published()
    assert event["data"]["trim"] == {"start": 1.5, "end": 3.25}
    assert event["data"]["source"]["etag"]
    assert len(api.published("transcriber")) == 1
    assert api.published("notifier") == [], "the acceptance itself has told the notifier"
    state = Reader(api.table).answer_state(api.answer)
    assert state is not None
    assert state.open == {event["data"]["upload_id"]}


@pytest.mark.parametrize("after_a_failed_one", [False, True], ids=["first", "after a failed one"])
def test_of_20_simultaneous_uploads_of_20_people_exactly_one_is_accepted(
    api: Any, make_token: Callable[..., str], *, after_a_failed_one: bool
) -> None:
    if after_a_failed_one:
        fail_transcode(api, api.post().get_json()["data"]["upload_id"])
        api.published()
    people = [api.graphql.store.add_user(name="Ed", role="ADMIN")["_id"] for _ in range(20)]
    theirs = [(replace(api, token=make_token(user)), api.put(user=user)) for user in people]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: one[0].post(video=one[1]), theirs))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * 19
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.get_json()["data"] == {
        "error": "upload in progress",
        "message": "There is an upload already in progress, please wait.",
    }
    assert len(api.published()) == 1


def test_of_simultaneous_uploads_of_one_person_one_is_left_and_none_is_a_conflict(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest wins: the others are superseded, or were told to come back."""
    monkeypatch.setattr("mentor_api.uploads.accept._SECONDS_BETWEEN_TRIES", 0.02)
    videos = [api.put(MP4_START + bytes([n])) for n in range(6)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda video: api.post(video=video), videos))
    assert {answer.status_code for answer in answers} <= {200, 503}
    reader = Reader(api.table)
    accepted = [a.get_json()["data"]["upload_id"] for a in answers if a.status_code == 200]
    validity = [reader.validity(upload_id, api.answer) for upload_id in accepted]
    assert sorted(validity) == ["current"] + ["superseded"] * (len(accepted) - 1)
    current = reader.current(api.answer)
    assert current is not None
    document = api.graphql.store.upload_task(*api.ids)
    assert document is not None
    shown = document["transcodeWebTask"]["task_id"]
    assert shown == task_id_of(current.upload_id, "transcoding-web")


def test_a_replaced_upload_has_its_outcome_when_its_successor_is_accepted(api: Any) -> None:
    """Otherwise it could still be called ready, which nothing would show."""
    older = api.post().get_json()["data"]["upload_id"]
    assert api.post(video=api.put(MP4_START + b"another")).status_code == 200
    outcome = Reader(api.table).upload(older).outcome
    assert outcome is not None
    assert outcome.kind == "superseded"


def test_deleting_the_document_after_a_409_frees_nothing(
    api: Any, make_token: Callable[..., str]
) -> None:
    manager = replace(api, token=make_token(SEED_ADMIN_ID))
    assert api.post().status_code == 200
    assert manager.post(video=api.put(user=SEED_ADMIN_ID)).status_code == 409
    api.delete_document()
    assert manager.post(video=api.put(user=SEED_ADMIN_ID)).status_code == 409


def test_same_key_again_is_the_same_job(api: Any) -> None:
    video = api.put()
    first, again = api.post(video=video), api.post(video=video)
    assert again.status_code == 200
    assert again.get_json() == first.get_json()
    assert len(api.published()) == 1
    other = api.post(video=video, question=SEED_SECOND_QUESTION_ID)
    assert other.status_code == 400


def test_after_a_failed_task_a_new_upload_is_accepted_at_once(api: Any) -> None:
    first = api.post().get_json()["data"]["upload_id"]
    fail_transcode(api, first)
    second = api.post()
    assert second.status_code == 200
    current = Reader(api.table).current(api.answer)
    assert current is not None
    assert current.upload_id == second.get_json()["data"]["upload_id"]
    assert current.previous is not None
    assert current.previous.upload_id == first
    assert Reader(api.table).validity(first, api.answer) == "superseded"


@pytest.mark.parametrize("mode", ["unavailable", "errors", "down"])
def test_graphql_failing_at_the_write_leaves_nothing_active(api: Any, mode: str) -> None:
    first = api.post().get_json()["data"]["upload_id"]
    fail_transcode(api, first)
    api.published()
    video = api.put()
    api.graphql.set_fault(mode, match="uploadTaskUpdate")
    assert api.post(video=video).status_code == 503
    api.graphql.set_fault(None)
    current = Reader(api.table).current(api.answer)
    assert current is not None
    assert current.upload_id == first, "the answer is given back to the predecessor"
    assert current.accepted
    assert api.published() == []
    document = api.graphql.store.upload_task(*api.ids)
    assert document is not None
    shown = document["transcodeWebTask"]["task_id"]
    assert shown == task_id_of(first, "transcoding-web"), "nobody was told yet how that one ended"
    assert api.post(video=video).status_code == 200


def test_document_of_a_write_that_timed_out_is_deleted(api: Any) -> None:
    video = api.put()
    api.graphql.fail_next(1, "apply_then_drop", match="uploadTaskUpdate")
    answer = api.post(video=video)
    if answer.status_code == 200:
        # The repetition of the broken-off request succeeded: then all of it must be there.
        assert api.graphql.store.upload_task(*api.ids) is not None
        assert len(api.published()) == 1
    else:
        assert answer.status_code == 503
        assert api.untouched()


def test_a_document_that_could_not_be_deleted_is_shown_failed_and_the_answer_freed(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the state machine: it stayed QUEUED for ever when GraphQL failed twice."""
    video = api.put()
    api.graphql.fail_next(9, "down", match="uploadTaskDelete")
    api.graphql.set_fault("apply_then_drop", match="uploadTaskUpdate")
    assert api.post(video=video).status_code == 503
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)
    assert api.post().status_code == 503, "the answer stays locked while a document may be there"
    api.graphql.set_fault(None)
    api.sweep(ManualClock(time.time() + 1)).run()
    document = api.graphql.store.upload_task(*api.ids)
    assert document is not None
    assert document["transcodeWebTask"]["status"] == "FAILED", "so that the UI deletes it"
    assert Reader(api.table).current(api.answer) is None
    assert api.post(video=video).status_code == 200


def test_sweep_aborts_a_preparation_whose_process_died(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Died

    monkeypatch.setattr(Intake, "accept", die)
    with pytest.raises(Died):
        api.post()
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)
    assert api.post().status_code == 503, "the dead process still holds the answer"
    api.sweep(ManualClock(time.time() + 30)).run()
    assert Reader(api.table).current(api.answer) is not None
    api.sweep(ManualClock(time.time() + 61)).run()
    assert Reader(api.table).current(api.answer) is None
    document = api.graphql.store.upload_task(*api.ids)
    assert document is not None
    assert document["transcodeWebTask"]["status"] == "FAILED"
    monkeypatch.undo()
    assert api.published() == []


def test_what_could_not_be_announced_is_announced_by_the_sweep(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mentor_common.errors import DependencyDownError  # noqa: PLC0415 -- beside its one use
    from mentor_common.events import Topic  # noqa: PLC0415 -- beside its one use

    def down(*_: Any, **__: Any) -> None:
        raise DependencyDownError("sns", "down")

    with monkeypatch.context() as patch:
        patch.setattr(Topic, "publish", down)
        assert api.post().status_code == 200
    assert api.published() == []
    later = api.sweep(ManualClock(time.time() + 6))
    later.run()
    (event,) = api.published()
    later.run()
    assert api.published() == []
    api.sweep(ManualClock(time.time() + 16 * 60)).run()
    (again,) = api.published()
    assert again["id"] == event["id"], "a repetition is the same event"


def test_an_upload_that_everybody_knows_is_not_announced_again(api: Any) -> None:
    upload_id = api.post().get_json()["data"]["upload_id"]
    clock = ManualClock(time.time())
    tasks = Tasks(api.table, clock)
    tasks.claim(Claimant.of_task(upload_id, "transcode", ["transcoding-web"], "test", 60))
    tasks.claim(Claimant.of_task(upload_id, "transcribe", ["transcribing"], "test", 60))
    Answers(api.table, clock).request(api.answer, (upload_id,))
    api.published()
    api.sweep(ManualClock(time.time() + 16 * 60)).run()
    assert api.published() == []


def test_edited_transcript_keeps_existing_captions_in_the_document(api: Any) -> None:
    answer = api.post(
        question=SEED_ANSWERED_QUESTION_ID,
        hasEditedTranscript=True,
        trim={"start": 0.5, "end": 3.0},
    )
    assert answer.status_code == 200
    names = [task["task_name"] for task in answer.get_json()["data"]["taskList"]]
    assert "transcribing" not in names
    document = api.graphql.store.upload_task(api.ids[0], SEED_ANSWERED_QUESTION_ID)
    assert document is not None
    assert document["vttMedia"]["url"].endswith(".vtt")
    assert document["transcribeTask"] is None


@pytest.mark.parametrize(
    ("trim", "by_hand", "captions"),
    [
        ({"start": 0.5, "end": 3.0}, False, "credible"),
        ({"start": 0.5, "end": 3.0}, True, "never"),
        (None, False, "never"),
    ],
)
def test_an_edited_transcript_without_word_timings_is_aligned(
    api: Any, trim: Any, by_hand: bool, captions: str
) -> None:
    """By a request of its own: an older transcriber, which knows none, must not act on it."""
    mentor, question = api.ids[0], SEED_ANSWERED_QUESTION_ID
    if by_hand:
        url = manual_captions_key(mentor, question, "1" * 32)
        media = {"type": "subtitles", "tag": "en", "url": url, "vttText": SEED_VTT_TEXT}
        where = {"mentor": mentor, "question": question}
        api.graphql.store.change("answers", where, {"vttMedia": media})
    answer = api.post(
        question=question, hasEditedTranscript=True, **({"trim": trim} if trim else {})
    )
    upload_id = answer.get_json()["data"]["upload_id"]
    (event,) = api.published("transcriber")
    assert event["type"] == "alignment.requested.v1"
    (accepted,) = api.published("transcoder")
    assert accepted["data"]["transcribe"] is False, "no speech is to be recognised"
    assert "align_key" not in accepted["data"]
    assert event["data"]["align_captions"] == captions
    key = event["data"]["align_key"]
    bucket = api.settings.static_bucket
    text = api.adapters.storage.get_text(bucket, key)
    assert text == SEED_TRANSCRIPT.replace("*", ""), "as it is said, without its markup"
    status = api.client.get(f"/upload/status/{upload_id}", headers=api.headers).get_json()["data"]
    assert "transcribing" not in {task["task_name"] for task in status["tasks"]}

    claimant = Claimant.of_task(upload_id, "transcode", ["transcoding-web"], "test", 60)
    clock = ManualClock(time.time())
    Tasks(api.table, clock).claim(claimant)
    answers = Answers(api.table, clock)
    answers.request(AnswerKey(mentor, question), (upload_id,))
    clock.advance(3600)
    api.sweep(clock).run()
    assert len(api.published("transcriber")) == 1, "announced again until it is heard there too"


def test_an_edited_transcript_of_nothing_is_not_aligned(api: Any) -> None:
    answer = api.post(question=SEED_SECOND_QUESTION_ID, hasEditedTranscript=True)
    assert answer.status_code == 200
    assert api.published("transcriber") == []


def test_status_tells_tasks_and_answers_304_while_nothing_changes(
    api: Any, make_token: Callable[..., str]
) -> None:
    data = api.post().get_json()["data"]
    path = data["statusUrl"]
    first = api.client.get(path, headers=api.headers)
    status = first.get_json()["data"]
    assert status["state"] == "QUEUED"
    assert [task["task_id"] for task in status["tasks"]] == [
        task_id_of(data["upload_id"], task["task_name"]) for task in data["taskList"]
    ]
    assert "waiting for a free transcoder" in status["tasks"][0]["reason"]
    headers = api.headers | {"If-None-Match": first.headers["ETag"]}
    assert api.client.get(path, headers=headers).status_code == 304
    fail_transcode(api, data["upload_id"])
    assert api.client.get(path, headers=headers).status_code == 200
    stranger = {"Authorization": f"bearer {make_token('5ee0000000000000000000ff')}"}
    assert api.client.get(path, headers=stranger).status_code == 403
    unknown = "/upload/status/00000000-0000-0000-0000-000000000000"
    assert api.client.get(unknown, headers=api.headers).status_code == 404
    assert api.client.get("/upload/status/nonsense", headers=api.headers).status_code == 404


def test_no_token_is_stored_or_sent(api: Any) -> None:
    api.post(trim={"start": 0, "end": 2})

    def everything() -> str:
        rows = api.cloud.client("dynamodb").scan(TableName=api.table.name)["Items"]
        events = api.published() + api.published("notifier")
        log = [str(record.args) for record in api.graphql.store.write_log()]
        return json.dumps([rows, events, log], default=str)

    found = everything()
    assert api.ids[0] in found
    assert api.token not in found
    key = {"pk": {"S": "PLANTED"}, "sk": {"S": api.token}}
    api.cloud.client("dynamodb").put_item(TableName=api.table.name, Item=key)
    assert api.token in everything(), "the search would have found it"


def test_readyz_names_what_is_down_and_fails_only_for_the_jobs_table(
    api: Any, make_api: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.graphql.set_fault("unavailable")
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert list(answer.get_json()["down"]) == ["graphql"]
    api.graphql.set_fault(None)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    answer = make_api().client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "down")
    assert sorted(answer.get_json()["down"]) == ["dynamodb", "sns"]
    assert api.client.get("/livez").status_code == 200

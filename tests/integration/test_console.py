"""The operator's console by its routes: who may, what is shown, what is done, and the log of it."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from console_client import OpsClient
from mentor_api.http.operations import operations_of
from mentor_common.clock import ManualClock, SystemClock
from mentor_common.consumer import Consumer, DependencyBreaker, Policy
from mentor_common.events import UploadAccepted
from mentor_common.failpoints import InjectedError, watching
from mentor_common.jobs import EXHAUSTED, Answers, Outcome, Reader, accepted_event
from mentor_common.work.registry import Registration
from mentor_local.accepting import accept, new_answer
from mentor_local.graphql.seed import SEED_ADMIN_ID, SEED_FOREIGN_USER_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable


def test_switched_off_there_is_nothing_for_anybody(make_ops: Callable[..., OpsClient]) -> None:
    ops = make_ops(CONSOLE_ENABLED="false")
    for path in ("queues", "uploads", "audit", "me"):
        assert ops.ask(path).status_code == 404
        assert ops.api.client.get(f"/ops/api/{path}").status_code == 404
    assert ops.post("actions", verb="redrive", queue="api").status_code == 404
    assert ops.api.client.get("/ops").status_code == 404


def test_only_administrators_by_their_token_and_by_graphql(
    ops: OpsClient, make_token: Callable[..., str]
) -> None:
    assert ops.get("me") == {"user": SEED_ADMIN_ID, "role": "ADMIN", "stage": "local"}
    client = ops.api.client
    assert client.get("/ops/api/me").status_code == 401
    others = {
        "an owner": make_token(SEED_OWNER_ID),
        "one whose token lies": make_token(SEED_FOREIGN_USER_ID, role="SUPER_ADMIN"),
        "a content manager by the token": make_token(SEED_ADMIN_ID, role="CONTENT_MANAGER"),
    }
    for who, token in others.items():
        answer = OpsClient(ops.api, token).ask("me")
        assert answer.status_code == 403, who
        assert "administrators" in answer.get_json()["data"]["message"]
        assert (
            OpsClient(ops.api, token).post("actions", verb="redrive", queue="api").status_code
            == 403
        )
    assert (
        OpsClient(ops.api, make_token(SEED_ADMIN_ID, role="ADMIN", exp=1)).ask("me").status_code
        == 401
    )


def test_every_route_refuses_before_it_does_anything(
    ops: OpsClient, make_token: Callable[..., str]
) -> None:
    job = ops.upload()
    ops.fail(job)
    action = ops.do("actions", verb="discard", queue="transcoder")
    places = {"<upload_id>": job.upload_id, "<action_id>": action["id"]}
    routes = [
        (method, re.sub("<[a-z_]+>", lambda found: places[str(found[0])], path))
        for method, path, _ in operations_of(ops.api.client.application)
        if path.startswith("/ops/api")
    ]
    assert len(routes) == 17, "a new route is refused like the others"
    log, rows = ops.log(), ops.api.cloud.client("dynamodb").scan(TableName=ops.api.table.name)

    def answers(token: str | None) -> set[int]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"verb": "redrive", "queue": "transcoder"}
        return {
            ops.api.client.open(
                path, method=method, headers=headers, json=body if method == "POST" else None
            ).status_code
            for method, path in routes
        }

    assert answers(None) == {401}
    assert answers(make_token(SEED_ADMIN_ID, role="ADMIN", exp=1)) == {401}
    assert answers(make_token(SEED_OWNER_ID)) == {403}
    assert answers(make_token(SEED_FOREIGN_USER_ID, role="ADMIN")) == {403}
    ops.api.graphql.set_fault("unavailable")
    assert answers(make_token(SEED_ADMIN_ID, role="SUPER_ADMIN")) == {503}
    ops.api.graphql.set_fault(None)
    assert (
        ops.api.cloud.client("dynamodb").scan(TableName=ops.api.table.name)["Items"]
        == (rows["Items"])
    )
    assert (ops.log(), ops.count()) == (log, 1)


def test_graphql_down_lets_nobody_act_and_nobody_new_look(
    ops: OpsClient, make_token: Callable[..., str]
) -> None:
    ops.get("queues")
    ops.api.graphql.set_fault("unavailable")
    assert ops.ask("queues").status_code == 200, "asked a moment ago"
    assert ops.post("actions", verb="redrive", queue="api").status_code == 503
    other = OpsClient(ops.api, make_token(SEED_ADMIN_ID, role="ADMIN", mentorIds=["5ee00"]))
    assert other.ask("queues").status_code == 503
    ops.api.graphql.set_fault(None)
    assert ops.log() == [], "what was not let pass is no action"


def test_another_sites_page_can_make_a_browser_do_nothing(ops: OpsClient) -> None:
    body = json.dumps({"verb": "discard", "queue": "transcoder"})
    ops.bury("no json")
    client, token = ops.api.client, ops.headers["Authorization"].split()[1]
    for name in ("token", "accessToken", "Authorization"):
        client.set_cookie(name, token)
    assert client.post("/ops/api/actions", data=body).status_code == 401, "cookies are nothing"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        sent = client.post("/ops/api/actions", data=body, headers=ops.headers, content_type=kind)
        assert sent.status_code == 415, kind
    assert client.post("/ops/api/actions", data=body, headers=ops.headers).status_code == 415
    assert (ops.log(), ops.count()) == ([], 1)


def test_queues_show_what_waits_since_when_and_what_was_given_up(ops: OpsClient) -> None:
    answer = new_answer(ops.api.graphql.store)
    old = accept(ops.api.table, answer)
    sqs = ops.api.cloud.client("sqs")
    sqs.send_message(QueueUrl=ops.url("QUEUE_NAME"), MessageBody=accepted_event(old).to_json())
    ops.bury("no json")
    shown = ops.get("queues")
    found = {one["service"]: one for one in shown["queues"]}
    assert list(found) == ["api", "transcoder", "transcriber", "notifier"]
    transcoder = found["transcoder"]
    assert (transcoder["waiting"], transcoder["in_work"], transcoder["dead"]) == (1, 0, 1)
    assert 0 <= transcoder["oldest_seconds"] < 60
    assert found["transcriber"]["oldest_seconds"] is None, "nobody waits"
    assert found["notifier"]["oldest_seconds"] is None, "nobody knows"


def test_what_cloudwatch_measures_comes_before_what_we_know(ops: OpsClient) -> None:
    ops.upload()
    for service, age in (("notifier", 300.0), ("transcoder", 42.0)):
        dimension = {
            "Name": "QueueName",
            "Value": ops.api.cloud.environment(service)["QUEUE_NAME"],
        }
        ops.api.cloud.client("cloudwatch").put_metric_data(
            Namespace="AWS/SQS",
            MetricData=[
                {
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [dimension],
                    "Value": age,
                    "Timestamp": time.time() - 90,
                }
            ],
        )
    found = {one["service"]: one["oldest_seconds"] for one in ops.get("queues")["queues"]}
    assert found == {"api": None, "transcoder": 42.0, "transcriber": None, "notifier": 300.0}


def test_workers_show_whether_they_are_there(ops: OpsClient) -> None:
    now = time.time()
    for service, silent in (("transcoder", 0), ("transcriber", 60), ("notifier", 600)):
        clock = ManualClock(now - silent)
        consumer = Consumer(None, {}, Policy(slots=2), DependencyBreaker({}), service)  # type: ignore[arg-type] # it receives nothing
        registration = Registration(ops.api.table, clock, service)
        registration.write(registration.of(consumer, idle=1.0, stopping=False))
    found = {one["service"]: one for one in ops.get("workers")["workers"]}
    seen = {service: one["seen"] for service, one in found.items()}
    assert seen == {"transcoder": "alive", "transcriber": "late", "notifier": "gone"}
    assert (found["transcoder"]["slots"], found["transcoder"]["turned_seconds"]) == (2, 1.0)


def test_uploads_are_found_by_state_mentor_and_age_page_by_page(ops: OpsClient) -> None:
    jobs = [ops.upload() for _ in range(5)]
    ops.fail(jobs[0])
    answers = Answers(ops.api.table, SystemClock())
    answers.put_outcome(
        jobs[0].upload_id, "1.1", Outcome(kind="failed", reason="It broke.", at=1.0)
    )
    answers.mark_published(jobs[0], "1.1")
    latest_first = [job.upload_id for job in reversed(jobs)]

    def ids(**query: Any) -> list[str]:
        return [row["upload"] for row in ops.get("uploads", **query)["uploads"]]

    assert ids() == latest_first
    assert ids(state="FAILED") == [jobs[0].upload_id]
    assert ids(state="ACTIVE") == latest_first[:-1]
    assert ids(mentor=jobs[2].mentor) == [jobs[2].upload_id]
    assert ids(mentor=jobs[2].mentor, state="READY") == []
    assert ids(older_than_minutes=1) == []
    assert ids(mentor=jobs[2].mentor, older_than_minutes=1) == []
    assert ids(within_hours=0.0001, older_than_minutes=0.1) == []
    (row,) = ops.get("uploads", state="FAILED")["uploads"]
    assert row["why"] == "it failed: It broke."
    paged: list[str] = []
    cursor = None
    while True:
        page = ops.get("uploads", limit=2, **({"cursor": cursor} if cursor else {}))
        paged += [one["upload"] for one in page["uploads"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert paged == latest_first
    for bad in ({"cursor": "x"}, {"state": "WRONG"}, {"mentor": "../x"}, {"limit": "0"}):
        assert ops.ask("uploads", **bad).status_code == 400, bad


def test_a_mentors_uploads_come_page_by_page(ops: OpsClient) -> None:
    answer = new_answer(ops.api.graphql.store)
    ids = []
    for _ in range(3):
        job = accept(ops.api.table, answer)
        Answers(ops.api.table, SystemClock()).put_cancel(job.upload_id, "test")
        ids.append(job.upload_id)
    first = ops.get("uploads", mentor=answer.mentor, limit=2)
    rest = ops.get("uploads", mentor=answer.mentor, limit=2, cursor=first["cursor"])
    shown = [row["upload"] for row in first["uploads"] + rest["uploads"]]
    assert shown == list(reversed(ids))
    assert first["uploads"][0]["state"] == "CANCELLING"


def test_an_upload_is_told_in_full_with_its_trace(make_ops: Callable[..., OpsClient]) -> None:
    ops = make_ops(TRACE_URL_TEMPLATE="https://traces.example.org/t/{trace_id}?x=1")
    job = ops.upload()
    ops.fail(job)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    key = {"pk": {"S": f"UPLOAD#{job.upload_id}"}, "sk": {"S": "JOB"}}
    ops.api.cloud.client("dynamodb").update_item(
        TableName=ops.api.table.name,
        Key=key,
        UpdateExpression="SET traceparent = :t",
        ExpressionAttributeValues={":t": {"S": f"00-{trace}-00f067aa0ba902b7-01"}},
    )
    found = ops.get(f"uploads/{job.upload_id}")
    assert (found["state"], found["may_retry"], found["may_cancel"]) == ("IN_PROGRESS", True, True)
    assert found["trace_url"] == f"https://traces.example.org/t/{trace}?x=1"
    whats = [one["what"] for one in found["story"]]
    assert whats[0] == "The upload arrived"
    assert "Making the video: attempt 1 begun" in whats
    failed = next(one for one in found["story"] if one["tone"] == "bad")
    assert (failed["what"], failed["more"]) == (
        "Making the video: attempt 1 failed (gave_up)",
        "It broke.",
    )
    assert [one["at"] for one in found["story"]] == sorted(one["at"] for one in found["story"])
    (task,) = found["tasks"]
    assert (task["task"], task["status"], task["owner"]) == ("transcode", "FAILED", "test")
    assert ops.ask(f"uploads/{uuid.uuid4()}").status_code == 404
    assert ops.ask("uploads/nonsense").status_code == 404


def test_letters_are_shown_with_their_reason_and_lie_there_as_before(ops: OpsClient) -> None:
    job = ops.upload()
    ops.fail(job)
    ops.bury("<b>no json</b>", code="not_json", text="It is no JSON.")
    page = ops.get("dead-letters", queue="transcoder")
    assert (page["waiting"], page["matching"]) == (2, 2)
    assert {(one["type"], one["code"]): one["count"] for one in page["reasons"]} == {
        (UploadAccepted.TYPE, EXHAUSTED): 1,
        ("unreadable", "not_json"): 1,
    }
    by_code = {one["code"]: one for one in page["letters"]}
    letter = by_code[EXHAUSTED]
    assert (letter["upload"], letter["attempt"], letter["why"]) == (job.upload_id, "1", "It broke.")
    assert (letter["state"], letter["mentor"]) == ("IN_PROGRESS", job.mentor)
    assert json.loads(letter["content"])["data"]["upload_id"] == job.upload_id
    assert by_code["not_json"]["content"] == "<b>no json</b>"
    only = ops.get("dead-letters", queue="transcoder", code="not_json")
    assert [one["code"] for one in only["letters"]] == ["not_json"]
    assert ops.get("dead-letters", queue="notifier")["letters"] == []
    assert ops.ask("dead-letters", queue="nobody").status_code == 400
    assert ops.get("queues")["queues"][1]["dead"] == 2
    assert ops.log() == [], "looking is no action"


def test_a_redrive_goes_round_by_round_and_survives_the_page_and_the_process(
    ops: OpsClient, make_ops: Callable[..., OpsClient]
) -> None:
    for number in range(130):
        ops.bury(f"letter {number}", code="not_json")
    begun = ops.do("actions", verb="redrive", queue="transcoder", type="unreadable")
    assert (begun["status"], begun["total"], begun["done"]) == ("RUNNING", 130, 0)
    assert ops.count() == 130, "nothing is moved yet"
    (entry,) = ops.log()
    assert (entry["verb"], entry["who"], entry["tool"]) == ("redrive", SEED_ADMIN_ID, "console")
    assert entry["to"] == {"queue": "transcoder", "type": "unreadable"}
    assert entry["ended_at"] is None

    first = ops.do(f"actions/{begun['id']}/round")
    assert (first["status"], first["done"]) == ("RUNNING", 100), "a round is bounded"
    other = make_ops()
    (found,) = other.get("actions")["actions"]
    assert found == first, "another process knows where it stands"
    over = other.finish(found)
    assert (over["status"], over["done"], over["undone"]) == ("DONE", 130, 0)
    assert (ops.count(), ops.count("QUEUE_NAME")) == (0, 130)
    assert ops.get("actions")["actions"] == []
    assert ops.get(f"actions/{begun['id']}") == over
    assert ops.do(f"actions/{begun['id']}/round") == over, "again is nothing"
    (entry,) = ops.log()
    assert entry["id"] == begun["id"]
    assert entry["ended_at"] is not None
    assert entry["result"] == {"done": 130, "undone": 0}


def test_a_redriven_letter_is_whole_and_others_stay(ops: OpsClient) -> None:
    jobs = [ops.upload() for _ in range(3)]
    for job in jobs:
        ops.fail(job)
    letters = ops.get("dead-letters", queue="transcoder", upload=jobs[1].upload_id)["letters"]
    action = ops.do("actions", verb="redrive", queue="transcoder", message=letters[0]["message"])
    assert ops.finish(action)["done"] == 1
    assert ops.count() == 2
    sqs = ops.api.cloud.client("sqs")
    (sent,) = sqs.receive_message(QueueUrl=ops.url("QUEUE_NAME"), MessageAttributeNames=["All"])[
        "Messages"
    ]
    given = {name: value["StringValue"] for name, value in sent["MessageAttributes"].items()}
    assert given["attempt"] == "1"
    assert json.loads(sent["Body"])["data"]["upload_id"] == jobs[1].upload_id


def test_broken_off_between_send_and_delete_it_goes_on_and_loses_nothing(ops: OpsClient) -> None:
    ops.fail(ops.upload())
    action = ops.do("actions", verb="redrive", queue="transcoder")

    def break_off(point: str) -> None:
        if point == "sqs.send:after":
            raise InjectedError(point)

    with watching(break_off):
        assert ops.post(f"actions/{action['id']}/round").status_code == 500
    assert (ops.count(), ops.count("QUEUE_NAME")) == (1, 1), "sent, not deleted"
    assert ops.log()[0]["ended_at"] is None
    over = ops.finish(ops.get(f"actions/{action['id']}"))
    assert (over["status"], over["done"]) == ("DONE", 1)
    assert (ops.count(), ops.count("QUEUE_NAME")) == (0, 2), "the attempt in both is the same"


def test_discarded_letters_are_kept_in_a_private_place_before_they_go(ops: OpsClient) -> None:
    for number in range(12):
        ops.bury(f"letter {number}", code="not_json", text="It is no JSON.")
    action = ops.do("actions", verb="discard", queue="transcoder", code="not_json")
    bucket = ops.api.settings.signed_upload_bucket
    place = f"discarded/{action['id']}/"
    assert action["kept"] == f"s3://{bucket}/{place}"
    s3 = ops.api.cloud.client("s3")

    def kept() -> list[dict[str, Any]]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=place).get("Contents", [])
        texts = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    deleted = 0

    def look(point: str) -> None:
        nonlocal deleted
        if point == "sqs.delete:before":
            deleted += 1
            assert len(kept()) > 12 - ops.count(), "kept before it is deleted"

    with watching(look):
        over = ops.finish(action)
    assert (over["status"], over["done"], ops.count(), ops.count("QUEUE_NAME")) == (
        "DONE", 12, 0, 0,
    )  # fmt: skip
    assert deleted
    records = {record["body"]: record for record in kept()}
    assert len(records) == 12
    assert records["letter 3"]["attributes"]["code"] == "not_json"
    (entry,) = ops.log()
    assert entry["result"]["kept"] == action["kept"]


def test_an_action_can_be_stopped_and_what_was_done_stays_done(ops: OpsClient) -> None:
    ops.bury("no json")
    action = ops.do("actions", verb="discard", queue="transcoder")
    stopped = ops.do(f"actions/{action['id']}/stop")
    assert stopped["status"] == "STOPPED"
    assert ops.do(f"actions/{action['id']}/round") == stopped
    assert ops.count() == 1
    assert ops.log()[0]["result"]["stopped"] is True
    assert ops.ask(f"actions/{action['id']}x").status_code == 404
    assert ops.ask("actions/20260105T120000000000Z-1f0e2d3c").status_code == 404


def test_retry_opens_the_next_attempt_and_a_refused_one_is_in_the_log_too(ops: OpsClient) -> None:
    job = ops.upload()
    refused = ops.post(f"uploads/{job.upload_id}/retry")
    assert refused.status_code == 409
    ops.fail(job)
    assert ops.do(f"uploads/{job.upload_id}/retry", task="transcode")["opens"] == {"transcode": 2}
    assert ops.count("QUEUE_NAME") == 1
    done, tried = ops.log()
    assert (done["verb"], done["to"]) == ("retry", {"upload": job.upload_id, "task": "transcode"})
    assert done["result"] == {"opens": {"transcode": 2}}
    assert "none to try again" in tried["result"]["error"]
    assert ops.post(f"uploads/{uuid.uuid4()}/retry").status_code == 404
    assert ops.post(f"uploads/{job.upload_id}/retry", task="sing").status_code == 400


def test_cancel_names_the_operator_and_again_is_the_same(ops: OpsClient) -> None:
    job = ops.upload()
    found = ops.do(f"uploads/{job.upload_id}/cancel")
    assert (found["state"], found["may_cancel"]) == ("CANCELLING", False)
    assert ops.post(f"uploads/{job.upload_id}/cancel").status_code == 200
    cancel = Reader(ops.api.table).upload(job.upload_id).cancel
    assert cancel is not None
    assert (cancel.by, cancel.said) == (f"operator {SEED_ADMIN_ID}", True)
    types = [event["type"] for event in ops.api.published("notifier")]
    assert types == ["upload.cancelled.v1"]
    ended = ops.upload()
    answers = Answers(ops.api.table, SystemClock())
    answers.put_outcome(ended.upload_id, "1.1", Outcome(kind="ready", at=time.time()))
    assert ops.post(f"uploads/{ended.upload_id}/cancel").status_code == 409
    assert [entry["verb"] for entry in ops.log()] == ["cancel"] * 3


def test_the_day_counts_what_came_how_it_ended_and_how_long_it_took(
    ops: OpsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [ops.upload() for _ in range(4)]
    table = ops.api.table
    for number, (job, kind) in enumerate(zip(jobs, ["ready", "ready", "failed"], strict=False)):
        clock = ManualClock((job.accepted_at or 0) + 10 * (number + 1))
        answers = Answers(table, clock)
        code = "no_video" if kind == "failed" else None
        answers.put_outcome(job.upload_id, "1.1", Outcome(kind=kind, code=code, at=1.0))
        answers.mark_published(job, "1.1")
    monkeypatch.setattr(SystemClock, "now", lambda _: time.time() + 60)
    day = ops.get("day")
    total = day["total"]
    assert (total["came"], total["ready"], total["failed"]) == (4, 2, 1)
    assert total["seconds_half"] == pytest.approx(15, abs=0.2)
    assert total["seconds_most"] == pytest.approx(19.5, abs=0.2)
    assert day["failures"] == [{"code": "no_video", "count": 1}]
    assert len(day["hours"]) == 24
    assert sum(hour["came"] for hour in day["hours"][-2:]) == 4
    assert day["hours"][0] == {
        "begins": day["hours"][0]["begins"],
        "came": 0, "ready": 0, "failed": 0, "cancelled": 0, "superseded": 0,
        "seconds_half": None, "seconds_most": None,
    }  # fmt: skip


def test_the_log_comes_page_by_page(ops: OpsClient) -> None:
    for _ in range(3):
        ops.post(f"uploads/{ops.upload().upload_id}/retry")
    whole = ops.log()
    first = ops.get("audit", limit=2)
    rest = ops.get("audit", limit=2, cursor=first["cursor"])
    assert first["entries"] + rest["entries"] == whole
    assert rest["cursor"] is None
    assert ops.ask("audit", cursor="../x").status_code == 400


def test_uploads_are_found_by_how_an_id_begins_and_by_their_error(ops: OpsClient) -> None:
    jobs = [ops.upload() for _ in range(4)]
    ops.end_failed(jobs[0], "TransientError: [Errno 28] No space left on device /tmp/1")
    ops.end_failed(jobs[1], "TransientError: connection reset")
    short = jobs[2].upload_id[:8]
    found = ops.get("uploads", upload=short)
    assert [row["upload"] for row in found["uploads"]] == [jobs[2].upload_id]
    assert (found["total"], found["total_is_lower_bound"], found["cursor"]) == (1, False, None)
    whole = {"upload": jobs[2].upload_id, "mentor": jobs[2].mentor}
    assert ops.get("uploads", **whole)["total"] == 1
    assert ops.get("uploads", **whole | {"mentor": jobs[1].mentor})["total"] == 0
    (row,) = ops.get("uploads", error="NO space left", state="FAILED")["uploads"]
    assert (row["upload"], row["error_pattern"]) == (
        jobs[0].upload_id,
        "gave_up: TransientError: [Errno <n>] No space left on device /tmp/<n>",
    )
    groups = ops.get("uploads/errors")
    assert (groups["total"], [one["uploads"] for one in groups["groups"]]) == (4, [1, 1])
    assert ops.get("uploads", state="FAILED", mentor=jobs[1].mentor)["total"] == 1
    for bad in ("7a0", "7A0CB5E5", "../x"):
        assert ops.ask("uploads", upload=bad).status_code == 400, bad


def test_a_page_is_the_same_after_others_came_and_the_total_counts_all_pages(
    ops: OpsClient,
) -> None:
    jobs = [ops.upload() for _ in range(5)]
    first = ops.get("uploads", limit=2)
    assert first["total"] == 5
    second = ops.get("uploads", limit=2, cursor=first["cursor"])
    came = ops.upload()
    again = ops.get("uploads", limit=2, cursor=first["cursor"])
    assert again == second
    assert [row["upload"] for row in second["uploads"]] == [jobs[2].upload_id, jobs[1].upload_id]
    assert (again["total"], again["total_is_lower_bound"]) == (5, False), "as the first counted"
    newest = ops.get("uploads", limit=1)
    assert (newest["total"], newest["uploads"][0]["upload"]) == (6, came.upload_id)
    assert ops.ask("uploads", cursor="1.5~" + came.upload_id).status_code == 400, "without a total"

"""Actions on many from the console: on just what was shown, and on the server to their end."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mentor_api.console.action_sweep import ActionSweep
from mentor_api.ingest import operating
from mentor_common.clock import ManualClock, SystemClock
from mentor_common.failpoints import InjectedError, watching
from mentor_common.jobs.lease import Leases
from mentor_common.sweeping import tally
from mentor_local.accepting import accept
from mentor_local.graphql.seed import SEED_ADMIN_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from console_client import OpsClient

DISK = "TransientError: [Errno 28] No space left on device"


@pytest.fixture
def sweep(ops: OpsClient) -> Callable[[], float | None]:
    """Return a run of the ingest worker's sweep; it returns when the next one is to be."""
    swept = ActionSweep(operating(ops.api.settings, ops.api.adapters))

    def run() -> float | None:
        with tally() as found:
            swept.run()
        assert not found.failed
        return found.next_in

    return run


def receive(ops: OpsClient, seconds: int) -> list[dict[str, Any]]:
    """Have one dead letter in hand, as another operator's tool would."""
    received = ops.api.cloud.client("sqs").receive_message(
        QueueUrl=ops.url("DEAD_LETTER_QUEUE_NAME"), VisibilityTimeout=seconds
    )
    return list(received["Messages"])


def test_what_is_not_as_many_as_was_shown_is_refused_with_the_number(ops: OpsClient) -> None:
    for number in range(3):
        ops.bury(f"letter {number}", code="not_json", text="It is no JSON.")
    ops.bury("another", code="other")
    shown = ops.get("dead-letters", queue="transcoder", code="not_json")["matching"]
    ops.bury("one that came meanwhile", code="not_json")
    asked = {"verb": "discard", "queue": "transcoder", "code": "not_json"}
    refused = ops.post("actions", **asked, expected=shown)
    assert (refused.status_code, refused.get_json()["data"]) == (
        409,
        {
            "error": "another number",
            "message": "There are 4 such messages now, not 3. Nothing was done; look at them again,"
            " and ask for that number.",
        },
    )
    assert (ops.log(), ops.get("actions")["actions"], ops.count()) == ([], [], 5)
    assert ops.do("actions", **asked, expected=4)["total"] == 4


def test_what_comes_after_an_action_began_is_not_touched(ops: OpsClient) -> None:
    for number in range(3):
        ops.bury(f"letter {number}", code="not_json")
    action = ops.do("actions", verb="discard", queue="transcoder", expected=3)
    for number in range(4):
        ops.bury(f"late {number}", code="not_json")
    over = ops.finish(action)
    assert (over["total"], over["done"], over["undone"], over["gone"]) == (3, 3, 0, 0)
    left = ops.get("dead-letters", queue="transcoder")["letters"]
    assert sorted(one["content"] for one in left) == [f"late {number}" for number in range(4)]


def test_selected_letters_and_no_others_are_taken(ops: OpsClient) -> None:
    for number in range(5):
        ops.bury(f"letter {number}", code="not_json")
    letters = ops.get("dead-letters", queue="transcoder")["letters"]
    ids = [one["message"] for one in letters if one["content"] in {"letter 1", "letter 3"}]
    over = ops.finish(ops.do("actions", verb="discard", queue="transcoder", messages=ids))
    assert (over["total"], over["done"]) == (2, 2)
    left = ops.get("dead-letters", queue="transcoder")["letters"]
    assert sorted(one["content"] for one in left) == ["letter 0", "letter 2", "letter 4"]
    again = ops.post("actions", verb="discard", queue="transcoder", messages=ids)
    assert "There are 0 such messages now, not 2." in again.get_json()["data"]["message"]
    assert ops.log()[0]["to"] == {"queue": "transcoder", "selected": 2}


def test_asked_twice_with_one_key_there_is_one_action(ops: OpsClient) -> None:
    ops.bury("no json")
    asked = {"verb": "discard", "queue": "transcoder", "idempotency_key": "click-0001"}
    first = ops.do("actions", **asked, expected=1)
    assert ops.do("actions", **asked, expected=1) == first
    over = ops.finish(first)
    assert ops.do("actions", **asked, expected=1) == over, "also when nothing is there any more"
    assert len(ops.log()) == 1
    ops.bury("another")
    other = ops.do("actions", **asked | {"idempotency_key": "click-0002"}, expected=1)
    assert other["id"] != first["id"]


def test_a_letter_in_somebodys_hand_is_waited_for(
    ops: OpsClient, sweep: Callable[[], float | None]
) -> None:
    ops.bury("first")
    ops.bury("second")
    action = ops.do("actions", verb="discard", queue="transcoder", expected=2)
    (held,) = receive(ops, 600)
    assert sweep() == 0, "there is more to do"
    going = ops.get(f"actions/{action['id']}")
    assert (going["status"], going["done"]) == ("RUNNING", 1)
    ops.api.cloud.client("sqs").delete_message(
        QueueUrl=ops.url("DEAD_LETTER_QUEUE_NAME"), ReceiptHandle=held["ReceiptHandle"]
    )
    sweep()
    over = ops.get(f"actions/{action['id']}")
    assert (over["status"], over["done"], over["gone"]) == ("DONE", 1, 1)
    assert ops.log()[0]["result"]["gone"] == 1


def test_all_failed_uploads_that_match_are_tried_again_without_a_page(
    ops: OpsClient, sweep: Callable[[], float | None]
) -> None:
    jobs = [ops.upload() for _ in range(4)]
    for number, job in enumerate(jobs[:3]):
        ops.end_failed(job, f"{DISK} /tmp/{number}")
    ops.end_failed(jobs[3], "TransientError: connection reset")
    accept(ops.api.table, jobs[2].answer)  # a newer video of the answer: that one counts
    (group, _) = ops.get("uploads/errors", state="FAILED")["groups"]
    assert (group["error_pattern"], group["uploads"]) == (
        "gave_up: TransientError: [Errno <n>] No space left on device /tmp/<n>", 3,
    )  # fmt: skip
    asked = {"error": group["error_pattern"], "idempotency_key": "retry-0001"}
    refused = ops.post("uploads/retry", **asked, expected=4)
    assert (refused.status_code, ops.count("QUEUE_NAME")) == (409, 0)
    action = ops.do("uploads/retry", **asked, expected=3)
    assert (action["verb"], action["queue"], action["total"]) == ("retry", None, 3)
    assert ops.count("QUEUE_NAME") == 0, "nothing yet"

    sent: list[str] = []

    def die(point: str) -> None:
        sent.append(point)
        if sent.count("sqs.send:after") == 1 and point == "sqs.send:after":
            raise InjectedError(point)

    with watching(die), tally() as run:
        ActionSweep(operating(ops.api.settings, ops.api.adapters)).run()
    assert (run.failed, ops.count("QUEUE_NAME")) == (1, 1), "sent, and broke off before the count"
    sweep()
    over = ops.get(f"actions/{action['id']}")
    assert (over["status"], over["done"], over["undone"]) == ("DONE", 2, 1)
    assert "superseded" in over["problem"]
    assert ops.count("QUEUE_NAME") == 3, "one of the attempts twice, which opens once"
    assert ops.do("uploads/retry", **asked, expected=3) == over
    entry = ops.log()[0]
    assert (entry["verb"], entry["who"], entry["result"]) == (
        "retry", SEED_ADMIN_ID, {"done": 2, "undone": 1},
    )  # fmt: skip
    assert entry["to"] == {"error": group["error_pattern"]}


def test_selected_uploads_are_tried_again_until_it_is_stopped(
    ops: OpsClient, sweep: Callable[[], float | None]
) -> None:
    jobs = [ops.upload() for _ in range(3)]
    for job in jobs:
        ops.end_failed(job, DISK)
    waiting = ops.upload()
    ids = [job.upload_id for job in jobs]
    refused = ops.post("uploads/retry", uploads=[*ids, waiting.upload_id])
    assert "There are 3 such failed uploads now, not 4." in refused.get_json()["data"]["message"]
    action = ops.do("uploads/retry", uploads=ids)

    def stop(point: str) -> None:
        if point == "sqs.send:after":
            ops.do(f"actions/{action['id']}/stop")

    with watching(stop):
        sweep()
    over = ops.get(f"actions/{action['id']}")
    assert (over["status"], over["done"], over["total"]) == ("STOPPED", 1, 3)
    assert ops.count("QUEUE_NAME") == 1
    assert sweep() is not None
    assert ops.get(f"actions/{action['id']}") == over


def test_one_process_at_a_time_does_a_round(ops: OpsClient) -> None:
    ops.bury("no json")
    action = ops.do("actions", verb="redrive", queue="transcoder")
    rounds: list[dict[str, Any]] = []

    def ask_meanwhile(point: str) -> None:
        if point == "sqs.send:before" and not rounds:
            rounds.append(ops.do(f"actions/{action['id']}/round"))

    with watching(ask_meanwhile):
        over = ops.do(f"actions/{action['id']}/round")
    assert [(one["status"], one["done"]) for one in rounds] == [("RUNNING", 0)]
    assert (over["status"], over["done"], ops.count("QUEUE_NAME")) == ("DONE", 1, 1)


def test_letters_are_grouped_found_by_their_error_and_come_page_by_page(ops: OpsClient) -> None:
    jobs = [ops.upload() for _ in range(3)]
    for number, job in enumerate(jobs):
        ops.bury(f"letter {number}", code="gave_up", error=f"{DISK} {number}", upload=job.upload_id)
    ops.bury("no json", code="not_json", text="It is no JSON.")
    page = ops.get("dead-letters", queue="transcoder", error="errno 28", limit=2)
    assert [(one["code"], one["error_pattern"], one["count"]) for one in page["groups"]] == [
        ("gave_up", "TransientError: [Errno <n>] No space left on device <n>", 3),
        ("not_json", "It is no JSON.", 1),
    ]
    assert (page["matching"], page["read"], len(page["letters"])) == (3, 4, 2)
    rest = ops.get(
        "dead-letters", queue="transcoder", error="errno 28", limit=2, cursor=page["cursor"]
    )
    shown = [one["upload"] for one in page["letters"] + rest["letters"]]
    assert sorted(shown) == sorted(job.upload_id for job in jobs)
    assert rest["cursor"] is None
    of_one = ops.get("dead-letters", queue="transcoder", upload=jobs[0].upload_id[:8])
    assert [one["upload"] for one in of_one["letters"]] == [jobs[0].upload_id]
    assert ops.ask("dead-letters", queue="transcoder", cursor="x").status_code == 400


def test_what_a_killed_process_left_goes_on_when_its_lease_ends(ops: OpsClient) -> None:
    ops.bury("no json")
    action = ops.do("actions", verb="redrive", queue="transcoder")
    killed = Leases(ops.api.table, SystemClock())
    assert killed.acquire(f"ACTION#{action['id']}", "ACTION", 30) is not None
    assert ops.do(f"actions/{action['id']}/round") == action, "the lease lives"
    later = replace(ops.api.adapters, clock=ManualClock(time.time() + 31))
    ActionSweep(operating(ops.api.settings, later)).run()
    over = ops.get(f"actions/{action['id']}")
    assert (over["status"], over["done"], ops.count("QUEUE_NAME")) == ("DONE", 1, 1)

"""One stored item that is wrong stops nobody else: not a list, not a sweep, not the tools."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.clock import ManualClock
from mentor_common.jobs import Reader, Write
from mentor_common.jobs.model import upload_pk
from mentor_local.accepting import accept, new_answer
from mentor_local.graphql.seed import SEED_ADMIN_ID, SEED_MENTOR_ID
from ops_command import run_ops

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.jobs import Job


@pytest.fixture
def api(make_api: Callable[..., Any]) -> Any:
    """The api with its console."""
    return make_api(CONSOLE_ENABLED="true")


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Return a function that runs ``mentor-ops``: exit code, and stdout read as JSON if it is."""
    return partial(run_ops, capsys)


def plant(api: Any, upload_id: str, sk: str, path: str, value: dict[str, Any]) -> None:
    """Set an attribute of a stored item behind the services' back, in DynamoDB's own form."""
    names = path.split(".")
    api.cloud.client("dynamodb").update_item(
        TableName=api.table.name,
        Key={"pk": {"S": upload_pk(upload_id)}, "sk": {"S": sk}},
        UpdateExpression=f"SET {'.'.join(f'#{name}' for name in names)} = :value",
        ExpressionAttributeNames={f"#{name}": name for name in names},
        ExpressionAttributeValues={":value": value},
    )


def unannounced(api: Any) -> Job:
    """Accept an upload that no process has announced."""
    return accept(api.table, new_answer(api.graphql.store))


def listed(api: Any) -> list[str]:
    answer = api.client.get(f"/uploads?mentor={SEED_MENTOR_ID}", headers=api.headers)
    assert answer.status_code == 200, answer.text
    return [one["upload_id"] for one in answer.get_json()["data"]["uploads"]]


def on_the_console(api: Any, make_token: Callable[..., str]) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {make_token(SEED_ADMIN_ID, role='ADMIN')}"}
    answer = api.client.get("/ops/api/uploads", headers=headers)
    assert answer.status_code == 200, answer.text
    return {row["upload"]: row["state"] for row in answer.get_json()["data"]["uploads"]}


def accepted(api: Any) -> str:
    """Accept an upload of the seeded answer, as it is stored; return its id."""
    answer = api.post(trim={"start": 1, "end": 2.5})
    assert answer.status_code == 200, answer.text
    api.published()
    return str(answer.get_json()["data"]["upload_id"])


def test_a_trim_of_1e100_that_was_stored_by_an_earlier_release_stops_nothing(
    api: Any, make_token: Callable[..., str], ops: Callable[..., tuple[int, Any]]
) -> None:
    upload_id = accepted(api)
    for name, number in (("start", "1e100"), ("end", "1e101")):
        plant(api, upload_id, "JOB", f"request.trim.{name}", {"N": number})
    other = unannounced(api)

    assert upload_id in listed(api)
    status = api.client.get(f"/upload/status/{upload_id}", headers=api.headers)
    assert status.get_json()["data"]["state"] == "QUEUED"
    assert on_the_console(api, make_token)[upload_id] == "QUEUED"
    assert ops("doctor", "--json")[0] in {0, 1}
    assert upload_id in {one["upload"] for one in ops("jobs", "list", "--json")[1]}
    assert ops("jobs", "show", upload_id, "--json")[1]["state"] == "QUEUED"

    api.sweep(ManualClock(time.time() + 20 * 60)).run()
    assert {one["subject"] for one in api.published()} == {upload_id, other.upload_id}
    assert ops("jobs", "cancel", upload_id, "--yes")[0] == 0
    api.table.write(Write("TRANSFER#t", "JOB", put={"status": "ACCEPTED"}))
    assert ops("jobs", "list", "--state", "all", "--json")[0] == 0, "a transfer is no upload"


def test_an_item_that_cannot_be_read_is_set_aside_shown_and_taken_away(
    api: Any, make_token: Callable[..., str], ops: Callable[..., tuple[int, Any]]
) -> None:
    sk = "TASK#transcode"
    broken, other = accepted(api), unannounced(api)
    plant(api, broken, sk, "percent", {"N": "1e120"})
    assert broken not in listed(api)
    status = api.client.get(f"/upload/status/{broken}", headers=api.headers)
    assert (status.status_code, status.get_json()["data"]["error"]) == (500, "unreadable")
    assert on_the_console(api, make_token)[broken] == "UNREADABLE"

    later = ManualClock(time.time() + 20 * 60)
    for _ in range(2):
        api.sweep(later).run()
        assert {one["subject"] for one in api.published()} <= {other.upload_id}
    due = [item["pk"] for item in api.table.due("api", later.now())]
    assert upload_pk(broken) not in due, "it waits a quarter of an hour"

    code, shown = ops("jobs", "list", "--json")
    assert code == 0
    assert {one["upload"]: one["state"] for one in shown}[broken] == "UNREADABLE"
    assert other.upload_id in {one["upload"] for one in shown}
    code, shown = ops("jobs", "show", broken, "--json")
    assert (code, shown["unreadable"]["sk"]) == (1, sk)
    assert ops("jobs", "cancel", broken, "--yes")[0] == 4
    assert ops("jobs", "retry", broken)[0] == 4
    assert ops("jobs", "why", broken)[0] == 4
    found = ops("jobs", "list", "--state", "UNREADABLE", "--json")[1]
    assert [one["unreadable"]["sk"] for one in found] == [sk]

    code, shown = ops("jobs", "discard", broken, "--yes")
    assert (code, [item["sk"] for item in json.loads(shown)]) == (0, [sk])
    assert Reader(api.table).upload(broken)
    assert ops("jobs", "discard", broken, "--yes")[0] == 4
    assert ops("jobs", "list", "--json")[0] == 0


def test_values_of_every_type_are_read_and_written_as_dynamodb_has_them(api: Any) -> None:
    """What boto3's own client reads and writes, by its full model, is the measure."""
    boto3_client = api.cloud.client("dynamodb")
    raw = {
        "text": {"S": "é"},
        "number": {"N": "1.5"},
        "bytes": {"B": b"\x00\xff"},
        "yes": {"BOOL": True},
        "nothing": {"NULL": True},
        "list": {"L": [{"N": "1"}, {"B": b"in a list"}]},
        "map": {"M": {"inner": {"S": "x"}}},
        "texts": {"SS": ["a"]},
        "numbers": {"NS": ["2"]},
        "blobs": {"BS": [b"\x01"]},
    }
    read = {
        "text": "é",
        "number": 1.5,
        "bytes": b"\x00\xff",
        "yes": True,
        "nothing": None,
        "list": [1, b"in a list"],
        "map": {"inner": "x"},
        "texts": {"a"},
        "numbers": {2},
        "blobs": {b"\x01"},
    }
    key = {"pk": {"S": "TEST"}, "sk": {"S": "theirs"}}
    boto3_client.put_item(TableName=api.table.name, Item=raw | key)
    assert api.table.get("TEST", "theirs") == read | {"pk": "TEST", "sk": "theirs"}

    given = {name: value for name, value in read.items() if value is not None}
    api.table.write(Write("TEST", "ours", put=given | {"blobs": [b"\x01"]}))
    ours = boto3_client.get_item(
        TableName=api.table.name, Key={"pk": {"S": "TEST"}, "sk": {"S": "ours"}}
    )["Item"]
    assert ours["bytes"] == raw["bytes"]
    assert ours["list"] == raw["list"]
    assert ours["blobs"] == {"L": [{"B": b"\x01"}]}

"""What a sweep finds due: the plain key and one shard of its kind, by turns."""

from __future__ import annotations

from typing import Any

from mentor_common.aws.attributes import read, written
from mentor_common.aws.table import Table, due_keys
from mentor_common.jobs.due import due_now
from mentor_common.sweeping import tally

NOW = 1000.0


class Index:
    """DynamoDB's index ``due``, as a client answers from it."""

    def __init__(self, **due_at: float) -> None:
        self.items = [
            {"pk": name, "sk": "NOTIFY", "due_kind": name.replace("_", "#"), "due_at": at}
            for name, at in due_at.items()
        ]
        self.asked: list[str] = []

    def query(self, **request: Any) -> dict[str, Any]:
        values = read(request["ExpressionAttributeValues"])
        self.asked.append(values[":kind"])
        found = [each for each in self.items if each["due_kind"] == values[":kind"]]
        return {"Items": [written(each) for each in found if each["due_at"] <= values[":until"]]}


def test_a_release_that_writes_shards_is_read_by_this_one() -> None:
    index = Index(notifier=NOW - 1, notifier_2=NOW - 2, api=NOW)
    table = Table("jobs", "us-east-1", index)
    assert [each["pk"] for each in table.due("notifier", NOW)] == ["notifier_2", "notifier"]
    assert index.asked == list(due_keys("notifier"))


def test_sweeps_read_the_shards_by_turns() -> None:
    index = Index(notifier_3=NOW)
    table = Table("jobs", "us-east-1", index)
    found = [due_now(table, "notifier", NOW) for _ in range(4)]
    assert [len(each) for each in found] == [0, 0, 0, 1]
    assert index.asked[::2] == ["notifier"] * 4
    assert index.asked[1::2] == [f"notifier#{number}" for number in range(4)]


def test_a_sweep_looks_again_when_the_next_item_is_due() -> None:
    table = Table("jobs", "us-east-1", Index(transfer=NOW - 1, api=NOW + 7))
    with tally() as run:
        assert due_now(table, "api", NOW) == []
        assert run.next_in == 7.0
    with tally() as run:
        assert len(due_now(table, "transfer", NOW)) == 1
        assert run.next_in == 30.0


def test_a_sweep_makes_no_run_for_a_read_back_alone() -> None:
    index = Index(notifier=NOW + 7)
    index.items[0]["read_back_at"] = NOW + 7
    with tally() as run:
        assert due_now(Table("jobs", "us-east-1", index), "notifier", NOW) == []
    assert run.next_in == 30.0

"""A write that meets another's transaction is repeated for a moment; then it is an outage."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.aws.table import ConditionFailedError, Table, Write
from mentor_common.errors import DependencyDownError
from simulation.outside import refusal

ALONE = Write("UPLOAD#u", "JOB", update="SET #status = :done", values={"status": "DONE"})
CHECK = Write("ANSWER#a", "CURRENT", condition="attribute_exists(pk)", checks_only=True)


class Held:
    """DynamoDB while another's transaction holds an item for so many calls."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def update_item(self, **_request: Any) -> dict[str, Any]:
        self._meet(refusal("TransactionConflictException"))
        return {"Attributes": {"status": {"S": "DONE"}}}

    def transact_write_items(self, **_request: Any) -> None:
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        self._meet(refusal("TransactionCanceledException", CancellationReasons=reasons))

    def _meet(self, error: Exception) -> None:
        if self.left:
            self.left -= 1
            raise error


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)


def test_a_write_waits_for_anothers_transaction() -> None:
    assert Table("jobs", "us-east-1", Held(3)).write(ALONE) == {"status": "DONE"}
    Table("jobs", "us-east-1", Held(3)).transact(ALONE, CHECK)


def test_a_write_that_finds_the_item_held_each_time_has_not_been_done() -> None:
    with pytest.raises(DependencyDownError, match="TransactionConflictException"):
        Table("jobs", "us-east-1", Held(4)).write(ALONE)
    with pytest.raises(ConditionFailedError) as met:
        Table("jobs", "us-east-1", Held(4)).transact(ALONE, CHECK)
    assert met.value.failed == ()

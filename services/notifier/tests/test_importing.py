"""A payload that cannot be imported ends at once, with a reason."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from mentor_common.clock import ManualClock
from mentor_common.events import SourceObject, TransferRequested
from mentor_notifier.transfers.importing import Importer


def nested(levels: int) -> str:
    lists: dict[str, Any] = {"mentorExportJson": {"answers": []}}
    lists["replacedMentorDataChanges"] = {"answerChanges": []}
    return json.dumps(lists)[:-1] + ', "deep": ' + "[" * levels + "]" * levels + "}"


@pytest.mark.parametrize(
    "payload", [nested(600), nested(20_000), "", "[]", "{}", '{"mentorExportJson": 5}']
)
def test_a_payload_that_cannot_be_read_fails_for_good(payload: str) -> None:
    nothing: Any = None
    storage: Any = SimpleNamespace(get_text=lambda _bucket, _key: payload)
    importer = Importer(nothing, nothing, nothing, storage, ManualClock(5.0), nothing, 1)
    source = SourceObject(bucket="b", key="k", etag="e", size=1)
    transfer_id = "4c1f6c1e-6a4b-4d36-9a06-0f4f5e1f3b11"
    requested = TransferRequested(transfer_id=transfer_id, mentor="5" * 24, payload=source)
    assert importer._ask(nothing, requested)["code"] == "bad_export"

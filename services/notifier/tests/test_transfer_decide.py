"""The rules of a transfer: announced, waited for, asked for again, closed in every case."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.transfers.model import Import, TransferState
from mentor_notifier.transfers.decide import TransferPace, decide

NOW = 1_790_000_000.0
PACE = TransferPace(repeat=900, stalled=3600)


def state(given: Any, *statuses: str, media: int = 2, **changes: Any) -> TransferState:
    """Return an imported transfer, and how each medium that was begun stands."""
    content = {"imported_at": NOW - 100, "announced_at": NOW - 100, **changes}
    held = Import(
        transfer_id="t",
        mentor="5" * 24,
        status="IMPORTED",
        token="t",
        lease_until=NOW + 60,
        intended_at=NOW - 110,
        media=media,
        **content,
    )
    tasks = {
        n: given.task("transcode", status, finished_at=held.imported_at)
        for n, status in enumerate(statuses)
    }
    return TransferState("t", None, held, tasks)


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("INTENT", ("interrupt", "show_failure")),
        ("FAILED", ("show_failure",)),
        ("DONE", ("write",)),
    ],
)
def test_what_has_ended_is_brought_to_its_end_and_not_reconciled_again(
    given: Any, status: str, steps: tuple[str, ...]
) -> None:
    decision = decide(status, state(given), NOW, PACE)
    assert (decision.steps, decision.due_at) == (steps, None)


def test_a_status_of_a_newer_release_is_left_to_that(given: Any) -> None:
    decision = decide("RESTING", state(given), NOW, PACE)
    assert (decision.steps, decision.due_at) == ((), NOW + 60)


def test_an_imported_mentor_is_announced_once_and_waited_for(given: Any) -> None:
    fresh = decide("IMPORTED", state(given, announced_at=None), NOW, PACE)
    assert (fresh.steps, fresh.due_at) == (("begin",), NOW + 900)
    waiting = decide("IMPORTED", state(given, "DONE"), NOW, PACE)
    assert (waiting.steps, waiting.due_at) == ((), NOW + 800)


def test_media_that_do_not_come_are_asked_for_again(given: Any) -> None:
    slow = state(given, "DONE", imported_at=NOW - 900, announced_at=NOW - 900)
    decision = decide("IMPORTED", slow, NOW, PACE)
    assert (decision.steps, decision.due_at) == (("announce",), NOW + 900)
    asked = state(given, "DONE", imported_at=NOW - 3000, announced_at=NOW - 100)
    decision = decide("IMPORTED", asked, NOW, PACE)
    assert (decision.steps, decision.due_at) == ((), NOW + 600), "closed in time all the same"


@pytest.mark.parametrize(
    ("statuses", "media", "ago", "steps"),
    [
        (("DONE", "FAILED"), 2, 100, ("close",)),
        (("DONE", "IN_PROGRESS"), 2, 3600, ("close",)),
        ((), 0, 100, ("close",)),
        (("DONE", "IN_PROGRESS"), 2, 100, ()),
    ],
)
def test_it_is_closed_once_all_media_have_ended_or_none_came_forward_for_long(
    given: Any, statuses: tuple[str, ...], media: int, ago: int, steps: tuple[str, ...]
) -> None:
    at = {"imported_at": NOW - ago, "announced_at": NOW - 100}
    decision = decide("IMPORTED", state(given, *statuses, media=media, **at), NOW, PACE)
    assert decision.steps == steps
    assert (decision.due_at is None) == (steps == ("close",))


def test_an_import_without_media_is_begun_and_closed_at_once(given: Any) -> None:
    assert decide("IMPORTED", state(given, media=0, announced_at=None), NOW, PACE).steps == (
        "begin",
        "close",
    )

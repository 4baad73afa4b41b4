"""What is remembered of hosts: one that keeps silent takes neither all slots nor all time."""

from __future__ import annotations

from contextlib import ExitStack

from mentor_api.transfers.remote import Hosts
from mentor_common.clock import ManualClock


def test_a_host_that_has_not_answered_yet_is_asked_by_few_at_once() -> None:
    hosts = Hosts(at_once=2, pause_seconds=30)
    with ExitStack() as stack:
        slots = [stack.enter_context(hosts.slot("a")) for _ in range(3)]
        assert slots == [True, True, False]
        assert stack.enter_context(hosts.slot("b")), "another host is not held up by it"
        hosts.answered("a")
        assert stack.enter_context(hosts.slot("a"))
    with hosts.slot("a") as first:
        assert first


def test_a_host_that_keeps_silent_twice_in_a_row_is_paused_then_unknown_again() -> None:
    clock = ManualClock(100)
    hosts = Hosts(at_once=1, pause_seconds=30, now=clock.now)
    hosts.timed_out("a")
    hosts.answered("a")
    hosts.timed_out("a")
    assert not hosts.is_paused("a"), "it answered in between"
    hosts.timed_out("a")
    assert hosts.is_paused("a")
    assert not hosts.is_paused("b")
    with hosts.slot("a") as one, hosts.slot("a") as two:
        assert (one, two) == (True, True), "a request to a paused host fails at once"
    clock.advance(30)
    assert not hosts.is_paused("a")
    with hosts.slot("a") as one, hosts.slot("a") as two:
        assert (one, two) == (True, False)


def test_what_is_remembered_is_bounded_and_who_is_being_asked_is_not_forgotten() -> None:
    hosts = Hosts(at_once=1, pause_seconds=30)
    with hosts.slot("kept"):
        for number in range(5000):
            hosts.answered(str(number))
        assert len(hosts._hosts) <= 1000
        with hosts.slot("kept") as again:
            assert not again

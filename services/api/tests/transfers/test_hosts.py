"""What is remembered of hosts: one that keeps silent takes neither all slots nor all time."""

from __future__ import annotations

from contextlib import ExitStack

from mentor_api.transfers.remote import Hosts
from mentor_common.clock import ManualClock


def test_a_host_that_has_not_answered_yet_is_asked_by_few_at_once() -> None:
    hosts = Hosts(at_once=2, rest_seconds=30)
    with ExitStack() as stack:
        turns = [stack.enter_context(hosts.turn("a")) for _ in range(3)]
        assert turns == [True, True, False]
        assert stack.enter_context(hosts.turn("b")), "another host is not held up by it"
        hosts.answered("a")
        assert stack.enter_context(hosts.turn("a"))
    with hosts.turn("a") as first:
        assert first


def test_a_host_that_keeps_silent_twice_in_a_row_rests_and_is_then_unknown_again() -> None:
    clock = ManualClock(100)
    hosts = Hosts(at_once=1, rest_seconds=30, now=clock.now)
    hosts.kept_silent("a")
    hosts.answered("a")
    hosts.kept_silent("a")
    assert not hosts.rests("a"), "it answered in between"
    hosts.kept_silent("a")
    assert hosts.rests("a")
    assert not hosts.rests("b")
    with hosts.turn("a") as one, hosts.turn("a") as two:
        assert (one, two) == (True, True), "who asks a host that rests fails at once"
    clock.advance(30)
    assert not hosts.rests("a")
    with hosts.turn("a") as one, hosts.turn("a") as two:
        assert (one, two) == (True, False)


def test_what_is_remembered_is_bounded_and_who_is_being_asked_is_not_forgotten() -> None:
    hosts = Hosts(at_once=1, rest_seconds=30)
    with hosts.turn("kept"):
        for number in range(5000):
            hosts.answered(str(number))
        assert len(hosts._hosts) <= 1000
        with hosts.turn("kept") as again:
            assert not again

"""What a slow client is allowed, and computing that keeps no other connection waiting."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from werkzeug.exceptions import RequestTimeout

from mentor_api.http.deadlines import Allowance, PacedSocket
from mentor_api.http.large_bodies import LargeBodies
from mentor_api.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

UPLINK = 6_000
"""Bytes a second of a mobile uplink at the edge of its network (EDGE)."""


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection: the server's and the client's."""
    server, client = socket.socketpair()
    with server, client:
        yield server, client


def test_a_hundred_megabytes_pass_over_a_slow_uplink() -> None:
    allowed = Allowance(30, 4096)
    for _ in range(100_000_000 // UPLINK):
        allowed.spend(1, UPLINK)
        assert allowed.left > 0


def test_who_is_below_the_least_rate_ends_after_a_while_whatever_went_before() -> None:
    allowed = Allowance(30, 4096)
    allowed.spend(1, 50_000_000)
    assert allowed.left == 30, "nobody saves up"
    seconds = 0
    while allowed.left > 0:
        allowed.spend(1, 1024)
        seconds += 1
    assert seconds == 40, "at a quarter of the rate 3/4 s are lost each second"


def test_a_body_that_stays_out_is_408(ends: tuple[socket.socket, socket.socket]) -> None:
    server, client = ends
    paced = PacedSocket(server, 0.01, 4096)
    client.sendall(b"{")
    assert paced.recv(10) == b"{"
    with pytest.raises(RequestTimeout):
        paced.recv(10)


def test_an_answer_that_is_not_taken_ends_the_connection(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    server, client = ends
    paced = PacedSocket(server, 0.01, 1e9)
    paced.sendall(b"taken")
    assert client.recv(10) == b"taken"
    with pytest.raises(ConnectionResetError, match="slowly"):
        paced.sendall(bytes(50_000_000))


COMPUTE = """
from gevent import monkey
monkey.patch_all()
import gevent
from mentor_api.http.computing import computed
others = []
gevent.spawn_later(0, others.append, "served")
def compute():
    while not others:
        pass
    return others
assert computed(compute) == ["served"]
try:
    computed(int, "x")
except ValueError:
    print("done")
"""


def test_others_are_served_while_something_is_computed() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", COMPUTE], capture_output=True, text=True, timeout=120, check=True
    )
    assert ran.stdout == "done\n"


def test_one_user_takes_half_of_the_places_for_large_bodies_and_gives_them_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mentor_api.http.large_bodies._WAIT_SECONDS", 0)
    bodies = LargeBodies(4)
    bodies.take("one")
    bodies.take("one")
    with pytest.raises(Problem) as refused:
        bodies.take("one")
    assert (refused.value.status, refused.value.retry_after) == (503, 5)
    bodies.take("two")
    bodies.take("two")
    with pytest.raises(Problem):
        bodies.take("three")
    bodies.give_back("one")
    bodies.take("three")

"""Addresses that may be connected to, and the tricks around them."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from mentor_api.transfers.remote import Exceptions, resolve
from mentor_api.transfers.remote.address import is_public
from mentor_common.errors import PermanentError, TransientError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 -- to be refused
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        # IANA's special-purpose registries, also what counts as globally reachable there
        *("192.0.0.8", "192.0.0.9", "192.0.0.170", "192.0.0.255", "192.31.196.1", "192.52.193.1"),
        *("192.88.99.1", "192.175.48.6", "198.51.100.7", "203.0.113.9", "240.0.0.1", "0.1.2.3"),
        *("64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001:1::1", "2001:4:112::1"),
        *("2001:20::1", "2001:30::1", "2001:db8::1", "2002:808:808::1", "2620:4f:8000::1"),
        *("3fff::1", "5f00::1", "::8.8.8.8", "::ffff:0:808:808", "4000::1"),
        # where clouds answer their own machines: Azure, Oracle, Alibaba, Google, Scaleway
        *("168.63.129.16", "192.0.0.192", "100.100.100.200", "fd20:ce::254", "169.254.42.42"),
        "::ffff:168.63.129.16",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"),
        *(
            "168.63.129.15",
            "192.0.1.1",
            "192.88.98.1",
            "2001:200::1",
            "2a00:1450::1",
            "223.255.0.1",
        ),
    ],
)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "::1", "::ffff:10.0.0.1"]
)
def test_every_spelling_is_judged_by_what_it_resolves_to(host: str) -> None:
    with pytest.raises(PermanentError, match="forbidden_address"):
        resolve(host, 80, Exceptions())


def test_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_more: answers)
    with pytest.raises(PermanentError, match="forbidden_address"):
        resolve("mixed.example.org", 80, Exceptions())


@pytest.mark.parametrize(
    ("errno", "error"),
    [(socket.EAI_NONAME, PermanentError), (socket.EAI_AGAIN, TransientError)],
)
def test_a_name_that_is_none_is_not_one_that_nobody_answers_for(
    errno: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise socket.gaierror(errno, "as it says")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(error):
        resolve("name.example.org", 80, Exceptions())


def test_exceptions_are_as_narrow_as_they_are_written() -> None:
    exceptions = Exceptions.parse("10.0.0.0/8, 127.0.0.1:9000,localhost ,[::1]:9000")
    allowed = [("10.1.2.3", 80), ("127.0.0.1", 9000), ("localhost", 1), ("::1", 9000)]
    for host, port in allowed:
        resolve(host, port, exceptions)
    for host, port in [("127.0.0.1", 9001), ("192.168.0.1", 80), ("::1", 80)]:
        with pytest.raises(PermanentError):
            resolve(host, port, exceptions)
    assert Exceptions.parse("") == Exceptions()


@pytest.mark.parametrize(
    "text", ["10.0.0.0/99", "host:port", "10.0.0.1/8", "host:٨٠", "host:" + "9" * 5000]
)
def test_an_exception_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Exceptions.parse(text)

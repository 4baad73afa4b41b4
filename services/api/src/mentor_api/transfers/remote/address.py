"""Addresses that may be connected to: public ones, and what a setting excepts.

A name is resolved once; the address that was judged is the address that is connected to, so a
name server that answers differently the second time ("DNS rebinding") gains nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from mentor_common.errors import PermanentError, RemoteHostError

Address = IPv4Address | IPv6Address
_PORTS = {"http": 80, "https": 443}
_PORT_DIGITS = 5
_UNICAST_V6 = ip_network("2000::/3")
_SPECIAL = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24"),
            *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
        ),
    )
)
"""Every block of IANA's special-purpose registries (RFC 6890) in the unicast space, and multicast.

Of those that are globally reachable none serves files: relays, sinkholes and anycast of protocols.
"""
_PLATFORMS = frozenset({ip_address("168.63.129.16")})
"""Addresses outside of these blocks that a cloud answers on its own machines: Azure's. Those of
others (169.254.169.254, 100.100.100.200, 192.0.0.192, fd00:ec2::254 …) lie in them."""


@dataclass(frozen=True)
class Exceptions:
    """Addresses that may be connected to although they are not public: for development.

    Parameters
    ----------
    networks
        Any port of these.
    hosts
        Host name or address as a URL has it, and a port or ``None`` for any.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Exceptions:
        """Read a comma-separated list of ``10.0.0.0/8``, ``localhost`` and ``127.0.0.1:9000``.

        Raises
        ------
        ValueError
            Naming the entry that is none of these.
        """
        networks, hosts = [], set()
        for entry in filter(None, (part.strip() for part in text.split(","))):
            if "/" in entry:
                networks.append(ip_network(entry))
                continue
            host, colon, port = entry.rpartition(":")
            if not colon or (":" in host and not host.endswith("]")):
                host, port = entry, ""
            if port and not (port.isascii() and port.isdecimal() and len(port) <= _PORT_DIGITS):
                raise ValueError(f"{entry!r} is no network, host or host:port")
            hosts.add((host.strip("[]").lower(), int(port) if port else None))
        return cls(tuple(networks), frozenset(hosts))

    def allow(self, host: str, port: int, address: Address) -> bool:
        """Return whether an address that is not public may be connected to all the same."""
        if {(host, port), (host, None)} & self.hosts:
            return True
        return any(address in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Return whether an address is one of the internet at large.

    Addresses that wrap another (IPv4-mapped) are judged by what they wrap; tunnels (6to4,
    Teredo) and translation prefixes are refused, since nothing says where they come out. By
    tables of our own: Python's registry is another one in each of its releases.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _UNICAST_V6:
            return False
    return address not in _PLATFORMS and not any(address in network for network in _SPECIAL)


def resolve(host: str, port: int, exceptions: Exceptions) -> Address:
    """Return the address to connect to.

    Raises
    ------
    PermanentError
        ``not_found``: there is no such name. ``forbidden_address``: one of its addresses is not
        public (one that is would be an accident, or a trick).
    RemoteHostError
        No name server answers for it.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise RemoteHostError(f"Nobody tells us the address of {host}.") from None
        raise PermanentError("not_found", f"There is no host named {host}.") from None
    except (UnicodeError, ValueError):
        raise PermanentError("bad_url", "The address's host name is not valid.") from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not is_public(address) and not exceptions.allow(host, port, address):
            raise PermanentError(
                "forbidden_address", f"{host} is not a public address; it was not asked."
            )
    return addresses[0]


def default_port(scheme: str) -> int:
    """Return the port of a scheme without one."""
    return _PORTS[scheme]

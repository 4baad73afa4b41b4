"""Fetching what a stranger's URL names, without becoming the stranger's tool."""

from mentor_common.remote.address import Exceptions, resolve
from mentor_common.remote.fetch import FetchLimits, RemoteFetcher, Stopped
from mentor_common.remote.hosts import Hosts
from mentor_common.remote.target import host_of

__all__ = ["Exceptions", "FetchLimits", "Hosts", "RemoteFetcher", "Stopped", "host_of", "resolve"]

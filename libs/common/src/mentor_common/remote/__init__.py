"""Fetching what a stranger's URL names, without becoming the stranger's tool."""

from mentor_common.remote.address import Exceptions, resolve
from mentor_common.remote.fetch import FetchLimits, RemoteFetcher, Stopped

__all__ = ["Exceptions", "FetchLimits", "RemoteFetcher", "Stopped", "resolve"]

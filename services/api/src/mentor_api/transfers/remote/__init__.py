"""Fetching URLs that clients name, without server-side request forgery."""

from mentor_api.transfers.remote.address import Exceptions, resolve
from mentor_api.transfers.remote.fetch import FetchLimits, RemoteFetcher, Stopped
from mentor_api.transfers.remote.hosts import Hosts
from mentor_api.transfers.remote.target import host_of

__all__ = ["Exceptions", "FetchLimits", "Hosts", "RemoteFetcher", "Stopped", "host_of", "resolve"]

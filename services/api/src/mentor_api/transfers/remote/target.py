"""URLs taken apart, and found to be such that may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from requests.utils import requote_uri

from mentor_api.transfers.remote.address import default_port
from mentor_common.errors import PermanentError

_LONGEST_URL = 4096


@dataclass(frozen=True)
class Target:
    """Such a URL."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """Host and port, by which the host is known again."""
        return f"{self.host}:{self.port}"

    @classmethod
    def of(cls, url: str) -> Target:
        """Take a URL apart.

        Raises
        ------
        PermanentError
            ``bad_url`` or ``forbidden_scheme``; the text does not repeat the URL, which may be
            signed.
        """
        if len(url) > _LONGEST_URL or any(ord(char) < ord(" ") for char in url):
            raise PermanentError("bad_url", "The address is too long or has control characters.")
        try:
            parts = urlsplit(requote_uri(url.strip()))
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            raise PermanentError("bad_url", "The address cannot be read.") from None
        if parts.scheme not in {"http", "https"}:
            raise PermanentError("forbidden_scheme", "Only http and https addresses are fetched.")
        if not host or parts.username is not None or parts.password is not None:
            raise PermanentError("bad_url", "The address has no host, or has credentials in it.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.geturl(), parts.scheme, host, port or default_port(parts.scheme), path)

    def redirected(self, location: str) -> Target:
        """Return what a redirect of this one leads to; raises as :meth:`of` does."""
        try:
            url = urljoin(self.url, location)
        except ValueError:
            raise PermanentError("bad_url", f"{self.host} redirects to no address.") from None
        return Target.of(url)


def host_of(url: str) -> str | None:
    """Return which host and port a URL names; ``None`` for one that cannot be asked for."""
    try:
        return Target.of(url).name
    except PermanentError:
        return None

"""Copying one medium: out of our own bucket or from elsewhere, looked at, under a new key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mentor_api.transfers.remote import Stopped, host_of
from mentor_common.aws.storage import ObjectMissingError
from mentor_common.captions import has_vtt_signature
from mentor_common.errors import PermanentError, TransientError
from mentor_common.media import HEAD_BYTES, container_of
from mentor_common.telemetry.logs import get_logger
from mentor_common.transfers.manifest import TAGS

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from mentor_api.transfers.remote import RemoteFetcher
    from mentor_common.aws.storage import Storage
    from mentor_common.transfers.manifest import ListedMedium

    OnBytes = Callable[[int, int | None], None]

_log = get_logger(__name__)
_LONGEST_KEY_BYTES = 1024
_MISSING = PermanentError("not_found", "The file is no longer there.")


@dataclass(frozen=True)
class Copied:
    """Keys by result, and what was measured."""

    results: dict[str, str]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Copier:
    """Copies files into the static bucket.

    What lies under ``static_url_base`` is ours and is copied inside S3; ``None`` where that is not
    known.
    """

    storage: Storage
    bucket: str
    fetcher: RemoteFetcher
    static_url_base: str | None
    max_bytes: int

    def host_of(self, medium: ListedMedium) -> str | None:
        """Return host and port of a medium that lies elsewhere; ``None`` for one of our own."""
        return host_of(medium.url) if self._own_key(medium.url) is None else None

    def copy(
        self,
        medium: ListedMedium,
        prefix: str,
        folder: Path,
        on_bytes: OnBytes,
        stop: threading.Event,
    ) -> Copied:
        """Copy a medium, and its transparent twin where it has one.

        A twin that cannot be copied never fails the medium: its exported address stays, and
        ``facts`` says why.

        Raises
        ------
        PermanentError
            The medium is none, or may not be fetched.
        TransientError
            It may go better the next time.
        """
        tag = TAGS.get(medium.field)
        if tag is None:  # A newer release has listed it, and was rolled back.
            raise PermanentError("unknown_medium", "This kind of file cannot be copied here.")
        if medium.tag not in {None, "", tag}:
            raise PermanentError("bad_tag", f"A tag other than {tag} is not known here.")
        try:
            results = {"medium": self._file(medium.url, tag, prefix, folder, on_bytes, stop)}
            if not medium.transparent_url:
                return Copied(results)
            twin = f"{tag}-transparent"
            try:
                url = medium.transparent_url
                results["transparent"] = self._file(url, twin, prefix, folder, on_bytes, stop)
            except (PermanentError, TransientError) as error:
                _log.warning("transparent twin not copied", error=str(error))
                return Copied(results, {"transparent_problem": str(error)})
        except Stopped:
            raise TransientError("asked to stop") from None
        return Copied(results)

    def _file(
        self,
        url: str,
        name: str,
        prefix: str,
        folder: Path,
        on_bytes: OnBytes,
        stop: threading.Event,
    ) -> str:
        """Copy one file; return its key."""
        own = self._own_key(url)
        if own is not None:
            return self._copy_own(own, name, prefix)
        path = folder / name
        self.fetcher.fetch(url, path, on_bytes, stop)
        with path.open("rb") as file:
            key = f"{prefix}/{name}{_suffix(name, file.read(HEAD_BYTES))}"
        self.storage.upload(path, self.bucket, key)
        path.unlink()
        return key

    def _own_key(self, url: str) -> str | None:
        """Return the key of a file of our own, which no network has to bring us."""
        base = self.static_url_base
        if base and url.startswith(base):
            return _path_of(url.removeprefix(base))
        try:
            relative = not urlsplit(url).scheme and not url.startswith("/")
        except ValueError:
            return None  # whoever fetches it says what is wrong
        return _path_of(url) if relative else None

    def _copy_own(self, own: str, name: str, prefix: str) -> str:
        if not 0 < len(own.encode()) <= _LONGEST_KEY_BYTES:
            raise _MISSING
        try:
            head, first = self.storage.beginning(self.bucket, own, HEAD_BYTES)
            if head.size > self.max_bytes:
                raise PermanentError(
                    "too_large", f"The file is larger than {self.max_bytes} bytes."
                )
            if not head.size:
                raise PermanentError("empty", "The file is empty.")
            key = f"{prefix}/{name}{_suffix(name, first)}"
            self.storage.copy((self.bucket, own, head.etag), self.bucket, key)
        except ObjectMissingError:
            raise _MISSING from None
        return key


def _path_of(relative: str) -> str:
    """Return the path of a relative address, decoded: what stands before query and fragment."""
    return unquote(relative.partition("#")[0].partition("?")[0])


def _suffix(name: str, head: bytes) -> str:
    """Return the suffix that the bytes deserve, whatever anybody says they are."""
    if name == TAGS["vttMedia"]:
        if not has_vtt_signature(head):
            raise PermanentError("not_captions", "The file is no WebVTT.")
        return ".vtt"
    container = container_of(head)
    if container is None:
        raise PermanentError("not_video", "The file is no MP4 or WebM video.")
    return f".{container}"

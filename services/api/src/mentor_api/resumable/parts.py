"""Resumable upload: a long video in parts, each sent straight to S3 and again if it fails.

Nothing is kept here: S3 knows which parts it has, and a key names its owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any

from mentor_api.http.problems import Problem, bad_request, not_found
from mentor_common.aws.storage import BadPartsError, ObjectMissingError, Part, Storage
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_api.presign import Presigner

_log = get_logger(__name__)
_MIB = 1 << 20
_PART_BYTES = 8 * _MIB
_MAX_PARTS = 1000
MAX_SIGNED = 100
"""Part URLs that one request may ask for."""
S3_MAX_PARTS = 10_000


@dataclass(frozen=True)
class Multipart:
    """A multipart upload of the caller's own: its key and S3's id."""

    key: str
    id: str


@dataclass(frozen=True)
class Resumable:
    """The stories of ``/upload/multipart``. Whoever comes in owns the key.

    Parameters
    ----------
    storage, presigner
        S3, and who signs for it.
    bucket, max_bytes
        The upload bucket, and the largest video.
    """

    storage: Storage
    presigner: Presigner
    bucket: str
    max_bytes: int

    def begin(self, user: str, size: int) -> dict[str, Any]:
        """Begin an upload of ``size`` bytes; say into how many parts to cut the file."""
        if size > self.max_bytes:
            raise self._too_large()
        part_size = max(_PART_BYTES, ceil(size / _MAX_PARTS / _MIB) * _MIB)
        key = self.presigner.new_key(user)
        return {
            "key": key,
            "multipart_id": self.storage.begin_multipart(self.bucket, key),
            "part_size": part_size,
            "part_count": ceil(size / part_size),
        }

    def sign(self, upload: Multipart, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return a URL for each part number, also for a part that is sent again."""
        self._parts(upload)
        return [
            {"part_number": n, "url": self.presigner.part_url(upload.key, upload.id, n)}
            for n in numbers
        ]

    def stored(self, upload: Multipart) -> list[dict[str, Any]]:
        """Return the parts that S3 has: a client that resumes sends the others."""
        return [
            {"part_number": part.number, "size": part.size, "etag": part.etag}
            for part in self._parts(upload)
        ]

    def complete(self, upload: Multipart, claimed: Sequence[tuple[int, str]]) -> int:
        """Make one object of the parts; return its size. Again is the same.

        Raises
        ------
        Problem
            404 for no such upload, 400 where S3 has other parts than the client says, 413.
        """
        try:
            stored = self.storage.list_parts(self.bucket, upload.key, upload.id)
        except ObjectMissingError:
            return self._completed(upload)
        parts = _chosen(stored, claimed)
        total = sum(part.size for part in parts)
        if total > self.max_bytes:
            self.abort(upload)
            raise self._too_large()
        try:
            self.storage.complete_multipart(self.bucket, upload.key, upload.id, parts)
        except ObjectMissingError:
            return self._completed(upload)
        except BadPartsError as error:
            _log.info("parts refused", code=str(error))
            raise bad_request(
                "S3 refuses the parts: each but the last must be at least 5 MiB, none left out"
            ) from None
        return total

    def abort(self, upload: Multipart) -> None:
        """End the upload and drop its parts; nothing where there is none."""
        self.storage.abort_multipart(self.bucket, upload.key, upload.id)

    def _parts(self, upload: Multipart) -> list[Part]:
        try:
            return self.storage.list_parts(self.bucket, upload.key, upload.id)
        except ObjectMissingError:
            raise _unknown() from None

    def _completed(self, upload: Multipart) -> int:
        """Return the size of what an earlier request completed."""
        try:
            return self.storage.head(self.bucket, upload.key).size
        except ObjectMissingError:
            raise _unknown() from None

    def _too_large(self) -> Problem:
        return Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"video is larger than {self.max_bytes} bytes; shorten it",
        )


def _unknown() -> Problem:
    return not_found("no such upload in parts: it was completed, aborted or given up; begin anew")


def _chosen(stored: Sequence[Part], claimed: Sequence[tuple[int, str]]) -> list[Part]:
    """Return the parts that the client names, as S3 has them."""
    by_number = {part.number: part for part in stored}
    chosen = []
    for number, etag in claimed:
        part = by_number.get(number)
        if part is None or part.etag.strip('"') != etag.strip('"'):
            raise bad_request(f"part {number} is not stored with that etag; send it again")
        chosen.append(part)
    if [part.number for part in chosen] != list(range(1, len(chosen) + 1)):
        raise bad_request("parts must be all from 1 on, in order")
    return chosen

"""Resumable upload: a long video in parts, each sent straight to S3 and again if it fails.

Nothing is kept here: S3 knows which parts it has, and a key names its owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING

from mentor_api.http.problems import Problem, bad_request, not_found
from mentor_api.resumable.models import (
    Begun,
    Completed,
    SignedPart,
    SignedParts,
    StoredPart,
    StoredParts,
)
from mentor_common.aws.storage import BadPartsError, ObjectMissingError, Part, Storage
from mentor_common.telemetry.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentor_api.presign import Presigner
    from mentor_api.resumable.models import SentPart, UploadInParts

_log = get_logger(__name__)
_MIB = 1 << 20
_PART_BYTES = 8 * _MIB
_MAX_PARTS = 1000


@dataclass(frozen=True)
class Resumable:
    """Handling of ``/upload/multipart``. Every upload is one of the caller's own."""

    storage: Storage
    presigner: Presigner
    bucket: str
    max_bytes: int

    def begin(self, user: str, size: int) -> Begun:
        """Begin an upload of at most ``size`` bytes, and say how to cut the file into parts."""
        if size > self.max_bytes:
            raise self._too_large()
        part_size = max(_PART_BYTES, ceil(size / _MAX_PARTS / _MIB) * _MIB)
        key = self.presigner.new_key(user)
        return Begun(
            key=key,
            multipart_id=self.storage.begin_multipart(self.bucket, key),
            part_size=part_size,
            part_count=ceil(size / part_size),
        )

    def sign(self, upload: UploadInParts, numbers: Sequence[int]) -> SignedParts:
        """Return a URL for each part number, also for a part that is sent again."""
        self._parts(upload)
        key, multipart_id = upload.key, upload.multipart_id
        return SignedParts(
            parts=[
                SignedPart(part_number=n, url=self.presigner.part_url(key, multipart_id, n))
                for n in numbers
            ]
        )

    def stored(self, upload: UploadInParts) -> StoredParts:
        """Return the parts that S3 has: a client that resumes sends the others."""
        return StoredParts(
            parts=[
                StoredPart(part_number=part.number, size=part.size, etag=part.etag)
                for part in self._parts(upload)
            ]
        )

    def complete(self, upload: UploadInParts, sent: Sequence[SentPart]) -> Completed:
        """Make one object of the parts; again is the same.

        Raises
        ------
        Problem
            404 for no such upload, 400 where S3 has other parts than the client says, 413.
        """
        key, multipart_id = upload.key, upload.multipart_id
        try:
            stored = self.storage.list_parts(self.bucket, key, multipart_id)
        except ObjectMissingError:
            return self._completed(key)
        parts = _chosen(stored, sent)
        total = sum(part.size for part in parts)
        if total > self.max_bytes:
            self.abort(upload)
            raise self._too_large()
        try:
            self.storage.complete_multipart(self.bucket, key, multipart_id, parts)
        except ObjectMissingError:
            return self._completed(key)
        except BadPartsError as error:
            _log.info("parts refused", code=str(error))
            raise bad_request(
                "S3 refuses the parts: each but the last must be at least 5 MiB, none left out"
            ) from None
        return Completed(key=key, size=total)

    def abort(self, upload: UploadInParts) -> None:
        """End the upload and drop its parts; nothing where there is none."""
        self.storage.abort_multipart(self.bucket, upload.key, upload.multipart_id)

    def _parts(self, upload: UploadInParts) -> list[Part]:
        try:
            return self.storage.list_parts(self.bucket, upload.key, upload.multipart_id)
        except ObjectMissingError:
            raise _unknown() from None

    def _completed(self, key: str) -> Completed:
        """Return the object that an earlier request completed."""
        try:
            return Completed(key=key, size=self.storage.head(self.bucket, key).size)
        except ObjectMissingError:
            raise _unknown() from None

    def _too_large(self) -> Problem:
        return Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"video is larger than {self.max_bytes} bytes; shorten it",
        )


def _unknown() -> Problem:
    return not_found("no such upload in parts: it was completed, aborted or given up; begin anew")


def _chosen(stored: Sequence[Part], sent: Sequence[SentPart]) -> list[Part]:
    """Return the parts that the client names, as S3 has them."""
    by_number = {part.number: part for part in stored}
    chosen = []
    for named in sent:
        part = by_number.get(named.part_number)
        if part is None or part.etag.strip('"') != named.etag.strip('"'):
            raise bad_request(
                f"part {named.part_number} is not stored with that etag; send it again"
            )
        chosen.append(part)
    if [part.number for part in chosen] != list(range(1, len(chosen) + 1)):
        raise bad_request("parts must be all from 1 on, in order")
    return chosen

"""Videos that clients have sent to S3: inspected before anything depends on them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from mentor_api.http.problems import Problem, bad_request, not_found
from mentor_common.aws.storage import ObjectMissingError
from mentor_common.events import SourceObject
from mentor_common.media import HEAD_BYTES, NO_VIDEO, container_of, refusal_text

if TYPE_CHECKING:
    from mentor_common.aws.storage import Storage


@dataclass(frozen=True)
class Sources:
    """The bucket that clients send videos to."""

    storage: Storage
    bucket: str
    max_bytes: int
    form_max_bytes: int

    def inspect(self, key: str) -> SourceObject:
        """Return the object with the ETag of what was seen: its size and its container.

        Raises
        ------
        Problem
            404 where nothing was sent, 413 for too much, 400 for what is no video.
        """
        try:
            head, first = self.storage.beginning(self.bucket, key, HEAD_BYTES)
        except ObjectMissingError:
            raise not_found(
                "video s3 object not found: its upload did not finish; upload it again "
                f"(a file over {self.form_max_bytes >> 20} MB is refused: shorten it)"
            ) from None
        if head.size == 0:
            raise bad_request(NO_VIDEO)
        if head.size > self.max_bytes:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"video is larger than {self.max_bytes} bytes; shorten it",
            )
        if container_of(first) is None:
            raise bad_request(refusal_text(first))
        return SourceObject(bucket=self.bucket, key=key, etag=head.etag, size=head.size)

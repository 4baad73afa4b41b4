"""Parts of a multipart upload, over a client that answers in pages."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mentor_common.aws.storage import BadPartsError, ObjectMissingError, Part, Storage


class PagedS3:
    """S3's list of 2500 parts, a thousand a page; refuses to complete with ``code``."""

    def __init__(self, code: str = "") -> None:
        self.code = code

    def list_parts(self, **asked: Any) -> dict[str, Any]:
        first = asked.get("PartNumberMarker", 0) + 1
        last = min(first + 999, 2500)
        parts = [{"PartNumber": n, "Size": 5, "ETag": f'"{n}"'} for n in range(first, last + 1)]
        return {"Parts": parts, "IsTruncated": last < 2500, "NextPartNumberMarker": last}

    def complete_multipart_upload(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": self.code}}, "CompleteMultipartUpload")

    abort_multipart_upload = complete_multipart_upload


def test_all_pages_of_parts_are_read() -> None:
    parts = Storage(PagedS3()).list_parts("b", "k", "id")
    assert [part.number for part in parts] == list(range(1, 2501))
    assert parts[-1] == Part(2500, 5, '"2500"')


@pytest.mark.parametrize("code", ["EntityTooSmall", "InvalidPart", "InvalidPartOrder"])
def test_parts_that_make_no_object_are_the_clients_fault(code: str) -> None:
    with pytest.raises(BadPartsError, match=code):
        Storage(PagedS3(code)).complete_multipart("b", "k", "id", [Part(1, 5, "e")])


def test_an_upload_that_is_gone_is_missing_and_its_end_no_error() -> None:
    storage = Storage(PagedS3("NoSuchUpload"))
    with pytest.raises(ObjectMissingError):
        storage.complete_multipart("b", "k", "id", [Part(1, 5, "e")])
    storage.abort_multipart("b", "k", "id")

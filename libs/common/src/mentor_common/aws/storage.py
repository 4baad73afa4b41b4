"""S3 adapter: pinned reads and immutable writes; nothing that is named is ever overwritten."""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mentor_common.aws.clients import error_code, is_outage, outages_of
from mentor_common.errors import DependencyDownError, TransientError
from mentor_common.failpoints import effect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CHUNK = 1024 * 1024
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_BAD_PARTS = frozenset({"EntityTooSmall", "InvalidPart", "InvalidPartOrder", "MalformedXML"})
_IMMUTABLE = "public, max-age=31536000, immutable"
CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".vtt": "text/vtt; charset=utf-8",
    ".webm": "video/webm",
}


class ObjectMissingError(Exception):
    """There is no such object, or not any more with the pinned ETag."""


class BadPartsError(Exception):
    """S3 cannot make an object of these parts; the message is S3's code."""


@dataclass(frozen=True)
class Part:
    """A stored part of a multipart upload: its number from 1, size in bytes and ETag."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True)
class ObjectHead:
    """An object's size in bytes and ETag."""

    size: int
    etag: str


class Storage:
    """Objects by bucket and key. Methods raise ``DependencyDownError`` in an outage."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def head(self, bucket: str, key: str) -> ObjectHead:
        """Return size and ETag.

        Raises
        ------
        ObjectMissingError
            When there is none.
        """
        answer = self._call("head_object", Bucket=bucket, Key=key)
        return ObjectHead(int(answer["ContentLength"]), str(answer["ETag"]))

    def beginning(self, bucket: str, key: str, count: int) -> tuple[ObjectHead, bytes]:
        """Return an object's size and ETag, and at most its first ``count`` bytes, in one call.

        Raises
        ------
        ObjectMissingError
            When there is none.
        """
        try:
            answer = self._call("get_object", Bucket=bucket, Key=key, Range=f"bytes=0-{count - 1}")
        except ClientError as error:
            if error_code(error) != "InvalidRange":
                raise
            return self.head(bucket, key), b""  # It is empty: no range of it can be satisfied.
        with _reading():
            first = bytes(answer["Body"].read())
        size = str(answer.get("ContentRange", len(first))).rpartition("/")[2]
        return ObjectHead(int(size), str(answer["ETag"])), first

    def download(self, bucket: str, key: str, etag: str, target: Path) -> str:
        """Write the object to ``target``; return its SHA-1 as hex, computed on the way.

        Raises
        ------
        ObjectMissingError
            When the object is gone or was replaced since its ETag was pinned.
        TransientError
            When the stream ended early, or there is no room for the file.
        """
        answer = self._call("get_object", Bucket=bucket, Key=key, IfMatch=etag)
        digest = hashlib.sha1(usedforsecurity=False)
        try:
            with _reading(), target.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise TransientError(f"work folder: {error.strerror}") from error
            raise
        if target.stat().st_size != answer["ContentLength"]:
            raise TransientError(f"download of {key} ended early")
        return digest.hexdigest()

    def upload(self, source: Path, bucket: str, key: str) -> None:
        """Store a file under a key without another writer."""
        with source.open("rb") as body:
            self._put(bucket, key, body, os.fstat(body.fileno()).st_size)

    def put_text(self, text: str, bucket: str, key: str) -> None:
        """Store text under a key without another writer."""
        self.put_bytes(text.encode(), bucket, key)

    def put_bytes(self, content: bytes, bucket: str, key: str) -> None:
        """Store bytes under a key without another writer; its suffix says their type."""
        self._put(bucket, key, content, len(content))

    def get_text(self, bucket: str, key: str) -> str:
        """Return a text object's content.

        Raises
        ------
        ObjectMissingError
            When there is none.
        """
        answer = self._call("get_object", Bucket=bucket, Key=key)
        with _reading():
            return str(answer["Body"].read().decode())

    def chunks(self, bucket: str, key: str, start: int = 0) -> Iterator[bytes]:
        """Yield an object's bytes from an offset on.

        Raises
        ------
        ObjectMissingError
            When there is none.
        """
        answer = self._call("get_object", Bucket=bucket, Key=key, Range=f"bytes={start}-")
        with _reading():
            yield from answer["Body"].iter_chunks(_CHUNK)

    def copy(
        self, source: tuple[str, str, str | None], bucket: str, key: str, kind: str | None = None
    ) -> None:
        """Copy an object inside S3, without its tags: the copy of a superseded object is none.

        Parameters
        ----------
        source
            Bucket, key and the ETag that it must have; ``None`` for one of our own, which never
            changes.
        kind
            Value of the copy's tag ``kind``, by which a lifecycle rule names it.
        """
        from_bucket, from_key, etag = source
        optional = {"CopySourceIfMatch": etag} if etag else {}
        if kind:
            optional["Tagging"] = f"kind={kind}"
        with effect("s3.copy"):
            self._call(
                "copy_object",
                CopySource={"Bucket": from_bucket, "Key": from_key},
                Bucket=bucket,
                Key=key,
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                **optional,
                **_headers(key),
            )

    def tag_superseded(self, bucket: str, key: str) -> None:
        """Tag an object that no answer shows any more, and with nothing else: it is to go."""
        tags = {"TagSet": [{"Key": "superseded", "Value": "true"}]}
        with effect("s3.tag"):
            self._call("put_object_tagging", Bucket=bucket, Key=key, Tagging=tags)

    def list_keys(self, bucket: str, prefix: str) -> list[str]:
        """Return all keys under a prefix."""
        keys: list[str] = []
        extra: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Bucket=bucket, Prefix=prefix, **extra)
            keys += [item["Key"] for item in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                return keys
            extra = {"ContinuationToken": page["NextContinuationToken"]}

    def begin_multipart(self, bucket: str, key: str) -> str:
        """Begin a multipart upload; return its id. A lifecycle rule ends what is abandoned."""
        with effect("s3.multipart"):
            answer = self._call("create_multipart_upload", Bucket=bucket, Key=key)
        return str(answer["UploadId"])

    def list_parts(self, bucket: str, key: str, multipart_id: str) -> list[Part]:
        """Return the parts that are stored, in their order.

        Raises
        ------
        ObjectMissingError
            When there is no such multipart upload, or not any more.
        """
        parts: list[Part] = []
        extra: dict[str, int] = {}
        while True:
            page = self._call("list_parts", Bucket=bucket, Key=key, UploadId=multipart_id, **extra)
            parts += [
                Part(int(part["PartNumber"]), int(part["Size"]), str(part["ETag"]))
                for part in page.get("Parts", [])
            ]
            if not page.get("IsTruncated"):
                return parts
            extra = {"PartNumberMarker": int(page["NextPartNumberMarker"])}

    def complete_multipart(
        self, bucket: str, key: str, multipart_id: str, parts: list[Part]
    ) -> None:
        """Make one object of the parts.

        Raises
        ------
        ObjectMissingError
            When there is no such multipart upload, or not any more.
        BadPartsError
            When a part is missing, too small or out of order.
        """
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            with effect("s3.multipart"):
                self._call(
                    "complete_multipart_upload",
                    Bucket=bucket,
                    Key=key,
                    UploadId=multipart_id,
                    MultipartUpload={"Parts": listed},
                )
        except ClientError as error:
            if error_code(error) in _BAD_PARTS:
                raise BadPartsError(error_code(error)) from None
            raise

    def abort_multipart(self, bucket: str, key: str, multipart_id: str) -> None:
        """End a multipart upload and drop its parts; nothing where there is none."""
        try:
            with effect("s3.multipart"):
                self._call("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=multipart_id)
        except ObjectMissingError:
            return

    def probe(self, bucket: str) -> None:
        """Raise ``DependencyDownError`` unless the bucket answers."""
        self._call("head_bucket", Bucket=bucket)

    def _put(self, bucket: str, key: str, body: Any, size: int) -> None:
        with effect("s3.put"):
            self._call(
                "put_object", Bucket=bucket, Key=key, Body=body, ContentLength=size, **_headers(key)
            )

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            with outages_of("s3"):
                return dict(getattr(self._s3, operation)(**parameters))
        except ClientError as error:
            if error_code(error) in _ABSENT | {"PreconditionFailed", "412"}:
                raise ObjectMissingError(parameters.get("Key", "")) from None
            raise


class _reading:  # noqa: N801 -- used like a function
    """Turn a body that breaks off into an outage."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (BotoCoreError, OSError)) and (
            is_outage(error) or isinstance(error, BotoCoreError | ConnectionError)
        ):
            raise DependencyDownError("s3", f"body broke off: {type(error).__name__}") from error


def _headers(key: str) -> dict[str, str]:
    suffix = key[key.rfind(".") :]
    return {
        "ContentType": CONTENT_TYPES.get(suffix, "application/octet-stream"),
        "CacheControl": _IMMUTABLE,
    }

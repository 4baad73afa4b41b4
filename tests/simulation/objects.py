"""S3: whole objects by bucket and key."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from botocore.response import StreamingBody

from simulation.outside import Outside, refusal

if TYPE_CHECKING:
    from simulation.process import Process

Where = tuple[str, str]


@dataclass
class Objects:
    """All buckets."""

    outside: Outside
    content: dict[Where, bytes] = field(default_factory=dict)
    tags: dict[Where, dict[str, str]] = field(default_factory=dict)
    overwritten: list[Where] = field(default_factory=list)
    watchers: list[Any] = field(default_factory=list)
    """Called with bucket and key of each object that is tagged."""

    def client(self, process: Process) -> S3:
        """Return a process's client."""
        return S3(self, process)

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store; remember whether other content was lost."""
        if self.content.get((bucket, key), body) != body:
            self.overwritten.append((bucket, key))
        self.content[bucket, key] = body


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


class S3:
    """A client in the shape of boto3's."""

    def __init__(self, objects: Objects, process: Process) -> None:
        self._objects = objects
        self._process = process
        self._outside = objects.outside

    def _enter(self) -> None:
        self._outside.enter_thread(self._process, "s3")

    def _leave(self) -> None:
        self._outside.leave_thread(self._process, "s3")

    def _body(self, where: Where, match: str | None = None) -> bytes:
        body = self._objects.content.get(where)
        if body is None:
            raise refusal("NoSuchKey", 404)
        if match is not None and match != _etag(body):
            raise refusal("PreconditionFailed", 412)
        return body

    def head_bucket(self, **_request: Any) -> dict[str, Any]:
        """Answer that it is there."""
        self._enter()
        return {}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 -- AWS's names
        """Return size and ETag."""
        self._enter()
        body = self._body((Bucket, Key))
        return {"ContentLength": len(body), "ETag": _etag(body)}

    def get_object(self, **request: Any) -> dict[str, Any]:
        """Return content."""
        self._enter()
        body = self._body((request["Bucket"], request["Key"]), request.get("IfMatch"))
        whole, etag = len(body), _etag(body)
        if wanted := request.get("Range"):
            body = body[: int(wanted.rpartition("-")[2]) + 1]
        self._leave()
        return {
            "Body": StreamingBody(io.BytesIO(body), len(body)),
            "ContentLength": len(body),
            "ContentRange": f"bytes 0-{len(body) - 1}/{whole}",
            "ETag": etag,
        }

    def put_object(self, **request: Any) -> dict[str, Any]:
        """Store an object."""
        self._enter()
        body = request["Body"]
        content = body if isinstance(body, bytes) else body.read()
        self._outside.note(self._process, "put", request["Key"])
        self._objects.put(request["Bucket"], request["Key"], content)
        self._leave()
        return {}

    def copy_object(self, **request: Any) -> dict[str, Any]:
        """Copy an object."""
        self._enter()
        source = request["CopySource"]
        body = self._body((source["Bucket"], source["Key"]), request.get("CopySourceIfMatch"))
        self._outside.note(self._process, "copy", request["Key"])
        self._objects.put(request["Bucket"], request["Key"], body)
        tags = self._objects.tags.get((source["Bucket"], source["Key"]), {})
        if request.get("TaggingDirective") == "REPLACE":
            tags = dict(parse_qsl(request.get("Tagging", "")))
        if tags:
            self._objects.tags[request["Bucket"], request["Key"]] = dict(tags)
        self._leave()
        return {}

    def put_object_tagging(self, **request: Any) -> dict[str, Any]:
        """Tag an object."""
        self._enter()
        where = (request["Bucket"], request["Key"])
        self._body(where)
        tags = {tag["Key"]: tag["Value"] for tag in request["Tagging"]["TagSet"]}
        self._objects.tags[where] = tags
        for watch in self._objects.watchers:
            watch(*where)
        self._leave()
        return {}

    def get_object_tagging(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 -- AWS's names
        """Return an object's tags."""
        self._enter()
        self._body((Bucket, Key))
        tags = self._objects.tags.get((Bucket, Key), {})
        return {"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}

    def list_objects_v2(self, *, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803 -- AWS's names
        """List keys."""
        self._enter()
        keys = sorted(
            key
            for bucket, key in self._objects.content
            if bucket == Bucket and key.startswith(Prefix)
        )
        return {"Contents": [{"Key": key} for key in keys], "IsTruncated": False}

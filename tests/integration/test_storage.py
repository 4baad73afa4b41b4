"""S3 as the services use it: what was accepted is what is worked on."""

from __future__ import annotations

import asyncio
import hashlib
import resource
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.adapters import fetch_source
from mentor_common.aws import clients
from mentor_common.aws.storage import ObjectMissingError, Storage
from mentor_common.errors import PermanentError, TransientError
from mentor_common.events import SourceObject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def storage(cloud: Any) -> Storage:
    assert cloud
    return Storage(clients.client("s3", "us-east-1"))


@pytest.fixture
def bucket(cloud: Any) -> str:
    return str(cloud.environment("api")["SIGNED_UPLOAD_BUCKET"])


def test_an_object_replaced_since_it_was_accepted_is_refused(
    storage: Storage, bucket: str, tmp_path: Path
) -> None:
    storage.put_text("first", bucket, "user1/k.json")
    head = storage.head(bucket, "user1/k.json")
    target = tmp_path / "source"
    sha1 = storage.download(bucket, "user1/k.json", head.etag, target)
    assert sha1 == hashlib.sha1(b"first", usedforsecurity=False).hexdigest()
    storage.put_text("other", bucket, "user1/k.json")
    with pytest.raises(ObjectMissingError):
        storage.download(bucket, "user1/k.json", head.etag, target)
    source = SourceObject(bucket=bucket, key="user1/k.json", etag=head.etag, size=5)
    with pytest.raises(PermanentError) as refused:
        asyncio.run(fetch_source(storage, source, target))
    assert refused.value.code == "source_missing"


def test_a_copy_is_pinned_and_carries_its_true_type(storage: Storage, bucket: str) -> None:
    storage.put_text("WEBVTT", bucket, "user1/k")
    etag = storage.head(bucket, "user1/k").etag
    storage.copy((bucket, "user1/k", etag), bucket, "videos/original.webm")
    stored = clients.client("s3", "us-east-1").head_object(
        Bucket=bucket, Key="videos/original.webm"
    )
    assert stored["ContentType"] == "video/webm"
    assert "immutable" in stored["CacheControl"]
    with pytest.raises(ObjectMissingError):
        storage.copy((bucket, "user1/k", '"another"'), bucket, "videos/x.webm")


def test_a_copy_of_a_superseded_object_is_not_removed_with_it(
    storage: Storage, bucket: str
) -> None:
    storage.put_text("WEBVTT", bucket, "videos/old.vtt")
    storage.tag_superseded(bucket, "videos/old.vtt")
    etag = storage.head(bucket, "videos/old.vtt").etag

    storage.copy((bucket, "videos/old.vtt", etag), bucket, "videos/new.vtt")

    tags = clients.client("s3", "us-east-1").get_object_tagging(Bucket=bucket, Key="videos/new.vtt")
    assert tags["TagSet"] == []


def test_a_missing_object_is_said_to_be_missing(storage: Storage, bucket: str) -> None:
    with pytest.raises(ObjectMissingError):
        storage.head(bucket, "user1/none")
    with pytest.raises(ObjectMissingError):
        storage.get_text(bucket, "user1/none")


def test_no_room_in_the_work_folder_is_a_reason_to_try_again(
    storage: Storage, bucket: str, tmp_path: Path
) -> None:
    storage.put_text("x" * 100_000, bucket, "user1/large.json")
    etag = storage.head(bucket, "user1/large.json").etag
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # what a write sees is an error
    try:
        with pytest.raises(TransientError, match="work folder"):
            storage.download(bucket, "user1/large.json", etag, tmp_path / "source")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

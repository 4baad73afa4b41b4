"""The buckets as a browser meets them: no credentials, other origin, signed form, ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_local.provision import client

if TYPE_CHECKING:
    from mentor_local.provision import Stack

ORIGIN = "https://careerfair.example"
WHITELIST = (
    "AWSAccessKeyId",
    "bucket",
    "key",
    "policy",
    "signature",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-signature",
)


@pytest.fixture
def form(stack: Stack) -> dict[str, Any]:
    signed: dict[str, Any] = client("s3", stack.endpoint).generate_presigned_post(
        Bucket=stack.upload_bucket,
        Key="user/video",
        Conditions=[["content-length-range", 1, 1000]],
        ExpiresIn=60,
    )
    return signed


def post(form: dict[str, Any], content: bytes) -> requests.Response:
    fields = {name: form["fields"][name] for name in WHITELIST if name in form["fields"]}
    return requests.post(
        form["url"],
        data=fields,
        files={"file": ("video.mp4", content, "video/mp4")},
        headers={"Origin": ORIGIN},
        timeout=10,
    )


def test_a_browser_posts_a_file_with_a_signed_form(stack: Stack, form: dict[str, Any]) -> None:
    answer = post(form, b"moving pictures")

    stored = client("s3", stack.endpoint).get_object(Bucket=stack.upload_bucket, Key="user/video")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN}
    assert stored["Body"].read() == b"moving pictures"


def test_a_file_above_the_signed_size_is_refused(form: dict[str, Any]) -> None:
    assert post(form, b"x" * 1001).status_code == 400


@pytest.mark.parametrize("field", ["x-amz-signature", "key"])
def test_a_form_that_was_tampered_with_is_refused(form: dict[str, Any], field: str) -> None:
    form["fields"][field] = "0" * 64

    assert post(form, b"moving pictures").status_code == 403


def preflight(url: str, method: str, **headers: str) -> requests.Response:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": method, **headers}
    return requests.options(url, headers=asked, timeout=10)


def test_any_origin_may_post_to_the_upload_bucket(stack: Stack) -> None:
    url = f"{stack.endpoint}/{stack.upload_bucket}"
    wanted = {"Access-Control-Request-Headers": "x-requested-with"}

    posting = preflight(url, "POST", **wanted)
    deleting = preflight(url, "DELETE")

    assert posting.status_code == 200
    assert posting.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN}
    assert "POST" in posting.headers["Access-Control-Allow-Methods"]
    assert deleting.status_code == 403


def test_any_page_may_play_a_static_object(stack: Stack) -> None:
    client("s3", stack.endpoint).put_object(
        Bucket=stack.static_bucket,
        Key="videos/web.mp4",
        Body=b"0123456789",
        ContentType="video/mp4",
    )
    url = f"{stack.static_url_base}videos/web.mp4"

    asked = preflight(url, "GET", **{"Access-Control-Request-Headers": "range"})
    whole = requests.get(url, headers={"Origin": ORIGIN}, timeout=10)
    part = requests.get(url, headers={"Range": "bytes=2-4", "Origin": ORIGIN}, timeout=10)
    head = requests.head(url, timeout=10)

    assert asked.status_code == 200
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Access-Control-Allow-Origin"] in {"*", ORIGIN}
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert head.headers["Content-Length"] == "10"


def test_nobody_writes_to_the_static_bucket_or_reads_uploads_without_credentials(
    stack: Stack,
) -> None:
    client("s3", stack.endpoint).put_object(
        Bucket=stack.upload_bucket, Key="user/private", Body=b"raw recording"
    )

    read = requests.get(f"{stack.endpoint}/{stack.upload_bucket}/user/private", timeout=10)
    listed = requests.get(f"{stack.endpoint}/{stack.static_bucket}", timeout=10)
    written = requests.put(f"{stack.static_url_base}planted.html", data=b"<html>", timeout=10)

    assert (read.status_code, listed.status_code, written.status_code) == (403, 403, 403)

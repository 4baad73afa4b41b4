"""Resumable upload: begun, sent in parts, resumed, completed, given up; only by its owner."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from mentor_local.graphql.seed import SEED_FOREIGN_USER_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20
MP4_START = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
ROUTE = "/upload/multipart"


def call(api: Any, method: str, path: str, body: Any = None, **query: Any) -> Any:
    data = None if body is None else json.dumps(body).encode()
    return api.client.open(path, method=method, data=data, query_string=query, headers=api.headers)


def begin(api: Any, size: int) -> dict[str, Any]:
    answer = call(api, "POST", ROUTE, {"size": size})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json()["data"])


def names(begun: dict[str, Any]) -> dict[str, str]:
    return {name: begun[name] for name in ("key", "multipart_id")}


def send(api: Any, begun: dict[str, Any], content: bytes, number: int) -> dict[str, Any]:
    """Send one part as a browser does; return what is asked for at the end."""
    body = names(begun) | {"part_numbers": [number]}
    (part,) = call(api, "POST", f"{ROUTE}/sign", body).get_json()["data"]["parts"]
    start = (number - 1) * begun["part_size"]
    piece = content[start : start + begun["part_size"]]
    answer = requests.put(part["url"], data=piece, timeout=10)
    assert answer.status_code == 200
    return {"part_number": number, "etag": answer.headers["ETag"]}


def test_a_broken_off_upload_is_resumed_completed_and_accepted(api: Any) -> None:
    content = MP4_START + bytes(range(256)) * (17 * MIB // 256)
    begun = begin(api, len(content))
    assert begun["key"].startswith(f"{SEED_OWNER_ID}/")
    assert begun["part_count"] == 3
    sent = {number: send(api, begun, content, number) for number in (3, 1)}
    # The browser was closed: another one asks what is missing.
    listed = call(api, "GET", ROUTE, **names(begun)).get_json()["data"]["parts"]
    assert [part["part_number"] for part in listed] == [1, 3]
    assert [part["size"] for part in listed] == [8 * MIB, len(content) - 16 * MIB]
    sent[2] = send(api, begun, content, 2)
    sent[1] = send(api, begun, content, 1)
    for wrong in ([sent[1], sent[3]], [sent[2], sent[1], sent[3]], [{**sent[1], "etag": '"x"'}]):
        refused = call(api, "POST", f"{ROUTE}/complete", names(begun) | {"parts": wrong})
        assert refused.status_code == 400
    body = names(begun) | {"parts": [sent[1], sent[2], sent[3]]}
    for _ in range(2):
        answer = call(api, "POST", f"{ROUTE}/complete", body)
        assert answer.status_code == 200, "again is the same"
        assert answer.get_json()["data"] == {"key": begun["key"], "size": len(content)}
    bucket = api.settings.signed_upload_bucket
    stored = api.cloud.client("s3").get_object(Bucket=bucket, Key=begun["key"])["Body"].read()
    assert stored == content
    assert api.post(video=begun["key"]).status_code == 200
    assert call(api, "GET", ROUTE, **names(begun)).status_code == 404, "nothing left to resume"


def test_what_is_given_up_is_gone_and_again_is_the_same(api: Any) -> None:
    begun = begin(api, 100)
    part = send(api, begun, b"x" * 100, 1)
    for _ in range(2):
        assert call(api, "DELETE", ROUTE, **names(begun)).status_code == 200
    body = names(begun) | {"parts": [part]}
    assert call(api, "POST", f"{ROUTE}/complete", body).status_code == 404
    signing = names(begun) | {"part_numbers": [1]}
    assert call(api, "POST", f"{ROUTE}/sign", signing).status_code == 404
    bucket = api.settings.signed_upload_bucket
    left = api.cloud.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert left == []


def test_a_recording_is_begun_with_the_most_it_may_become_and_is_as_large_as_its_parts(
    api: Any,
) -> None:
    content = MP4_START + bytes(range(256)) * (9 * MIB // 256)
    begun = begin(api, api.settings.resumable_max_bytes)
    assert begun["part_size"] == 8 * MIB
    sent = [send(api, begun, content, number) for number in (1, 2)]
    body = names(begun) | {"parts": sent}
    answer = call(api, "POST", f"{ROUTE}/complete", body)
    assert answer.get_json()["data"] == {"key": begun["key"], "size": len(content)}


def test_only_the_owner_may_do_anything_with_an_upload(
    api: Any, make_token: Callable[..., str]
) -> None:
    begun = begin(api, 100)
    part = send(api, begun, b"x" * 100, 1)
    own, api.token = api.token, make_token(SEED_FOREIGN_USER_ID)
    answers = [
        call(api, "POST", f"{ROUTE}/sign", names(begun) | {"part_numbers": [1]}),
        call(api, "POST", f"{ROUTE}/complete", names(begun) | {"parts": [part]}),
        call(api, "GET", ROUTE, **names(begun)),
        call(api, "DELETE", ROUTE, **names(begun)),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    api.token = own
    assert len(call(api, "GET", ROUTE, **names(begun)).get_json()["data"]["parts"]) == 1


def test_what_is_no_valid_request_is_400_and_what_is_too_large_413(
    make_api: Callable[..., Any],
) -> None:
    api = make_api(RESUMABLE_MAX_BYTES="150", UPLOAD_MAX_BYTES="150")
    for size in (0, -1, 1.5, "100", None, True):
        assert call(api, "POST", ROUTE, {"size": size}).status_code == 400, size
    assert call(api, "POST", ROUTE, {"size": 151}).status_code == 413
    begun = begin(api, 100)
    for numbers in ([], [0], [10_001], ["1"], [1] * 101, "1", None):
        body = names(begun) | {"part_numbers": numbers}
        assert call(api, "POST", f"{ROUTE}/sign", body).status_code == 400, numbers
    for changed in ({"key": "../../x"}, {"key": 7}, {"multipart_id": ""}, {"multipart_id": 7}):
        wrong: dict[str, Any] = {**names(begun), "part_numbers": [1], **changed}
        assert call(api, "POST", f"{ROUTE}/sign", wrong).status_code == 400, changed
    begun = begin(api, 100)
    part = send(api, begun, b"x" * 151, 1)  # more than was said
    answer = call(api, "POST", f"{ROUTE}/complete", names(begun) | {"parts": [part]})
    assert answer.status_code == 413
    assert call(api, "GET", ROUTE, **names(begun)).status_code == 404, "and its parts are dropped"


def test_part_urls_are_signed_by_v4_and_for_that_part_alone(make_api: Callable[..., Any]) -> None:
    api = make_api(PRESIGN_SIGNATURE="v2")
    begun = begin(api, 100)
    body = names(begun) | {"part_numbers": [1, 2]}
    parts = call(api, "POST", f"{ROUTE}/sign", body).get_json()["data"]["parts"]
    queries = [parse_qs(urlsplit(part["url"]).query) for part in parts]
    assert [query["partNumber"] for query in queries] == [["1"], ["2"]]
    assert queries[0]["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert queries[0]["X-Amz-Signature"] != queries[1]["X-Amz-Signature"]
    assert queries[0]["X-Amz-Expires"] == ["3600"]

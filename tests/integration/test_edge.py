"""Who may call, and what a request must look like."""

from __future__ import annotations

import base64
import json
import math
import re
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from mentor_api.http.operations import operations_of
from mentor_api.presign import Presigner
from mentor_common.aws.storage import ObjectHead, Storage
from mentor_common.jobs import Reader, UploadRequest
from mentor_local.graphql.seed import SEED_FOREIGN_MENTOR_ID, SEED_FOREIGN_USER_ID, SEED_OWNER_ID
from mentor_local.ui import FORWARDED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable


SOME_ID = "7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"
PAGES = ("docs", "studio", "ops")
PUBLIC = {
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    f"/shared/{SOME_ID}",
    f"/vendor/{SOME_ID}",
    f"/studio/{SOME_ID}/{SOME_ID}",
    f"/ops/{SOME_ID}/{SOME_ID}",
    "/studio/sign-in",
    "/ops/sign-in",
    *(path for page in PAGES for path in (f"/{page}", f"/{page}/{SOME_ID}")),
}


def routes(api: Any) -> list[tuple[str, str]]:
    """Method and path of every route, with some value for each of the path's parameters."""
    return [
        (method, re.sub(r"<[^>]+>", SOME_ID, path))
        for method, path, _ in operations_of(api.client.application)
    ]


def test_without_token_every_route_is_401_with_cors_and_json(api: Any) -> None:
    for method, path in routes(api):
        answer = api.client.open(path, method=method)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        if path in PUBLIC:
            assert answer.status_code in {200, 404}, path
        else:
            assert answer.status_code == 401, path
            assert set(answer.get_json()["data"]) == {"error", "message"}


def test_only_a_valid_token_opens(api: Any, make_token: Callable[..., str]) -> None:
    secret = api.settings.jwt_secret.get_secret_value()
    claims = {"id": SEED_OWNER_ID, "role": "USER", "mentorIds": [], "exp": int(time.time()) + 60}
    refused = {
        "expired": make_token(SEED_OWNER_ID, exp=1),
        "no exp": make_token(SEED_OWNER_ID, exp=None),
        "wrong secret": jwt.encode(claims, "x" * 64, algorithm="HS256"),
        "HS512": jwt.encode(claims, secret * 2, algorithm="HS512"),
        "alg none": jwt.encode(claims, None, algorithm="none"),
        "no role": make_token(SEED_OWNER_ID, role=None),
        "no mentorIds": make_token(SEED_OWNER_ID, mentorIds=None),
        "id of one character": make_token("x"),
        "id that is a path": make_token("../../etc"),
    }
    for what, token in refused.items():
        headers = {"Authorization": f"Bearer {token}"}
        assert api.client.get("/upload/url", headers=headers).status_code == 401, what
    for scheme in ("bearer", "Bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {api.token}"}
        assert api.client.get("/upload/url", headers=headers).status_code == 200
    for header in (f"bearer  {api.token}", f"BEARERxyz {api.token}", api.token):
        headers = {"Authorization": header}
        assert api.client.get("/upload/url", headers=headers).status_code == 401


OTHER_CLOCKS: list[tuple[dict[str, Any], int]] = [
    ({"iat": 5}, 200),
    ({"iat": 3600.5}, 200),
    ({"iat": "yesterday"}, 200),
    ({"iat": None}, 200),
    ({"nbf": 50}, 200),
    ({"nbf": 90}, 401),
    ({"exp": -50}, 200),
    ({"exp": -70}, 401),
    ({"exp": 900.25}, 200),
    ({"exp": "soon"}, 401),
    ({"exp": [900]}, 401),
    ({"exp": math.inf}, 401),
    ({"nbf": {}}, 401),
    ({"sub": 5, "jti": 7, "aud": "somebody"}, 200),
]


@pytest.mark.parametrize(("claims", "status"), OTHER_CLOCKS, ids=str)
def test_a_clock_that_is_off_locks_nobody_out_for_exp_and_nbf_have_leeway_and_iat_decides_nothing(
    api: Any, make_token: Callable[..., str], claims: dict[str, Any], status: int
) -> None:
    now = int(time.time())
    numbers = ("iat", "nbf", "exp")
    dated = {
        name: now + value if name in numbers and isinstance(value, int | float) else value
        for name, value in claims.items()
    }
    headers = {"Authorization": f"bearer {make_token(SEED_OWNER_ID, **dated)}"}
    assert api.client.get("/upload/url", headers=headers).status_code == status


def test_preflight_needs_no_token_on_any_route(api: Any) -> None:
    for method, path in routes(api):
        asked = {
            "Origin": "https://admin.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        answer = api.client.options(path, headers=asked)
        assert answer.status_code == 204
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert "authorization" in allowed
        assert "content-type" in allowed
        assert method in answer.headers["Access-Control-Allow-Methods"]


def test_only_listed_origins_are_let_in(make_api: Callable[..., Any]) -> None:
    api = make_api(CORS_ORIGIN="https://admin.example, https://studio.example")
    for origin, allowed in (
        ("https://studio.example", "https://studio.example"),
        ("https://evil.example", None),
        (None, None),
    ):
        headers = api.headers | ({"Origin": origin} if origin else {})
        answer = api.client.get("/upload/url", headers=headers)
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Origin" in answer.headers["Vary"]


def test_unexpected_error_is_json_without_trace_or_token(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_presigner: Presigner, _user: str) -> dict[str, Any]:
        raise RuntimeError(f"boom for bearer {api.token}")

    monkeypatch.setattr(Presigner, "form", broken)
    answer = api.client.get("/upload/url", headers=api.headers)
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "boom" not in answer.text
    assert "Traceback" not in answer.text
    assert api.token not in answer.text


def test_without_permission_403_and_nothing_written(
    api: Any, make_token: Callable[..., str]
) -> None:
    video = api.put(user=SEED_FOREIGN_USER_ID)
    api.token = make_token(SEED_FOREIGN_USER_ID)
    answer = api.post(video=video)
    assert answer.status_code == 403
    assert answer.get_json()["data"] == {"error": "not authorized", "message": "not authorized"}
    assert api.untouched()
    api.token = make_token(SEED_OWNER_ID)
    assert api.post(mentor=SEED_FOREIGN_MENTOR_ID).status_code == 403


def test_graphql_down_is_503_and_nothing_written(api: Any) -> None:
    video = api.put()
    api.graphql.set_fault("unavailable")
    answer = api.post(video=video)
    api.graphql.set_fault(None)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert api.untouched()
    assert api.post(video=video).status_code == 200


@pytest.mark.parametrize("bad", ["../../x", "a/b", 123, "", "5EE0000000000000000000B1", None])
@pytest.mark.parametrize("name", ["mentor", "question"])
def test_ids_that_are_not_24_hex_are_400_before_any_io(api: Any, name: str, bad: object) -> None:
    api.graphql.set_fault("unavailable")
    answer = api.post(video=f"{SEED_OWNER_ID}/x", **{name: bad})
    assert answer.status_code == 400


@pytest.mark.parametrize("prefix", ["", "/upload", "upload/"])
def test_routes_resolve_under_any_prefix(make_api: Callable[..., Any], prefix: str) -> None:
    api = make_api(URL_PREFIX=prefix)
    mounted = f"/{prefix.strip('/')}" if prefix else ""
    assert api.client.get(f"{mounted}/upload/url", headers=api.headers).status_code == 200
    for method, path in routes(api):
        assert path in {"/livez", "/readyz", "/metrics"} or path.startswith(f"{mounted}/")
        found = {200, 404} if path.removeprefix(mounted) in PUBLIC else {401}
        assert api.client.open(path, method=method).status_code in found, path


def test_security_headers_are_on_every_answer_and_hsts_behind_tls(api: Any) -> None:
    for path in ("/upload/url", "/livez", "/nowhere"):
        headers = api.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers
        secure = api.client.get(path, headers={"X-Forwarded-Proto": "https"}).headers
        assert "max-age=31536000" in secure["Strict-Transport-Security"]


def test_a_user_that_calls_too_often_is_told_when_to_come_back(
    make_api: Callable[..., Any], make_token: Callable[..., str]
) -> None:
    api = make_api(RATE_LIMIT_WRITES="3 per minute", RATE_LIMIT_READS="2 per minute")
    codes = [api.client.get("/upload/url", headers=api.headers).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = api.post()
    assert refused.status_code == 429
    assert "3 per 1 minute" in refused.get_json()["data"]["message"]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert api.untouched()
    status = "/upload/status/7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"
    assert api.client.get(status, headers=api.headers).status_code == 404, "reads count apart"
    api.token = make_token(SEED_FOREIGN_USER_ID)
    assert api.client.get("/upload/url", headers=api.headers).status_code == 200


def test_policy_asks_for_nothing_the_ui_does_not_forward(api: Any) -> None:
    form = api.client.get("/upload/url", headers=api.headers).get_json()["data"]
    fields = form["fields"]
    user, _, name = fields["key"].partition("/")
    assert user == SEED_OWNER_ID
    assert len(name) == 36
    assert set(fields) <= set(FORWARDED_FIELDS)
    policy = json.loads(base64.b64decode(fields["policy"]))
    sizes = [c for c in policy["conditions"] if isinstance(c, list)]
    assert sizes == [["content-length-range", 1, 524_288_000]]
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            ((field, value),) = condition.items()
            assert field == "bucket" or fields[field] == value


def test_the_upload_forms_limit_fits_five_minutes_at_a_browsers_highest_bit_rate(api: Any) -> None:
    browsers_bits_per_s = 12_000_000 + 256_000
    assert api.settings.upload_max_bytes >= 5 * 60 * browsers_bits_per_s / 8
    assert api.settings.resumable_max_bytes >= api.settings.upload_max_bytes


def test_a_file_that_s3_refused_for_its_size_is_a_404_that_says_the_limit(
    make_api: Callable[..., Any],
) -> None:
    api = make_api(UPLOAD_MAX_BYTES=str(7 << 20))
    answer = api.post(video=f"{SEED_OWNER_ID}/{SOME_ID}")
    assert answer.status_code == 404
    message = answer.get_json()["data"]["message"]
    assert message.startswith("video s3 object not found: its upload did not finish")
    assert "a file over 7 MB is refused" in message


def test_v2_signature_by_setting(make_api: Callable[..., Any]) -> None:
    api = make_api(PRESIGN_SIGNATURE="v2")
    form = api.client.get("/upload/url", headers=api.headers).get_json()["data"]
    assert "AWSAccessKeyId" in form["fields"]


@pytest.mark.parametrize("label", ["multipart/form-data", "text/plain", "application/json"])
def test_json_is_read_whatever_the_label_says(api: Any, label: str) -> None:
    body = {"mentor": api.ids[0], "question": api.ids[1], "video": api.put()}
    answer = api.client.post(
        "/upload/answer",
        data=json.dumps(body).encode(),
        headers=api.headers | {"Content-Type": label},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mentor": ...}, "mentor parameter missing"),
        ({"question": ...}, "question parameter missing"),
        ({"video": ...}, "video s3 object parameter missing"),
    ],
)
def test_missing_parameter_has_the_original_text(
    api: Any, changes: dict[str, Any], message: str
) -> None:
    answer = api.post(**changes)
    assert answer.status_code == 400
    assert answer.get_json()["data"] == {"error": "Bad Request", "message": message}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"null"])
def test_body_that_is_no_object_has_the_original_text(api: Any, raw: bytes) -> None:
    answer = api.post(raw)
    assert answer.status_code == 400
    assert answer.get_json()["data"]["message"] == "body payload is required"


def test_413_for_a_body_that_is_too_large(api: Any) -> None:
    answer = api.post(b"{" + b" " * 70_000)
    assert answer.status_code == 413
    assert "message" in answer.get_json()["data"]


def test_foreign_malformed_and_missing_videos(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    beginning = Storage.beginning

    def counted(storage: Storage, bucket: str, key: str, count: int) -> tuple[ObjectHead, bytes]:
        looks.append(key)
        return beginning(storage, bucket, key, count)

    monkeypatch.setattr(Storage, "beginning", counted)
    foreign = api.put(user=SEED_FOREIGN_USER_ID)
    assert api.post(video=foreign).status_code == 403
    for malformed in ("x", f"{SEED_OWNER_ID}/a/b", f"{SEED_OWNER_ID}/../x", 7, f"{SEED_OWNER_ID}/"):
        assert api.post(video=malformed).status_code == 400, malformed
    missing = api.post(video=f"{SEED_OWNER_ID}/never-arrived")
    assert missing.status_code == 404
    assert looks == [f"{SEED_OWNER_ID}/never-arrived"], "it is not waited for"
    assert api.untouched()


@pytest.mark.parametrize("content", [b"", b"just text, no container", b"RIFF....AVI LIST" * 9])
def test_what_is_no_container_is_400_with_the_original_text(api: Any, content: bytes) -> None:
    answer = api.post(video=api.put(content))
    assert answer.status_code == 400
    assert "No video found or too short (1sec)!" in answer.get_json()["data"]["message"]
    assert api.untouched()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"RIFF\x24\x10\0\0AVI LIST" + bytes(600), "AVI"),
        ((b"\x47" + bytes(187)) * 4, "MPEG-TS"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(600), "HEIC"),
        (b"%PDF-1.7\n" + bytes(600), "PDF"),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_kinds_that_are_accepted(
    api: Any, content: bytes, kind: str
) -> None:
    answer = api.post(video=api.put(content))
    assert answer.status_code == 400
    message = answer.get_json()["data"]["message"]
    assert f"type {kind} " in message
    assert "MP4, MOV, 3GP, WebM and Matroska" in message
    assert api.untouched()


@pytest.mark.parametrize("kind", [b"pnot", b"wide", b"skip"])
def test_old_quicktime_beginnings_are_accepted(api: Any, kind: bytes) -> None:
    assert api.post(video=api.put(b"\0\0\0\x14" + kind + bytes(600))).status_code == 200


def test_413_for_an_object_that_is_too_large(make_api: Callable[..., Any]) -> None:
    api = make_api(UPLOAD_MAX_BYTES="50", RESUMABLE_MAX_BYTES="50")
    assert api.post().status_code == 413


@pytest.mark.parametrize(
    "nulls",
    [
        {"externalVideoIds": {"wistiaId": None}},
        {"externalVideoIds": {"wistiaId": "w", "paraproId": None, "more": 1}},
        {"externalVideoIds": {}},
        {"externalVideoIds": None, "trim": None},
        dict.fromkeys(["isVbgVideo", "hasEditedTranscript", "generateThumbnail"]),
        {"maintain_original_aspect_ratio": None},
    ],
    ids=str,
)
def test_null_in_an_optional_field_is_as_good_as_none_as_the_document_says(
    api: Any, nulls: dict[str, Any]
) -> None:
    answer = api.post(**nulls)
    assert answer.status_code == 200, answer.text
    job = Reader(api.table).upload(answer.get_json()["data"]["upload_id"]).job
    assert job is not None
    wistia = (nulls.get("externalVideoIds") or {}).get("wistiaId")
    ids = {"wistiaId": wistia} if wistia else None
    assert job.request == UploadRequest(external_video_ids=ids)
    document = api.client.get("/openapi.json").get_json()["components"]["schemas"]
    for model, name in [(document["AnswerRequest"], name) for name in nulls]:
        assert {"type": "null"} in model["properties"][name]["anyOf"]
    for name in ("wistiaId", "paraproId"):
        assert {"type": "null"} in document["ExternalVideoIds"]["properties"][name]["anyOf"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"isVbgVideo": 1}, "isVbgVideo must be true or false"),
        ({"generateThumbnail": "true"}, "generateThumbnail must be true or false"),
        ({"externalVideoIds": {"wistiaId": 3}}, "externalVideoIds must be {wistiaId, paraproId}"),
        ({"externalVideoIds": []}, "externalVideoIds must be {wistiaId, paraproId}"),
        ({"trim": {"start": True, "end": 3}}, "trim must be {start, end}"),
        ({"trim": {"start": 0, "end": 10**400}}, "trim must be {start, end}"),
        ({"trim": {"start": None, "end": 3}}, "trim must be {start, end}"),
    ],
    ids=str,
)
def test_a_field_of_another_kind_is_400_with_the_contracts_text(
    api: Any, wrong: dict[str, Any], message: str
) -> None:
    answer = api.post(**wrong)
    assert answer.status_code == 400
    assert answer.get_json()["data"]["message"].startswith(message)


@pytest.mark.parametrize(
    "trim",
    [
        {},
        {"start": 2, "end": 1},
        {"start": 0, "end": 0},
        {"start": -1, "end": 4},
        {"start": None, "end": 4},
        {"start": "1", "end": "4"},
        {"start": float("nan"), "end": 4},
        {"start": 0, "end": float("inf")},
        {"start": True, "end": 4},
        {"start": 1, "end": 1.5},
        [1, 2],
    ],
)
def test_bad_trim_is_400(api: Any, trim: object) -> None:
    answer = api.post(trim=trim)
    assert answer.status_code == 400
    assert "trim" in answer.get_json()["data"]["message"]

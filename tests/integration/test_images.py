"""Pictures of mentors and organisations."""

from __future__ import annotations

import dataclasses
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests
from PIL import Image

from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_FOREIGN_USER_ID,
    SEED_MENTOR_ID,
    SEED_OWNER_ID,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.test import TestResponse

OF_MENTOR = {
    "/thumbnail": ("thumbnail", "thumbnail", "thumbnail"),
    "/vbg": ("background_image", "virtualBackground", "virtualBackgroundUrl"),
}


def picture(kind: str = "PNG", mode: str = "L", size: tuple[int, int] = (10, 10)) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size).save(target, kind)
    return target.getvalue()


def send(
    api: Any, path: str, body: Any, raw: bytes, *, label: str = "image/png", token: str = ""
) -> TestResponse:
    part = OF_MENTOR[path][0] if path in OF_MENTOR else "image"
    who = dataclasses.replace(api, token=token or api.token)
    answer: TestResponse = who.post_form(path, {"body": json.dumps(body)}, part, raw, label)
    return answer


@pytest.mark.parametrize("path", sorted(OF_MENTOR))
def test_mentors_pictures(api: Any, path: str) -> None:
    _, key, field = OF_MENTOR[path]
    body = {"mentor": SEED_MENTOR_ID}
    urls = []
    for kind, label in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("JPEG", "image/png")):
        answer = send(api, path, body, picture(kind), label=label)
        assert answer.status_code == 200, answer.text
        (url,) = answer.get_json()["data"]["data"].values()
        assert list(answer.get_json()["data"]["data"]) == [key]
        served = requests.get(url, timeout=10)
        assert served.headers["Content-Type"] == f"image/{kind.lower()}"
        assert Image.open(io.BytesIO(served.content)).format == kind
        told = api.graphql.store.mentor(SEED_MENTOR_ID)[field]
        assert url == api.settings.static_url_base + told
        urls.append(url)
    assert len(set(urls)) == 3, "two within a second have two keys"
    if path == "/thumbnail":
        assert f"thumbnails/{SEED_MENTOR_ID}" in urls[0]


def test_what_is_refused_stores_nothing(api: Any, make_token: Callable[..., str]) -> None:
    body = {"mentor": SEED_MENTOR_ID}
    gif, cut = picture("GIF", "P"), picture(size=(300, 300))[:80]
    refused: dict[int, list[tuple[Any, bytes]]] = {
        415: [(body, gif), (body, b"<html></html>"), (body, b"<svg/>")],
        400: [(body, cut), (body, b""), ({}, picture()), ([], picture())],
        413: [(body, b"\x00" * (9 * 1024 * 1024))],
    }
    for status, sent in refused.items():
        for fields, raw in sent:
            assert send(api, "/thumbnail", fields, raw).status_code == status
    headers = {"Authorization": f"bearer {api.token}"}
    for label, content, message in (
        (None, b"", "body payload is required"),
        ("application/json", b"{}", "only multipart uploads are accepted"),
        (None, b"{}", "only multipart uploads are accepted"),
        ("multipart/form-data", b"{}", "missing required form params (body, thumbnail)"),
        ("multipart/form-data; boundary=x", b"--x--", "missing required form params (body, thumb"),
    ):
        more = {"Content-Type": label} if label else {}
        answer = api.client.post("/thumbnail", data=content, headers=headers | more)
        assert answer.status_code == 400, (label, content)
        assert message in answer.get_json()["data"]["message"]
    foreign = make_token(SEED_FOREIGN_USER_ID)
    assert send(api, "/thumbnail", body, picture(), token=foreign).status_code == 403
    for bad in ("../../x", "a/b", 123, "", None):
        assert send(api, "/thumbnail", {"mentor": bad}, picture()).status_code == 400
    bucket = api.settings.static_bucket
    assert "Contents" not in api.cloud.client("s3").list_objects_v2(Bucket=bucket)
    assert api.graphql.store.mentor(SEED_MENTOR_ID)["thumbnail"] == ""


def test_a_full_size_picture_passes_several_at_once(api: Any) -> None:
    target = io.BytesIO()
    Image.effect_noise((2700, 2400), 90).save(target, "PNG")
    raw = target.getvalue()
    assert 5.5 * 1024 * 1024 < len(raw) < 8 * 1024 * 1024
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(send, api, "/vbg", {"mentor": SEED_MENTOR_ID}, raw) for _ in range(3)]
    assert [each.result().status_code for each in sent] == [200, 200, 200]


def test_the_sites_pictures_are_for_content_managers(
    api: Any, make_token: Callable[..., str]
) -> None:
    admin = make_token(SEED_ADMIN_ID)
    liar = make_token(SEED_OWNER_ID, role="SUPER_ADMIN", mentorIds=["     "])
    for path, body in (("/header", {}), ("/header", {"org": None}), ("/footer", {"idx": 0})):
        assert send(api, path, body, picture()).status_code == 403
        assert send(api, path, body, picture(), token=liar).status_code == 403
        answer = send(api, path, body, picture(), token=admin)
        assert answer.status_code == 200, answer.text
    for bad in ({}, {"idx": None}, {"idx": "0"}, {"idx": 1.5}, {"idx": True}, {"idx": -1}):
        assert send(api, "/footer", bad, picture(), token=admin).status_code == 400, bad
    beyond = send(api, "/footer", {"idx": 40}, picture(), token=admin)
    url = beyond.get_json()["data"]["data"]["image"]
    config = api.graphql.store.find_one("settings", {})
    assert config["homeFooterImages"][1:] == [url], "an index beyond the end appends"
    assert requests.get(url, timeout=10).headers["Content-Type"] == "image/png"


def test_an_organisations_pictures_are_for_its_editors(
    api: Any, make_token: Callable[..., str]
) -> None:
    store = api.graphql.store
    members = {SEED_OWNER_ID: "CONTENT_MANAGER", SEED_FOREIGN_USER_ID: "USER"}
    org = store.add_organization(members, isPrivate=True)["_id"]
    other = store.add_organization({SEED_FOREIGN_USER_ID: "ADMIN"})["_id"]
    forged = {"_id": other, "members": [{"user": {"_id": SEED_OWNER_ID}, "role": "ADMIN"}]}
    foreign = make_token(SEED_FOREIGN_USER_ID)
    for path in ("/header", "/footer"):
        assert send(api, path, {"org": forged, "idx": 0}, picture()).status_code == 403
        answer = send(api, path, {"org": {"_id": org}, "idx": 0}, picture())
        assert answer.status_code == 200, answer.text
        assert f"/images/{org}/" in answer.get_json()["data"]["data"]["image"]
        member = {"org": {"_id": org}, "idx": 0}
        assert send(api, path, member, picture(), token=foreign).status_code == 403
        for bad in ({}, {"_id": "../../x"}, {"_id": 7}, [org], org):
            assert send(api, path, {"org": bad, "idx": 0}, picture()).status_code == 400
        unknown = {"org": {"_id": "5ee0000000000000000000ee"}, "idx": 0}
        assert send(api, path, unknown, picture()).status_code == 404
    assert "config" not in (store.by_id("organizations", other) or {})
    assert store.find_one("settings", {}) is None
    assert (store.by_id("organizations", org) or {})["config"]["styleHeaderLogo"]


def test_a_role_over_all_organisations_counts_while_graphql_confirms_it(
    api: Any, make_token: Callable[..., str]
) -> None:
    store = api.graphql.store
    body = {"org": {"_id": store.add_organization({})["_id"]}}
    boss = store.add_user(role="SUPER_ADMIN")["_id"]
    demoted = store.add_user(role="USER")["_id"]
    for user, status in ((boss, 200), (demoted, 403)):
        token = make_token(user, role="SUPER_ADMIN")
        assert send(api, "/header", body, picture(), token=token).status_code == status
    plain_admin = make_token(SEED_ADMIN_ID, role="ADMIN")
    assert send(api, "/header", body, picture(), token=plain_admin).status_code == 403


def test_what_graphql_did_not_take_is_tagged_for_removal(api: Any) -> None:
    s3, bucket = api.cloud.client("s3"), api.settings.static_bucket
    api.graphql.set_fault("errors", match="mentorThumbnailUpdate")
    answer = send(api, "/thumbnail", {"mentor": SEED_MENTOR_ID}, picture())
    api.graphql.set_fault(None)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    (stored,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    tags = s3.get_object_tagging(Bucket=bucket, Key=stored["Key"])["TagSet"]
    assert tags == [{"Key": "superseded", "Value": "true"}]


def test_a_picture_that_graphql_may_have_taken_at_a_first_try_is_not_tagged(api: Any) -> None:
    s3, bucket = api.cloud.client("s3"), api.settings.static_bucket
    mutation = "mentorThumbnailUpdate"
    api.graphql.fail_next(1, "apply_then_drop", match=mutation)
    api.graphql.fail_next(1, "errors", match=mutation)
    answer = send(api, "/thumbnail", {"mentor": SEED_MENTOR_ID}, picture())
    assert answer.status_code == 503
    (stored,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert api.graphql.store.mentor(SEED_MENTOR_ID)["thumbnail"] == stored["Key"]
    assert not s3.get_object_tagging(Bucket=bucket, Key=stored["Key"])["TagSet"]


def test_pictures_that_newer_ones_replaced_stay_for_the_mentors_that_share_them(api: Any) -> None:
    s3, bucket = api.cloud.client("s3"), api.settings.static_bucket
    for _ in range(2):
        assert send(api, "/thumbnail", {"mentor": SEED_MENTOR_ID}, picture()).status_code == 200
    keys = [stored["Key"] for stored in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert len(keys) == 2
    assert not any(s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] for key in keys)

"""The pages for people: off unless wanted, under strict policies, and no way in for strangers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from pydantic import ValidationError

from mentor_api.openapi.__main__ import offline_settings
from mentor_local.graphql.seed import SEED_ADMIN_ID, SEED_MENTOR_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

WHO = f"{SEED_OWNER_ID}/{SEED_MENTOR_ID}"
SAME = {"Sec-Fetch-Site": "same-origin"}


def test_what_is_switched_off_is_not_there(api: Any) -> None:
    for path in ("/studio", "/studio/studio.css", "/shared/base.css", "/studio/sign-in"):
        assert api.client.get(path).status_code == 404, path
    assert api.client.post("/studio/sign-in", headers=SAME).status_code == 404


def test_the_studio_is_strict_about_what_it_loads_and_cached_by_etag(
    make_api: Callable[..., Any],
) -> None:
    api = make_api(STUDIO_ENABLED="true")
    page = api.client.get("/studio")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "default-src 'none'" in policy
    static = re.match(r"https?://[^/]+", api.settings.static_url_base)
    assert static
    assert f"media-src 'self' blob: {static[0]};" in policy
    assert not re.search(r"<script(?![^>]*src=)|<style|style=|\son\w+=", page.text), (
        "nothing inline"
    )
    again = api.client.get("/studio", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    for name in ("../settings.py", "studio.html", "nothing.js"):
        assert api.client.get(f"/studio/{name}").status_code == 404


def test_signing_in_without_a_token_works_for_the_local_studio_alone(
    make_api: Callable[..., Any],
) -> None:
    api = make_api(STUDIO_ENABLED="true")
    assert api.client.get("/studio/sign-in").get_json()["data"]["available"] is False
    assert api.client.post("/studio/sign-in", headers=SAME).status_code == 404

    api = make_api(STUDIO_ENABLED="true", STUDIO_SIGN_IN_AS=WHO)
    assert api.client.get("/studio/sign-in").get_json()["data"]["available"] is True
    for site in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert api.client.post("/studio/sign-in", headers=site).status_code == 403
    token = api.client.post("/studio/sign-in", headers=SAME).get_json()["data"]["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["id"], claims["mentorIds"]) == (SEED_OWNER_ID, [SEED_MENTOR_ID])
    answer = api.client.get("/mentors", headers={"Authorization": f"bearer {token}"})
    assert answer.get_json()["data"]["mentors"][0]["mentor"] == SEED_MENTOR_ID
    assert "studio/sign-in" not in api.client.get("/openapi.json").text


def test_the_console_is_as_strict_and_signs_an_administrator_in_locally(
    make_api: Callable[..., Any],
) -> None:
    api = make_api(CONSOLE_ENABLED="true")
    page = api.client.get("/ops")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "connect-src 'self' ;" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|<style|style=|\son\w+=", page.text)
    assert api.client.get("/shared/base.css").status_code == 200
    assert api.client.get("/studio").status_code == 404
    assert api.client.get("/ops/sign-in").get_json()["data"]["available"] is False
    assert api.client.post("/ops/sign-in", headers=SAME).status_code == 404

    api = make_api(CONSOLE_ENABLED="true", CONSOLE_SIGN_IN_AS=SEED_ADMIN_ID)
    assert api.client.post("/ops/sign-in").status_code == 403
    token = api.client.post("/ops/sign-in", headers=SAME).get_json()["data"]["token"]
    answer = api.client.get("/ops/api/me", headers={"Authorization": f"bearer {token}"})
    assert answer.get_json()["data"]["user"] == SEED_ADMIN_ID


def test_the_login_page_is_named_and_may_be_asked_for_tokens(
    make_api: Callable[..., Any],
) -> None:
    wanted = {
        "SIGN_IN_URL": "https://login.example.org/authorize",
        "SIGN_IN_CLIENT_ID": "studio",
        "SIGN_IN_TOKEN_URL": "https://tokens.example.org/token",
        "SIGN_IN_RENEWAL_URL": "https://api.example.org/graphql/graphql",
    }
    api = make_api(STUDIO_ENABLED="true", CONSOLE_ENABLED="true", **wanted)
    for page in ("studio", "ops"):
        told = api.client.get(f"/{page}/sign-in").get_json()["data"]
        assert told == {
            "available": False,
            "login_page": {
                "url": wanted["SIGN_IN_URL"],
                "client_id": "studio",
                "token_url": wanted["SIGN_IN_TOKEN_URL"],
                "scope": "openid",
                "renewal_url": wanted["SIGN_IN_RENEWAL_URL"],
            },
        }
        policy = api.client.get(f"/{page}").headers["Content-Security-Policy"]
        assert "https://api.example.org https://tokens.example.org;" in policy
        assert "login.example.org" not in policy, "the browser goes there, the page does not call"


@pytest.mark.parametrize("prefix", ["", "/upload"])
def test_the_root_leads_to_the_studio_where_it_is_on(
    prefix: str, make_api: Callable[..., Any]
) -> None:
    response = make_api(STUDIO_ENABLED="true", URL_PREFIX=prefix).client.get(f"{prefix}/")
    assert (response.status_code, response.headers["Location"]) == (302, "studio")
    assert make_api(STUDIO_ENABLED="false").client.get("/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sign_in_url": "javascript:alert(1)"}, "sign_in_url"),
        ({"sign_in_url": "http://login.example.org/"}, "sign_in_url"),
        ({"sign_in_url": "https://a.example.org/#x"}, "sign_in_url"),
        ({"sign_in_renewal_url": "https://a.example.org/"}, "need SIGN_IN_URL"),
        (
            {"sign_in_url": "https://a.example.org/", "sign_in_client_id": "studio"},
            "SIGN_IN_TOKEN_URL go together",
        ),
    ],
)
def test_a_login_page_that_cannot_work_stops_the_process_at_its_start(
    changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        offline_settings(**changes)


def test_a_deployment_that_would_sign_people_in_does_not_start() -> None:
    local = {"studio_sign_in_as": WHO, "s3_public_endpoint_url": "http://localhost:1"}
    assert offline_settings(**local).local_mentor == (SEED_OWNER_ID, SEED_MENTOR_ID)
    for change in ({"stage": "prod"}, {"s3_public_endpoint_url": None}):
        with pytest.raises(ValidationError, match="local stack alone"):
            offline_settings(**local | change)
    operator = {"console_sign_in_as": SEED_ADMIN_ID}
    with pytest.raises(ValidationError, match="local stack alone"):
        offline_settings(**operator, stage="prod")
    with pytest.raises(ValidationError, match="studio_sign_in_as"):
        offline_settings(**local | {"studio_sign_in_as": "somebody"})

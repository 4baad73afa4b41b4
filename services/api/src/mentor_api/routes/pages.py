"""The pages for people, each switched on by a setting: the upload studio."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt
from flask import Blueprint, Response, request

from mentor_api.assets import add_files, add_page, content_policy, own_files
from mentor_api.operations import Operation, answer
from mentor_api.problems import Problem, not_found

if TYPE_CHECKING:
    from mentor_api.bootstrap import Web
    from mentor_api.settings import WebSettings

_SIGNED_IN_SECONDS = 12 * 3600


def blueprint(web: Web) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("pages", __name__)
    settings = web.settings
    studio = settings.studio_enabled
    add_files(routes, "shared", own_files("shared"), shown=studio)
    policy = studio_policy(settings)
    add_page(routes, "studio", policy, own_files("studio"), "The upload studio", shown=studio)

    @routes.get("/studio/sign-in")
    @routes.post("/studio/sign-in")
    @Operation("Sign in on the local stack", "Pages", answers=None, public=True)
    def sign_in() -> Response:
        who = settings.local_mentor
        if not studio or (who is None and request.method == "POST"):
            raise not_found("there is no signing in without a token here")
        if who is None or request.method == "GET":
            return answer({"available": who is not None})
        # Whatever CORS allows: no other site's page may get the token.
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            raise Problem(HTTPStatus.FORBIDDEN, "only the studio itself signs in here")
        return answer({"token": _token(settings, *who)})

    return routes


def studio_policy(settings: WebSettings) -> str:
    """Return the studio's content security policy: S3 takes its files, the static host plays."""
    bucket = settings.signed_upload_bucket
    uploads = settings.s3_public_endpoint_url or (
        f"https://{bucket}.s3.amazonaws.com https://{bucket}.s3.{settings.aws_region}.amazonaws.com"
    )
    base = urlsplit(settings.static_url_base)
    static = f"{base.scheme}://{base.netloc}"
    return content_policy(images=static, media=static, connect=f"{uploads.rstrip('/')} {static}")


def _token(settings: WebSettings, user: str, mentor: str) -> str:
    claims = {
        "id": user,
        "role": "USER",
        "mentorIds": [mentor],
        "exp": int(time.time()) + _SIGNED_IN_SECONDS,
    }
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm="HS256")

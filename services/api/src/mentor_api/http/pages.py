"""The pages for people, each switched on by a setting: the studio and the operator's console."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
from flask import Blueprint, Response, request

from mentor_api.http.assets import add_files, add_page, content_policy, own_files
from mentor_api.http.operations import Operation, answer
from mentor_api.http.problems import Problem, not_found

if TYPE_CHECKING:
    from mentor_api.settings import WebSettings

_SIGNED_IN_SECONDS = 12 * 3600


def blueprint(settings: WebSettings) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("pages", __name__)
    studio, console = settings.studio_enabled, settings.console_enabled
    for name in ("shared", "vendor"):
        add_files(routes, name, own_files(name), shown=studio or console)
    if studio:
        _lead_to_the_studio(routes)
    policy = studio_policy(settings)
    add_page(routes, "studio", policy, own_files("studio"), "The upload studio", shown=studio)
    about = "The operator's console"
    add_page(routes, "ops", console_policy(settings), own_files("ops"), about, shown=console)
    mentor, admin = settings.local_mentor, settings.console_sign_in_as
    owner = {"id": mentor[0], "role": "USER", "mentorIds": [mentor[1]]} if mentor else None
    operator = {"id": admin, "role": "ADMIN", "mentorIds": []} if admin else None
    _add_sign_in(routes, settings, "studio", owner, shown=studio)
    _add_sign_in(routes, settings, "ops", operator, shown=console)
    return routes


def _lead_to_the_studio(routes: Blueprint) -> None:
    @routes.get("/")
    @Operation("The way to the studio", "Pages", answers=None, public=True)
    def root() -> Response:
        return Response(status=HTTPStatus.FOUND, headers={"Location": "studio"})


def _add_sign_in(
    routes: Blueprint,
    settings: WebSettings,
    page: str,
    claims: dict[str, Any] | None,
    *,
    shown: bool,
) -> None:
    """Add ``/{page}/sign-in``, which says how people sign in.

    On the local stack alone it gives a token with ``claims``.
    """

    @routes.get(f"/{page}/sign-in", endpoint=f"{page}-may-sign-in")
    @routes.post(f"/{page}/sign-in", endpoint=f"{page}-sign-in")
    @Operation(
        "How people sign in, or the local stack's way in", "Pages", answers=None, public=True
    )
    def sign_in() -> Response:
        if not shown or (claims is None and request.method == "POST"):
            raise not_found("there is no signing in without a token here")
        if claims is None or request.method == "GET":
            return answer({"available": claims is not None, "login_page": _login_page(settings)})
        # Whatever CORS allows: no other site's page may get the token.
        if request.headers.get("Sec-Fetch-Site") != "same-origin":
            raise Problem(HTTPStatus.FORBIDDEN, "only the page itself signs in here")
        return answer({"token": _token(settings, claims)})


def studio_policy(settings: WebSettings) -> str:
    """Return the studio's content security policy: S3 takes its files, the static host plays."""
    bucket = settings.signed_upload_bucket
    uploads = settings.s3_public_endpoint_url or (
        f"https://{bucket}.s3.amazonaws.com https://{bucket}.s3.{settings.aws_region}.amazonaws.com"
    )
    static = _origin(settings.static_url_base)
    connect = f"{uploads.rstrip('/')} {static} {_renewing(settings)}"
    return content_policy(images=static, media=static, connect=connect)


def console_policy(settings: WebSettings) -> str:
    """Return the console's content security policy."""
    return content_policy(connect=_renewing(settings))


def _renewing(settings: WebSettings) -> str:
    """Return the origins that give the pages tokens."""
    urls = (settings.sign_in_token_url, settings.sign_in_renewal_url)
    return " ".join(sorted({_origin(url) for url in urls if url}))


def _origin(url: str) -> str:
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def _login_page(settings: WebSettings) -> dict[str, str | None] | None:
    """Return how the browser signs in at the deployment's login page."""
    if settings.sign_in_url is None:
        return None
    return {
        "url": settings.sign_in_url,
        "client_id": settings.sign_in_client_id,
        "token_url": settings.sign_in_token_url,
        "scope": settings.sign_in_scope,
        "renewal_url": settings.sign_in_renewal_url,
    }


def _token(settings: WebSettings, claims: dict[str, Any]) -> str:
    dated = claims | {"exp": int(time.time()) + _SIGNED_IN_SECONDS}
    return jwt.encode(dated, settings.jwt_secret.get_secret_value(), algorithm="HS256")

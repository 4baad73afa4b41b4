"""A login page on loopback: one's own before mentor-graphql, or an OpenID Connect provider's."""

from __future__ import annotations

import base64
import hashlib
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import make_server

from serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT = "the-studio"
_COOKIE = "refreshTokenDev"


class LoginPage:
    """A context manager: serves as long as the context lasts.

    Parameters
    ----------
    token
        Makes an access token that lasts so many seconds.
    """

    def __init__(self, token: Callable[[int], str]) -> None:
        self.lasts = 600
        """Seconds that tokens of a sign-in last."""
        self.refuses = False
        self.outdated = False
        """Whether tokens of a sign-in have a signature that the api does not take any more."""
        self.renewals: list[str] = []
        """What tokens were renewed by: the cookie, or a refresh token."""
        self._token = token
        self._codes: dict[str, str] = {}
        app = Flask(__name__)
        app.add_url_rule("/login", view_func=self._login)
        app.add_url_rule("/token", view_func=self._exchange, methods=["POST"])
        app.add_url_rule("/graphql", view_func=self._renew, methods=["POST"])
        app.after_request(self._allow)
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._running = ExitStack()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def settings(self) -> dict[str, str]:
        """Settings of an api whose pages sign people in here, as with mentor-graphql."""
        return {"SIGN_IN_URL": f"{self.url}/login", "SIGN_IN_RENEWAL_URL": f"{self.url}/graphql"}

    @property
    def provider_settings(self) -> dict[str, str]:
        """Settings of an api whose pages sign people in here, as with a provider."""
        return {
            "SIGN_IN_URL": f"{self.url}/login",
            "SIGN_IN_CLIENT_ID": CLIENT,
            "SIGN_IN_TOKEN_URL": f"{self.url}/token",
        }

    def __enter__(self) -> Self:
        self._running.enter_context(serving(self._server))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _login(self) -> Response:
        """Sign in whoever comes, and send them back."""
        asked = request.args
        back = {"state": asked["state"]}
        if self.refuses:
            back["error"] = "access_denied"
        elif asked["response_type"] == "code":
            assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
            back["code"] = secrets.token_hex(8)
            self._codes[back["code"]] = asked["code_challenge"]
        else:
            back["access_token"] = self._token(self.lasts) + ("x" if self.outdated else "")
        mark = "#" if asked.get("response_mode", "fragment") == "fragment" else "?"
        response = redirect(f"{asked['redirect_uri']}{mark}{urlencode(back)}")
        response.set_cookie(_COOKIE, "olive", httponly=True)
        return response  # type: ignore[return-value]  # werkzeug's Response is Flask's

    def _exchange(self) -> Response | tuple[Response, int]:
        """Give a token for a code whose verifier is known, or for a refresh token."""
        form = request.form
        if form["grant_type"] == "refresh_token":
            self.renewals.append(form["refresh_token"])
        else:
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if self._codes.pop(form["code"], None) != challenge or form["client_id"] != CLIENT:
                return jsonify({"error": "invalid_grant"}), 400
        lasts = 600 if form["grant_type"] == "refresh_token" else self.lasts
        return jsonify({"access_token": self._token(lasts), "refresh_token": "refresh-1"})

    def _renew(self) -> Response:
        """Answer as mentor-graphql does to a request without a token: by the cookie."""
        known = request.cookies.get(_COOKIE)
        if known:
            self.renewals.append(known)
        new = self._token(900) if known else ""
        return jsonify({"data": {"__typename": "Query"}, "extensions": {"newToken": new}})

    @staticmethod
    def _allow(response: Response) -> Response:
        """Let pages of this machine call, with their cookies."""
        origin = request.headers.get("Origin", "")
        if urlsplit(origin).hostname == "127.0.0.1":
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        return response

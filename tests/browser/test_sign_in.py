"""Signing in by the deployment's login page: there, back, renewed, and refused if not asked for."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from browsing import StudioPage
from browsing.login_page import LoginPage
from mentor_local.process import http_status
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from browsing import Watch
    from mentor_local.running import RunningStack

    Open = Callable[..., tuple[Page, Watch]]

TOKEN = "sessionStorage.getItem('studio-token')"
ENDS_SOON = 30  # seconds: the pages renew what ends within a minute


@pytest.fixture(scope="module")
def login_page(running: RunningStack) -> Iterator[LoginPage]:
    """A login page that signs everybody in as the seeded mentor."""
    ends = running.endpoints

    def token(seconds: int) -> str:
        who = {"id": ends["user"], "role": "USER", "mentorIds": [ends["mentor"]]}
        dated = who | {"exp": int(time.time()) + seconds}
        return jwt.encode(dated, ends["jwt_secret"], algorithm="HS256")

    with LoginPage(token) as page:
        yield page


@contextmanager
def web_process(running: RunningStack, port: int, settings: dict[str, str]) -> Iterator[str]:
    """Run one more api beside the stack's own; yield its URL."""
    lines = (running.home / "env" / "api.env").read_text().splitlines()
    given = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    given |= {"WEB_PORT": str(port), "WEB_PROCESSES": "1", "WORK_DIR": ""} | settings
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "mentor_api", "web"],
        env=os.environ | given,
        stdout=subprocess.DEVNULL,
    )

    try:
        wait_until(lambda: http_status(f"{url}/livez") == HTTPStatus.OK, seconds=60, what="the api")
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def by_token(
    running: RunningStack, login_page: LoginPage, free_port: Callable[[], int]
) -> Iterator[str]:
    """URL of an api whose login page gives the token itself."""
    with web_process(running, free_port(), login_page.settings) as url:
        yield url


@pytest.fixture(scope="module")
def by_code(
    running: RunningStack, login_page: LoginPage, free_port: Callable[[], int]
) -> Iterator[str]:
    """URL of an api whose login page is a provider's."""
    with web_process(running, free_port(), login_page.provider_settings) as url:
        yield url


@pytest.fixture(autouse=True)
def as_it_was(login_page: LoginPage) -> None:
    """Let each test find the login page as at its beginning."""
    login_page.lasts, login_page.refuses, login_page.outdated = 600, False, False
    login_page.renewals.clear()


def test_the_root_leads_to_the_studio_and_the_login_page_back_to_the_question(
    running: RunningStack,
    by_token: str,
    open_page: Open,
    keep: Callable[[Page, str], None],
    login_page: LoginPage,
) -> None:
    question = running.endpoints["question"]
    here = StudioPage(*open_page())
    here.page.goto(f"{by_token}/#{question}")
    here.page.get_by_role("button", name="Continue to sign in").wait_for()
    assert here.page.url == f"{by_token}/studio#{question}"
    keep(here.page, "studio-login-page")
    login_page.refuses = True
    here.press("Continue to sign in")
    here.says("You are not signed in")
    assert here.page.url == f"{by_token}/studio#{question}"
    login_page.refuses = False
    here.press("Continue to sign in")
    here.page.locator(f'#questions a[href$="#{question}"][aria-current]').wait_for()
    assert here.page.url == f"{by_token}/studio#{question}", "the token is out of the address"
    assert running.endpoints["user"] == claims(here)["id"]
    assert login_page.renewals == []


def test_a_session_that_ends_soon_is_renewed_by_the_provider(
    by_code: str, open_page: Open, login_page: LoginPage
) -> None:
    here = StudioPage(*open_page())
    login_page.lasts = ENDS_SOON
    here.page.goto(f"{by_code}/studio")
    here.press("Continue to sign in")
    here.page.locator("#questions").wait_for()
    assert login_page.renewals == ["refresh-1"]
    assert claims(here)["exp"] > time.time() + ENDS_SOON + 60


def test_a_session_that_is_refused_is_renewed_by_the_cookie_of_graphql(
    by_token: str, open_page: Open, login_page: LoginPage
) -> None:
    here = StudioPage(*open_page())
    here.watch.expect("401: GET .*/mentors")
    login_page.outdated = True
    here.page.goto(f"{by_token}/studio")
    here.press("Continue to sign in")
    here.page.locator("#questions").wait_for()
    assert login_page.renewals == ["olive"]


def test_a_return_that_this_tab_did_not_ask_for_signs_nobody_in(
    running: RunningStack, by_code: str, open_page: Open
) -> None:
    here = StudioPage(*open_page())
    for given in (f"#access_token={running.endpoints['token']}", "?code=stolen"):
        here.page.goto(f"{by_code}/studio{given}&state=guessed")
        here.says("You are not signed in")
        assert here.page.url == f"{by_code}/studio"
        assert here.page.evaluate(TOKEN) is None


def claims(here: StudioPage) -> dict[str, Any]:
    """Return what the token of a page's session says."""
    found: dict[str, Any] = jwt.decode(
        here.page.evaluate(TOKEN), options={"verify_signature": False}
    )
    return found

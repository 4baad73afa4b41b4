"""A recording that is being sent when the connection goes for a night arrives in the morning."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from browsing import BUCKET
from browsing.sending import accepted_videos, arrived, last_take, record
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Request, Route

    from browsing import StudioPage
    from mentor_local.running import RunningStack

MINUTE_MS = 60_000
NIGHT_S = 8 * 3600


class RenewingLogin:
    """A login page that gives whoever was signed in before a new token, except when it is away."""

    def __init__(self, token: str) -> None:
        self.away = False
        self._token = token

    def serve(self, page: Page) -> None:
        """Be the login page of a page."""
        page.route("**/studio/sign-in", self._answer_ways)
        page.route("**/renewal", self._renew)

    def _answer_ways(self, route: Route) -> None:
        if route.request.method == "POST":
            route.continue_()
            return
        login = {"url": "/login", "renewal_url": "/renewal", "scope": ""}
        page = login | dict.fromkeys(("client_id", "token_url"))
        route.fulfill(json={"data": {"available": True, "login_page": page}})

    def _renew(self, route: Route) -> None:
        if self.away:
            route.fulfill(status=503)
        else:
            route.fulfill(json={"extensions": {"newToken": self._token}})


def test_a_recording_arrives_after_a_night_offline_without_a_click(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    token: Callable[..., str],
) -> None:
    question = new_question("What did you dream of?")
    mentors = (SEED_MENTOR_ID,)
    login = RenewingLogin(token(SEED_OWNER_ID, mentors, seconds=NIGHT_S + 3600))

    def prepare(page: Page) -> None:
        page.clock.install()
        login.serve(page)

    here = studio(prepare)
    page = here.page
    here.watch.expect(
        "ERR_INTERNET_DISCONNECTED", "^401", "^404: POST .*/multipart/", "^503: .*/ren"
    )
    keys = accepted_videos(page)
    failed: list[Request] = []

    def note(request: Request) -> None:
        failed.append(request)

    page.on("requestfailed", note)
    here.sign_in()
    here.open(question)
    with page.expect_response("**/upload/multipart") as begun:
        record(here)
    early = begun.value.json()["data"]
    here.until("document.querySelector('.time')?.textContent >= '0:02'")
    page.context.set_offline(offline=True)
    here.press("Stop")
    here.step("prepare")
    _, sha = last_take(page)
    here.press("Send this video")
    here.says("The connection is broken")

    # Awake, until pauses are as long as they get; then the laptop sleeps.
    for _ in range(8):
        before = len(failed)
        page.clock.run_for(MINUTE_MS)
        arrived(page, failed, before + 1)
    page.clock.fast_forward(NIGHT_S * 1000)
    s3 = running.client("s3")  # its lifecycle drops what is unfinished
    s3.abort_multipart_upload(Bucket=BUCKET, Key=early["key"], UploadId=early["multipart_id"])
    page.evaluate(
        "token => sessionStorage.setItem('studio-token', token)",
        token(SEED_OWNER_ID, mentors, seconds=-NIGHT_S),
    )

    login.away = True
    page.context.set_offline(offline=False)
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.wait_for()
    login.away = False
    page.clock.run_for(MINUTE_MS)
    dialog.wait_for(state="hidden")
    here.step("ready")
    assert running.answer(question) is not None
    assert early["key"] not in keys, "it was begun anew"
    stored = s3.get_object(Bucket=BUCKET, Key=keys[-1])["Body"]
    assert hashlib.sha256(stored.read()).hexdigest() == sha

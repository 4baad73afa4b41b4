"""Sent while it is recorded, through outages, reloads and from several tabs, without a click."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from browsing import StudioPage, Watch, check_zoomed, controls
from browsing.sending import (
    ACCEPT,
    LARGE_PIECES,
    PARTS,
    accepted_videos,
    arrived,
    last_take,
    parts_of,
    record,
)
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]

COMPLETE = "**/upload/multipart/complete"
UNAUTHORIZED = 401
PART_BYTES = 8 << 20
OTHER_MENTOR = "5" * 24
# A tab that waits asks the one that sends four times in a minute: here when a test lets it.
ASKED_BY_HAND = """
  const { setTimeout } = window;
  window.due = [];
  window.setTimeout = (action, ms, ...more) =>
    ms === 15_000 ? window.due.push(action) : setTimeout(action, ms, ...more);
"""
# Freezing as it is seen by others: the page's timers stand still. Chromium freezes no page that has
# the focus, and Playwright gives it to all.
FREEZE = """() => {
  const { setTimeout } = window;
  const asleep = [];
  window.setTimeout = (...timer) => asleep.push(timer);
  window.thaw = () => {
    window.setTimeout = setTimeout;
    asleep.forEach((timer) => setTimeout(...timer));
  };
}"""
ASK = "window.due.splice(0).forEach((action) => action())"
OPEN_ANOTHER = """async (mentor) => {
  const { dispatch, state } = await import("/studio/store.js");
  const { questions } = state.peek();
  const other = { mentor, name: "Somebody Else", thumbnail: null };
  dispatch({ type: "opened", mentor: other, questions, takes: [] });
  dispatch({ type: "shown", question: questions[0].question });
}"""
STATE = """async () => {
  const { state } = await import("/studio/store.js");
  const { uploads, sendings, work } = state.peek();
  return { uploads, work, sendings: Object.keys(sendings).length };
}"""


@pytest.fixture(autouse=True)
def unready(running: RunningStack) -> Iterator[None]:
    """Nothing that is sent becomes ready while a test looks at it, or keeps workers busy after."""
    with running.held("transcoder"), running.held("transcriber"):
        yield
        for upload in running.ui.latest_uploads(SEED_MENTOR_ID):
            if upload["finished_at"] is None and upload["state"] != "SUPERSEDED":
                running.ui.cancel(upload["upload_id"])


def is_unfinished(running: RunningStack, part: str) -> bool:
    """Whether the store still waits for parts of what a part's URL belongs to."""
    url = urlsplit(part)
    _, bucket, key = url.path.split("/", 2)
    found = running.client("s3").list_multipart_uploads(Bucket=bucket, Prefix=key)
    ids = [each["UploadId"] for each in found.get("Uploads", [])]
    return parse_qs(url.query)["uploadId"][0] in ids


def standing(here: StudioPage, question: str) -> str:
    """Return the last word of a question's row, at once."""
    row = here.page.locator(f'#questions a[href$="#{question}"]')
    return row.inner_text().split("\n")[-1]


def test_a_recording_is_sent_while_it_is_made_and_aborted_where_it_is_not_wanted(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    token: Callable[..., str],
    keep: Keep,
) -> None:
    question = new_question("What do you say while you are heard already?")
    here = studio()
    page = here.page
    here.watch.expect("^401")
    page.evaluate(LARGE_PIECES)
    sent, keys = parts_of(page), accepted_videos(page)
    here.sign_in()
    here.open(question)
    record(here)
    arrived(page, sent, 1)
    keep(page, "studio-sent-while-recording")
    here.says("Nothing is published until you press")
    unwanted = sent[0]
    assert is_unfinished(running, unwanted)
    here.press("Stop")
    here.step("prepare")
    here.press("Take another")
    here.step("choose")
    wait_until(lambda: not is_unfinished(running, unwanted), seconds=30, what="its abort")

    page.evaluate("0")  # what is noted of it comes before this
    sent.clear()
    record(here)
    arrived(page, sent, 2)
    expired = token(SEED_OWNER_ID, (SEED_MENTOR_ID,), seconds=-120)
    with page.expect_response(lambda response: response.status == UNAUTHORIZED):
        page.evaluate("token => sessionStorage.setItem('studio-token', token)", expired)
    assert page.get_by_role("dialog", name="Sign in").count() == 0, "nobody is disturbed"
    here.press("Stop")
    here.sign_in()
    here.step("prepare")
    size, sha = last_take(page)
    arrived(page, sent, math.ceil(size / PART_BYTES))
    here.drawn()
    here.press("Send this video")
    here.step("progress")
    assert len(sent) == math.ceil(size / PART_BYTES), "nothing was left to be sent"
    assert len(keys) == 1
    bucket = urlsplit(unwanted).path.split("/")[1]
    stored = running.client("s3").get_object(Bucket=bucket, Key=keys[0])["Body"]
    assert sha == sha256(stored.read())
    assert not is_unfinished(running, sent[0])


def sha256(content: bytes) -> str:
    """Return it in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def hold(held: list[Route]) -> Callable[[Route], None]:
    """Return what answers nothing and adds what was asked to a list."""

    def to_list(route: Route) -> None:
        held.append(route)

    return to_list


def answer_is_lost(route: Route) -> None:
    """Let the server do what is asked, and the page not hear of it."""
    route.fetch()
    route.abort("connectionreset")


def test_outages_of_store_and_service_pass_without_a_click_and_make_one_upload(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
) -> None:
    question = new_question("What went wrong without your noticing?")
    here = studio()
    page = here.page
    here.watch.expect("ERR_CONNECTION", "^503")
    outages = ["busy", "down"]

    def store(route: Route) -> None:
        match outages.pop(0) if outages else "":
            case "busy":
                route.fulfill(status=503)
            case "down":
                route.abort("connectionrefused")
            case _:
                route.continue_()

    page.route(PARTS, store)
    page.route(COMPLETE, answer_is_lost, times=1)
    page.route(ACCEPT, answer_is_lost, times=1)
    keys = accepted_videos(page)
    here.sign_in()
    here.open(question)
    here.choose(clip("silent.mp4"))
    here.drawn()
    here.press("Send this video")
    here.says("The service is busy")
    here.says("The connection is broken")
    here.step("progress")
    assert len(keys) == 2
    assert len(set(keys)) == 1, "the same upload"
    latest = running.ui.latest_uploads(SEED_MENTOR_ID)
    assert [one["question"] for one in latest].count(question) == 1


def test_what_was_to_be_sent_goes_on_after_a_reload_and_by_one_tab_that_is_awake(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    keep: Keep,
) -> None:
    question = new_question("What do you finish another day?")
    here = studio()
    page = here.page
    context = page.context
    held: list[Route] = []
    context.route(PARTS, hold(held))
    here.sign_in()
    here.open(question)
    record(here)
    here.until("document.querySelector('.time')?.textContent >= '0:02'")
    here.press("Stop")
    here.drawn()
    here.press("Send this video")
    here.step("sending")
    page.reload()
    here.step("sending")
    assert standing(here, question) == "Sending", "by itself"
    keep(page, "studio-sending-again")

    tab = context.new_page()
    second = StudioPage(tab, Watch(tab))
    tab.add_init_script(ASKED_BY_HAND)
    second.watch.expect("^503: GET .*/mentors")
    tab.route("**/mentors", lambda route: route.fulfill(status=503), times=1)
    second.page.goto(f"{running.endpoints['api']}/studio#{question}")
    second.sign_in()
    second.says("Another tab of this browser is sending it")
    second.page.locator("#questions a").first.click()
    second.page.locator(".tray summary").get_by_text("1 in another tab").wait_for()
    second.page.locator(".tray summary").click()
    second.page.set_viewport_size({"width": 360, "height": 740})
    keep(second.page, "studio-tray-phone")

    page.evaluate(FREEZE)
    second.page.locator(".tray").get_by_role("link").click()
    second.until(f"({ASK}, document.body.textContent.includes('Sending your video'))")
    page.evaluate("window.thaw()")
    here.says("Another tab of this browser is sending it")
    context.unroute(PARTS)
    assert second.watch.errors == []
    second.page.close()
    here.step("progress")
    latest = running.ui.latest_uploads(SEED_MENTOR_ID)
    assert [one["question"] for one in latest].count(question) == 1


def test_two_files_at_once_in_a_tray_that_another_mentor_does_not_empty(
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
    keep: Keep,
) -> None:
    here = studio()
    page = here.page
    here.watch.expect("^40[034]")
    parts: list[Route] = []
    accepts: list[Route] = []
    page.route(PARTS, hold(parts))
    page.route(ACCEPT, hold(accepts))
    questions = [new_question(f"Whose is answer {n}, and where is it now?") for n in (1, 2, 3)]
    here.sign_in()
    for question in questions:
        here.open(question)
        here.choose(clip("silent.mp4"))
        here.drawn()
        here.press("Send this video")
        here.step("sending")
    line = page.locator(".tray summary")
    line.get_by_text("2 uploading, 1 in line").wait_for()
    assert controls(page) == [
        "button Next question",
        "progressbar Sent",
        "button Pause",
        "button Stop sending",
    ]
    check_zoomed(page)
    line.click()
    keep(page, "studio-tray")
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark")
    keep(page, "studio-tray-phone-dark")
    here.press("Pause: Whose is answer 1, and where is it now?")
    line.get_by_text("2 uploading, 1 paused").wait_for()
    arrived(page, parts, 3)
    page.unroute(PARTS)
    for route in parts[1:]:
        route.continue_()
    arrived(page, accepts, 2)

    page.evaluate(OPEN_ANOTHER, OTHER_MENTOR)
    page.locator(".tray").get_by_text("Olive Owner").first.wait_for()
    for route in accepts:
        route.continue_()
    line.get_by_text("1 paused", exact=True).wait_for()
    assert page.evaluate(STATE) == {"uploads": {}, "work": {}, "sendings": 1}
    here.until("document.getElementById('announcements').textContent === 'Uploads: 1 paused'")
    page.unroute(ACCEPT)
    here.press("Resume: Whose is answer 1, and where is it now?")
    line.wait_for(state="hidden")
    assert page.evaluate(STATE) == {"uploads": {}, "work": {}, "sendings": 0}

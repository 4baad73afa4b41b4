"""The studio with three hundred questions: on desktop, phone and at 200 %, and on to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from browsing import PHONE, StudioPage
from mentor_local.graphql.seed import SEED_MENTOR_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route, ViewportSize

    from browsing import Watch
    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]
    Open = Callable[..., tuple[Page, Watch]]

SUBJECTS = ("Background", "Career", "Family", "Where to find me: https://example.org/" + "a/" * 60)
QUESTIONS = 305
PAGE = 50  # uploads that the api answers at once
HEBREW = 7
ADDRESS = 11
ANSWERED = range(20, 140)
FAILED = 139  # its upload is the oldest: on the third page
ZOOMED: ViewportSize = {"width": 640, "height": 450}  # 1280 x 900 at 200 %
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
MOST_SHIFT = 0.05
ROW = '#questions a[href$="#{}"]'
RENDERED = """[...document.querySelectorAll("#questions a")]
  .filter((link) => link.checkVisibility({ contentVisibilityAuto: true })).length"""
SIDEWAYS = """() => ["html", "#questions", ".workspace"].filter((each) => {
  const found = document.querySelector(each);
  return found && found.scrollWidth > found.clientWidth;
})"""
TOP = "link => link.getBoundingClientRect().top"
IN_SIGHT = """link => {
  const row = link.getBoundingClientRect();
  const list = link.closest("#questions").getBoundingClientRect();
  return row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
}"""
STATUS = """async (upload) => {
  const { dispatch } = await import("/studio/store.js");
  dispatch({ type: "uploads", uploads: [upload] });
}"""


def identity(n: int) -> str:
    """Return the id of a question."""
    return f"{n:024x}"


def question(n: int) -> dict[str, Any]:
    """Return a question as ``GET /questions`` has it."""
    text = f"Question {n}: what would you tell somebody who begins?"
    if n == HEBREW:
        text = "איפה גדלת, ומה למדת שם?"
    if n == ADDRESS:
        text = "What is on https://example.org/" + "very-long-path" * 12 + "?"
    answer = {
        "transcript": "",
        "edited": False,
        "web": "/none.mp4",
        "mobile": None,
        "captions": None,
    }
    return {
        "question": identity(n),
        "text": text,
        "subject": SUBJECTS[n * len(SUBJECTS) // QUESTIONS % len(SUBJECTS)],
        "idle": False,
        "answer": answer if n in ANSWERED and n != FAILED else None,
    }


def upload(n: int, state: str = "READY") -> dict[str, Any]:
    """Return the status document of a question's upload."""
    return {
        "upload_id": f"00000000-0000-5000-8000-{n:012x}",
        "mentor": SEED_MENTOR_ID,
        "question": identity(n),
        "state": state,
        "reason": "The video has no picture." if state == "FAILED" else None,
        "can_retry": False,
        "why": None,
        "live": state == "READY",
        "tasks": [],
        "tool_runs": [],
        "urls": {},
        "recognised": None,
        "accepted_at": f"2026-01-01T00:{(QUESTIONS - n) // 60:02}:{(QUESTIONS - n) % 60:02}+00:00",
        "finished_at": None if state == "QUEUED" else "2026-01-02T00:00:00+00:00",
    }


def questions(count: int) -> Callable[[Route], None]:
    """Return what answers with so many questions."""
    mentor = {"mentor": SEED_MENTOR_ID, "name": "Olive Owner", "thumbnail": None}
    asked = [question(n) for n in range(count)]
    return lambda route: route.fulfill(json={"data": {"mentor": mentor, "questions": asked}})


def uploads(route: Route) -> None:
    """Answer with a page of uploads, the latest first."""
    start = int(parse_qs(urlsplit(route.request.url).query).get("cursor", ["0"])[0])
    every = [upload(n, "FAILED" if n == FAILED else "READY") for n in ANSWERED]
    following = str(start + PAGE) if start + PAGE < len(every) else None
    route.fulfill(json={"data": {"uploads": every[start : start + PAGE], "cursor": following}})


def transcript(route: Route) -> None:
    """Answer that nothing was said."""
    said = {"transcript": "", "edited": False, "agrees": True, "vtt_path": None, "vtt_text": ""}
    route.fulfill(json={"data": said | {"version": "1"}})


def busy(route: Route) -> None:
    """Answer that the service is busy."""
    route.fulfill(status=503, json={"data": {"error": "x", "message": "busy"}})


@pytest.fixture
def long_list(running: RunningStack, open_page: Open) -> Callable[..., StudioPage]:
    """Return a function that opens the studio with 305 questions, 120 of them with an upload."""

    def make(count: int = QUESTIONS, **options: Any) -> StudioPage:
        page, watch = open_page(**options)
        page.add_init_script(SHIFTS)
        page.route("**/questions?*", questions(count))
        page.route("**/uploads/newest?*", uploads)
        page.route("**/transcript?*", transcript)
        page.route(f"**/uploads/newest?*cursor={2 * PAGE}", busy, times=1)
        watch.expect("^503: GET .*/uploads/newest")
        page.goto(f"{running.endpoints['api']}/studio")
        here = StudioPage(page, watch)
        here.sign_in()
        here.step("choose")
        return here

    return make


def test_a_list_of_three_hundred_keeps_place_and_focus(
    long_list: Callable[..., StudioPage], keep: Keep
) -> None:
    here = long_list()
    page = here.page
    assert page.locator("#questions a").count() == QUESTIONS
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "the list scrolls"
    assert page.evaluate(SIDEWAYS) == []
    assert page.locator(ROW.format(identity(HEBREW)) + " .grow").evaluate(
        "each => each.matches(':dir(rtl)')"
    )
    keep(page, "studio-three-hundred")

    page.get_by_label("Failed 1").check(force=True)
    rows = page.locator("#questions a")
    expect(rows).to_have_count(1)  # from the last page of uploads, at the second try
    expect(rows).to_contain_text("Failed")
    page.get_by_label(f"Open {QUESTIONS - len(ANSWERED)}").check(force=True)
    page.get_by_label("Search questions").fill("CAREER 150")
    expect(rows).to_have_count(1)
    assert page.locator("#questions summary").inner_text().split() == ["Career", "62/76"]
    page.get_by_label("Search questions").fill("no such words")
    here.press("Show all")
    expect(rows).to_have_count(QUESTIONS)

    row = page.locator(ROW.format(identity(200)))
    row.scroll_into_view_if_needed()
    before = row.evaluate(TOP)
    row.click()
    page.locator(ROW.format(identity(200)) + "[aria-current]").wait_for()
    assert row.evaluate(IN_SIGHT)
    assert row.evaluate(TOP) == pytest.approx(before, abs=2), "the list stays where it was"
    here.open(identity(ADDRESS))
    assert page.evaluate(SIDEWAYS) == []
    here.open(identity(200))
    here.until("document.activeElement.matches('.workspace h2')")
    below = page.locator(ROW.format(identity(201)))
    below.focus()
    below.evaluate("link => { window.held = link }")
    before = below.evaluate(TOP)
    page.evaluate(STATUS, upload(201))
    below.get_by_text("Answered").wait_for()
    assert page.evaluate("document.activeElement === window.held"), "the row and its focus stay"
    assert below.evaluate(TOP) == before
    assert page.evaluate("window.shifted") <= MOST_SHIFT


def test_a_drawer_of_three_hundred_by_the_keyboard_alone(
    long_list: Callable[..., StudioPage], keep: Keep
) -> None:
    here = long_list(viewport=PHONE, has_touch=True)
    choose_by_the_drawer(here, 303, lambda page: keep(page, "studio-drawer-phone"))
    here.page.set_viewport_size(ZOOMED)
    choose_by_the_drawer(here, 298, lambda page: keep(page, "studio-drawer-zoomed"))
    assert here.page.evaluate("window.shifted") <= MOST_SHIFT


def choose_by_the_drawer(here: StudioPage, number: int, keep: Callable[[Page], None]) -> None:
    """Open the drawer, close it, open it again and choose the last but one of those found in it."""
    page = here.page
    assert page.evaluate(SIDEWAYS) == []
    page.get_by_role("button", name="Questions").focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Questions")
    drawer.wait_for()
    page.get_by_label("Search questions").fill("")  # what was looked for is kept
    assert page.evaluate(SIDEWAYS) == []
    keep(page)
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    here.until("document.activeElement.textContent.startsWith('Questions')")
    page.keyboard.press("Enter")
    page.get_by_label("Search questions").focus()
    page.keyboard.type(f"question {number // 10}")
    while not page.evaluate("document.activeElement.matches('#questions a')"):
        page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    drawer.wait_for(state="hidden")
    page.get_by_role("heading", name=f"Question {number}: what").wait_for()
    here.until(f"document.activeElement.textContent.startsWith('Question {number}')")


def test_of_a_thousand_those_out_of_sight_are_passed_over(
    long_list: Callable[..., StudioPage],
) -> None:
    here = long_list(1000)
    page = here.page
    assert page.locator("#questions a").count() == 1000
    here.until(f"0 < {RENDERED} && {RENDERED} < 100")
    page.locator(ROW.format(identity(900))).focus()
    assert page.locator(ROW.format(identity(900))).evaluate(IN_SIGHT)


def test_by_the_keyboard_from_sign_in_to_the_next_recording_in_two_actions(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    keep: Keep,
) -> None:
    first, second = new_question("What came first?"), new_question("And what came then?")
    here = studio()
    page, press = here.page, here.page.keyboard.press
    page.get_by_role("dialog", name="Sign in").wait_for()
    here.tab_to("Sign in as the example mentor")
    press("Enter")
    page.locator(ROW.format(first)).wait_for()
    here.tab_to("What do you do on a normal day?")
    press("End")
    press("ArrowUp")
    press("Enter")
    here.focused("What came first?")
    here.tab_to("Use the camera")
    press("Enter")
    here.focused("Start recording")
    press("Enter")
    here.focused("Start at once")
    press("Enter")
    here.focused("Stop")
    here.until("document.querySelector('.time')?.textContent >= '0:02'")
    press("Enter")
    here.drawn()
    here.says("Your camera is on for the next question")
    page.evaluate("window.lens = document.querySelector('.still-on video').srcObject")
    keep(page, "studio-camera-still-on")
    here.tab_to("Send this video")
    press("Enter")
    here.focused("Next question")
    press("Enter")
    here.focused("Start recording")
    # It was kept open.
    here.until("document.querySelector('.screen video').srcObject === window.lens")
    assert page.evaluate("location.hash") == f"#{second}"
    press("Enter")
    page.locator(".time").wait_for()
    here.open(first)
    here.until("window.lens.getTracks().every((track) => track.readyState === 'ended')")
    here.step("ready")
    page.locator(ROW.format(second)).get_by_text("Not sent").wait_for()
    assert running.answer(first) is not None

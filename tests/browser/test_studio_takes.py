"""Nothing recorded is lost by a crash, by signing out, or to another person or take."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from playwright.sync_api import Error, expect

from browsing import StudioPage, Watch, check_zoomed
from mentor_local.graphql.seed import SEED_ADMIN_ID, SEED_MENTOR_ID, SEED_OWNER_ID
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]

LENS = "window.lens = document.querySelector('.screen video').srcObject"
LENS_IS_OFF = "window.lens.getTracks().every((track) => track.readyState === 'ended')"
TAKEN = "document.querySelector('.takes video')"
SHOW = """hidden => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
STORED = """() => new Promise((resolve) => {
  const opening = indexedDB.open("studio");
  opening.onsuccess = () => {
    const counting = opening.result.transaction("pieces").objectStore("pieces").count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})"""
LAST_RELEASE = """key => new Promise((resolve) => {
  const opening = indexedDB.open("studio", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("recordings");
  opening.onsuccess = () => {
    const file = new File(["old"], "recording.webm", { type: "video/webm" });
    const all = opening.result.transaction("recordings", "readwrite").objectStore("recordings");
    const at = Date.now() - 30 * 24 * 3600 * 1000;
    all.put({ file, at }, key).onsuccess = () => { opening.result.close(); resolve(); };
  };
})"""
FULL = """() => {
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""


OTHER_TAB_OPENS = """async (mentor) => {
  const { keptFor } = await import("/studio/takes/takes.js");
  await keptFor(mentor);
}"""
REFUSE_ONCE = """() => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async () => {
    devices.getUserMedia = open;
    throw new DOMException("no", "NotAllowedError");
  };
}"""
WATCH_LOCK = """() => {
  const ask = WakeLock.prototype.request;
  WakeLock.prototype.request = async function (kind) {
    return window.lock = await ask.call(this, kind);
  };
}"""


ONLY_THE_HEAD = """async ([user, mentor]) => {
  const { append, list, read } = await import("/studio/takes/database.js");
  const [take] = await list(user, mentor);
  const file = await read(take);
  const text = new TextDecoder("latin1").decode(await file.arrayBuffer());
  const media = text.search(/moof|\\x1f\\x43\\xb6\\x75/);
  await append({ ...take, id: crypto.randomUUID(), seconds: 1 }, 0, file.slice(0, media + 4));
  return media;
}"""


def record(here: StudioPage, seconds: int = 2) -> None:
    """Record for a while; it still runs then."""
    here.press("Use the camera")
    here.press("Start recording")
    here.press("Start at once")
    here.until(f"document.querySelector('.time')?.textContent >= '0:0{seconds}'")


def wait_for_pieces(here: StudioPage) -> None:
    """Wait until the browser keeps some of what is being recorded."""
    wait_until(lambda: here.page.evaluate(STORED) >= 2, seconds=60, what="pieces of a recording")


def standing(here: StudioPage, question: str) -> str:
    """Return the last word of a question's row, at once."""
    row = here.page.locator(f'#questions a[href$="#{question}"]')
    return row.inner_text().split("\n")[-1]


def takes(here: StudioPage) -> Locator:
    """Return the rows of takes that are shown."""
    return here.page.locator(".takes li")


def test_a_crash_leaves_the_take_which_plays_and_is_sent(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    keep: Keep,
) -> None:
    question = new_question("What did you do when the power failed?")
    here = studio()
    here.sign_in()
    here.open(question)
    record(here)
    wait_for_pieces(here)
    here = crashed(here)
    here.page.goto(f"{running.endpoints['api']}/studio#{question}")
    here.sign_in()
    here.step("choose")
    assert standing(here, question) == "Not sent"
    here.page.get_by_role("button", name="Play").click()
    here.until(f"{TAKEN}?.currentTime > 0.2")

    record(here, 1)
    here.press("Stop")
    here.step("prepare")
    here.press("Take another")
    here.step("choose")
    expect(takes(here)).to_have_count(2)  # the second is beside the first
    second = takes(here).last
    second.get_by_role("button", name="Delete").click()
    here.until("document.activeElement.textContent === 'Undo'")
    check_zoomed(here.page)
    keep(here.page, "studio-takes")
    here.page.keyboard.press("Enter")
    second.get_by_role("button", name="Delete").click()
    here.page.get_by_role("button", name="Undo").wait_for()
    here.page.reload()
    here.step("choose")
    expect(takes(here)).to_have_count(1)  # deleted for good when the page is gone

    takes(here).first.get_by_role("button", name="Continue with it").click()
    here.drawn()
    here.press("Send this video")
    here.step("progress")
    assert standing(here, question) != "Not sent"
    here.step("ready")
    assert running.answer(question) is not None
    here.until("!document.querySelector('.takes')")


def crashed(here: StudioPage) -> StudioPage:
    """Crash a page; return a fresh one of the same profile."""
    context = here.page.context
    with here.page.expect_event("crash"), suppress(Error):
        here.page.goto("chrome://crash")
    page = context.new_page()
    return StudioPage(page, Watch(page))


def test_signing_out_keeps_takes_for_the_same_person_alone(
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    token: Callable[..., str],
    keep: Keep,
) -> None:
    question = new_question("What do you tell nobody else?")
    here = studio()
    here.watch.expect("403: GET")
    here.sign_in()
    here.open(question)
    record(here)
    wait_for_pieces(here)
    # Of a crash before the first picture nothing can be played: neither counted nor shown.
    assert here.page.evaluate(ONLY_THE_HEAD, [SEED_OWNER_ID, SEED_MENTOR_ID]) > 0
    here.page.evaluate(LENS)
    here.page.evaluate(SHOW, True)
    assert not here.page.evaluate(LENS_IS_OFF), "a recording goes on out of sight"
    here.press("Sign out")
    here.says("This browser keeps 1 recording.")
    keep(here.page, "studio-sign-out")
    here.press("Keep and sign out")

    here.sign_in(token(SEED_ADMIN_ID))
    here.page.get_by_role("textbox", name="Mentor").fill(SEED_MENTOR_ID)
    here.press("Open")
    here.step("choose")
    assert standing(here, question) == "Open"
    assert takes(here).count() == 0
    here.press("Sign out")

    here.sign_in()
    here.step("choose")
    assert standing(here, question) == "Not sent"
    expect(takes(here)).to_have_count(1)
    here.press("Sign out")
    here.press("Delete and sign out")
    here.sign_in()
    here.step("choose")
    assert standing(here, question) == "Open"
    assert here.page.evaluate(STORED) == 0


def test_old_takes_a_refused_camera_and_a_full_browser(
    studio: Callable[..., StudioPage], new_question: Callable[[str], str]
) -> None:
    question = new_question("What did you keep for a month?")
    here = studio(permissions=["camera", "microphone", "screen-wake-lock"])
    page = here.page
    page.evaluate(LAST_RELEASE, f"{SEED_MENTOR_ID}/{question}")
    page.evaluate("navigator.storage.estimate = async () => ({ quota: 1e9, usage: 960e6 })")
    # The person is asked.
    page.evaluate("() => { navigator.storage.persist = () => new Promise(() => {}); }")
    here.sign_in()
    here.open(question)
    assert standing(here, question) == "Not sent"
    takes(here).wait_for()

    page.evaluate(REFUSE_ONCE)
    here.press("Use the camera")
    here.says("The browser may not use your camera")
    here.says("Click the icon to the left of the address")
    here.press("Try again")
    here.says("room for about 2 minutes of recording")
    here.until("document.querySelector('.record:enabled')")
    page.evaluate(LENS)
    page.evaluate(SHOW, True)
    assert page.evaluate(LENS_IS_OFF), "off the screen"
    page.evaluate(SHOW, False)
    page.evaluate(FULL)
    page.evaluate(WATCH_LOCK)
    here.press("Start recording")
    here.says("This recording is in this tab only")
    here.until("window.lock?.released === false")
    page.evaluate(LENS)
    here.press("Stop")
    here.step("prepare")
    here.press("Take another")
    here.step("choose")
    here.until(LENS_IS_OFF)
    here.until("window.lock.released")
    takes(here).get_by_role("button", name="Delete").click()
    undo = takes(here).get_by_role("button", name="Undo")
    undo.wait_for()
    page.evaluate(OTHER_TAB_OPENS, SEED_MENTOR_ID)
    undo.click()
    takes(here).wait_for(state="hidden")

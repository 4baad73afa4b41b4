"""Recording as a person meets it: devices, pause, sound, notes, keys, and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from browsing import WATCH_SHIFTS, check_calm
from mentor_local.graphql.seed import SEED_MENTOR_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, Page

    from browsing import StudioPage

    Keep = Callable[[Page, str], None]

PHONE = {"width": 360, "height": 740}
STREAM = "document.querySelector('.screen video').srcObject"
CLOCK = "document.querySelector('.time')?.textContent"
READ_AT_THE_KEY = f"""() => {{
  const read = () => (window.recorded = {CLOCK});
  addEventListener("keydown", read, {{ capture: true, once: true }});
}}"""
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
ORDER = """(text) => {
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (!all.nextNode().textContent.match(text));
  const [from, to] = [all.currentNode.textContent.length - 1, 0].map((at) => {
    const range = document.createRange();
    range.setStart(all.currentNode, at);
    range.setEnd(all.currentNode, at + 1);
    return range.getBoundingClientRect().left;
  });
  return from - to;
}"""
LABELS = f"{STREAM}.getTracks().map((track) => track.label).sort()"
MUTE = f"mute => {STREAM}.getAudioTracks().forEach((track) => {{ track.enabled = !mute }})"
PULL_OUT = f"""() => {{
  const [track] = {STREAM}.getVideoTracks();
  track.stop();
  track.dispatchEvent(new Event("ended"));
}}"""
DRAFT = """async (whose) => {
  const { save } = await import("/studio/words/drafts.js");
  save(whose, { version: "1", cues: [] });
}"""
LEFT = "Object.keys(localStorage).filter((key) => key.includes('/')).length"


@pytest.fixture(scope="module")
def browser(launch: Callable[[Sequence[str]], Browser]) -> Iterator[Browser]:
    """A browser with two cameras, where the other tests have one."""
    with launch(["--use-fake-device-for-media-stream=device-count=2,fps=5"]) as browser:
        yield browser


def ready(here: StudioPage) -> None:
    """Wait until it can be recorded."""
    here.until("document.querySelector('.record:enabled')")


def test_devices_pause_notes_keys_and_a_camera_that_is_pulled_out(
    studio: Callable[..., StudioPage], new_question: Callable[[str], str], keep: Keep
) -> None:
    question = new_question("What do you do when somebody does not believe you?")
    whose = {"user": SEED_OWNER_ID, "mentor": SEED_MENTOR_ID, "question": question}
    here = studio()
    page = here.page
    page.add_init_script(WATCH_SHIFTS)
    here.sign_in()
    here.open(question)
    choose_devices_and_write_notes(here)
    page.reload()
    here.press("Use the camera")
    ready(here)
    assert page.evaluate(LABELS) == ["Fake Audio Input 2", "fake_device_1"], "remembered"
    assert page.get_by_label("Notes").input_value() == "First the river.\nThen the boat."

    page.evaluate(MUTE, True)
    here.says("Your microphone is silent. Is it muted?")
    keep(page, "studio-record-silent")
    page.evaluate(MUTE, False)
    page.get_by_text("Your microphone is silent").wait_for(state="hidden")

    page.get_by_label("Notes").press("r")
    assert page.get_by_role("button", name="Start recording").is_enabled(), "typed, not pressed"
    record_with_a_pause_by_the_keys(here, keep)

    here.press("Take another")
    here.press("Use the camera")
    ready(here)
    here.press("Start recording")
    here.press("Start at once")
    here.until(f"{CLOCK} >= '0:01'")
    page.evaluate(PULL_OUT)
    here.step("prepare")
    page.locator(".note").get_by_text("The camera was disconnected").wait_for()
    keep(page, "studio-record-disconnected")
    here.until("document.querySelector('.still-on video').srcObject?.active")
    here.press("Take another")
    here.step("choose")
    takes = page.locator(".takes li")
    expect(takes).to_have_count(2)  # what was said until then is kept

    page.evaluate(DRAFT, whose)
    here.until(f"{LEFT} === 2")  # what was sent ahead is forgotten when it is aborted
    here.press("Sign out")
    here.says("2 recordings, notes on 1 question, and unsaved changes to the words of 1 answer")
    here.press("Delete and sign out")
    here.sign_in()
    here.step("choose")
    here.until(f"{LEFT} === 0")
    expect(takes).to_have_count(0)


def choose_devices_and_write_notes(here: StudioPage) -> None:
    """Choose the second of two cameras, and a microphone, by their names."""
    page = here.page
    here.press("Use the camera")
    ready(here)
    here.until("document.activeElement.textContent === 'Start recording'")
    page.get_by_label("Microphone", exact=True).select_option(label="Fake Audio Input 2")
    here.until(f"{STREAM} && {LABELS}.includes('Fake Audio Input 2')")
    page.get_by_label("Camera", exact=True).select_option(label="fake_device_1")
    here.until(f"{STREAM} && {LABELS}.includes('fake_device_1')")
    page.get_by_label("Notes").fill("First the river.\nThen the boat.")
    ready(here)
    assert page.evaluate("document.activeElement.id") == "notes", "the focus stays where it is used"


def record_with_a_pause_by_the_keys(here: StudioPage, keep: Keep) -> None:
    """Record three seconds around a pause of two; the file is as long as the clock says."""
    page = here.page
    page.get_by_role("button", name="Start recording").focus()
    page.keyboard.press("r")
    page.get_by_role("button", name="Start at once").wait_for()
    page.keyboard.press("R")
    here.until(f"{CLOCK} >= '0:01'")
    assert page.get_by_label("Camera", exact=True).is_disabled(), "not while it is recorded"
    page.keyboard.press("p")
    page.get_by_role("button", name="Resume").wait_for()
    stands = page.evaluate(CLOCK)
    page.evaluate("window.paused = performance.now()")
    keep(page, "studio-record-paused")
    here.until("performance.now() > window.paused + 2000")
    assert page.evaluate(CLOCK) == stands
    page.keyboard.press("p")
    here.until(f"{CLOCK} >= '0:03'")
    check_calm(page)
    page.evaluate(READ_AT_THE_KEY)
    page.keyboard.press("r")
    here.step("prepare")
    recorded = page.evaluate("window.recorded")
    here.drawn()
    lasts = float(here.handle("End").get_attribute("aria-valuemax") or 0)
    assert lasts == pytest.approx(float(recorded.removeprefix("0:")), abs=0.8)


def test_a_phone_shows_all_of_it_and_what_is_wrong(
    studio: Callable[..., StudioPage], new_question: Callable[[str], str], keep: Keep
) -> None:
    question = new_question("Which tool do you never lend to anybody, and who taught you that?")
    here = studio(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    page = here.page
    page.evaluate("document.documentElement.dir = 'rtl'")
    here.sign_in()
    page.evaluate("question => { location.hash = question }", question)
    page.get_by_role("heading", name="Which tool do you").wait_for()
    page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException("Requested device not found", "NotReadableError");
        } }"""
    )
    here.press("Use the camera")
    here.says("Camera or microphone in use")
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate(ORDER, "answered$") > 0, "English stays in order on a page of Hebrew"
    keep(page, "studio-record-phone-trouble")
    page.evaluate("delete navigator.mediaDevices.getUserMedia")
    here.press("Try again")
    ready(here)
    small = page.locator(".recording button, .recording select").evaluate_all(
        "all => all.filter((each) => each.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    keep(page, "studio-record-phone")


JUDGE = """(() => {
  let moments = [];
  let verdict = "good";
  return given.parts.map(([level, peak, count]) => {
    for (let n = 0; n < count; n += 1) {
      moments = [...moments, { level: n % 2 ? level : level - given.range, peak }].slice(-m.WINDOW);
      verdict = m.judge(moments, verdict, given.speaking);
    }
    return verdict;
  });
})()"""


def verdicts(
    run: Callable[..., Any], *parts: tuple[float, float, int], speaking: bool, span: float = 0
) -> Any:
    """Return the verdict after each part: so many moments of a level and a peak."""
    given = {"parts": parts, "speaking": speaking, "range": span}
    return run("recording/loudness", JUDGE, given)


def test_what_is_said_about_the_sound(run: Callable[..., Any]) -> None:
    """A second has twenty moments; dBFS."""
    muted, room = (-100, -100), (-55, -48)
    assert verdicts(run, (*muted, 40), (*muted, 40), speaking=False) == ["good", "silent"]
    back = verdicts(run, (*muted, 80), (-80, -78, 80), (-25, -12, 1), speaking=False)
    assert back == ["silent", "silent", "good"], "a little hiss is no microphone that is on"
    assert verdicts(run, (*room, 400), speaking=False) == ["good"], "nobody has to speak yet"
    assert verdicts(run, (*room, 100), (*room, 60), speaking=True) == ["good", "quiet"]
    assert verdicts(run, (-50, -40, 60), speaking=False, span=12) == ["quiet"], "that is a voice"
    assert verdicts(run, (-65, -50, 60), speaking=False, span=12) == ["good"], "that is a room"
    better = verdicts(run, (-50, -40, 160), (-43, -30, 160), (-30, -15, 40), speaking=True)
    assert better == ["quiet", "quiet", "good"]
    clipped = verdicts(
        run, (-10, -0.1, 15), (-10, -0.1, 1), (-12, -1, 150), (-12, -1, 8), speaking=True
    )
    assert clipped == ["good", "loud", "loud", "good"]
    assert verdicts(run, (-22, -8, 60), (*room, 120), speaking=True) == ["good", "good"], (
        "a thought between two sentences"
    )
    moments = """[0, 0.5, 1].map((amplitude) => {
      const { level, peak } = m.momentOf(new Float32Array(100).fill(amplitude));
      return [Math.round(level), Math.round(peak)];
    })"""
    assert run("recording/loudness", moments) == [[-100, -100], [-6, -6], [0, 0]]


AGENTS = {
    "chrome": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36",
    "edge": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "safari": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
    "android": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36",
    "other": "Lynx/2.9",
}
TROUBLES = """given.map(([name, message, cameras, microphones]) => m.troubleOf(
  new DOMException(message, name),
  { camera: Array(cameras).fill({}), microphone: Array(microphones).fill({}) },
))"""


def test_why_there_is_no_camera_and_which_one_is_asked_for(run: Callable[..., Any]) -> None:
    errors = {
        "refused": ["NotAllowedError", "Permission denied", 1, 1],
        "refusedBySystem": ["NotAllowedError", "Permission denied by system", 1, 1],
        "noCamera": ["NotFoundError", "", 0, 1],
        "noMicrophone": ["NotFoundError", "", 1, 0],
        "inUse": ["NotReadableError", "", 1, 1],
        "other": ["TypeError", "", 1, 1],
    }
    assert run("recording/trouble", TROUBLES, list(errors.values())) == list(errors)
    of = "given.map((userAgent) => m.browserOf({ userAgent, maxTouchPoints: 0 }))"
    assert run("recording/trouble", of, list(AGENTS.values())) == list(AGENTS)
    ipad = "m.browserOf({ userAgent: given, maxTouchPoints: 5 })"
    assert run("recording/trouble", ipad, AGENTS["safari"]) == "ios"
    asked = run(
        "recording/devices",
        "[m.constraintsFor({}, 'exact'), m.constraintsFor(given, 'exact')]",
        {"camera": {"id": "c2", "label": "Desk"}},
    )
    assert [each["video"].get("deviceId") for each in asked] == [None, {"exact": "c2"}]
    assert [each["video"].get("facingMode") for each in asked] == ["user", None], (
        "a phone's other camera may be chosen"
    )
    assert asked[0]["audio"] == dict.fromkeys(
        ("echoCancellation", "noiseSuppression", "autoGainControl"), True
    )
    returned = """given.map(([connected, used]) => m.hasReturned(
      { camera: { id: "c2", label: "" } },
      { camera: connected.map((id) => ({ id, label: "" })), microphone: [{ id: "m", label: "" }] },
      { camera: used, microphone: "m" },
    ))"""
    cases = [[["c1"], "c1"], [["c1", "c2"], "c1"], [["c1", "c2"], "c2"]]
    assert run("recording/devices", returned, cases) == [False, True, False]


LEAVE = """(() => {
  const whose = (user, question) => ({ user, mentor: "m", question });
  localStorage.setItem(m.notesKey(whose("u", "q")), "one");
  localStorage.setItem(m.notesKey(whose("u", "r")), "two");
  localStorage.setItem(m.notesKey(whose("uu", "q")), "another's");
  localStorage.setItem("studio-draft/u/m/q", "{}");
  localStorage.setItem("studio-upload", "{}");
  const before = m.count("u");
  m.removeAll("u");
  return [before, m.count("u"), m.count("uu"), localStorage.getItem("studio-upload")];
})()"""


TIME = """(() => {
  let now = 0;
  const did = [];
  const recorder = {
    state: "recording",
    requestData: () => did.push("data"),
    pause: () => { recorder.state = "paused"; did.push("pause"); },
    resume: () => { recorder.state = "recording"; did.push("resume"); },
  };
  const time = new m.RecordedTime(recorder, () => now);
  const seconds = [[2000, true], [9000, true], [10_500, false], [11_000, true], [20_000, false]]
    .map(([at, toggle]) => { now = at; if (toggle) time.toggle(); return time.seconds; });
  recorder.state = "inactive";
  time.toggle();
  return [seconds, did, time.paused.value];
})()"""


def test_keys_time_notes_and_what_a_crash_leaves(run: Callable[..., Any]) -> None:
    seconds, did, paused = run("recording/recorded-time", TIME)
    assert seconds == [2, 2, 3.5, 4, 4]
    assert did == ["data", "pause", "resume", "data", "pause"]
    assert paused, "nothing is resumed that has ended"
    pressed = """given.map(([key, code, more]) => m.commandOf(
      { key, code, repeat: false, ctrlKey: false, metaKey: false, altKey: false, ...more }))"""
    keys = [
        ["r", "KeyR", {}],
        ["R", "KeyR", {}],
        ["п", "KeyP", {}],  # a Cyrillic keyboard
        ["p", "KeyL", {}],
        ["l", "KeyP", {}],
        ["r", "KeyR", {"ctrlKey": True}],
        ["r", "KeyR", {"repeat": True}],
        [" ", "Space", {}],
    ]
    assert run("recording/keys", pressed, keys) == [
        *["record"] * 2,
        *["pause"] * 2,
        *[None] * 4,
    ]
    nothing = {"notes": 0, "changes": 0}
    left = [{"notes": 2, "changes": 1}, nothing, {"notes": 1, "changes": 0}, "{}"]
    assert run("own-texts", LEAVE) == left
    head = b"\0\0\0\x18ftypiso5 moov avcC\x01\x64\0\x1f"
    webm = b"\x1a\x45\xdf\xa3 webm \x16\x54\xae\x6b"
    cluster = b"\x1f\x43\xb6\x75\x01"
    files = [head, head + b" moof mdat", head + b" moof mdat ...", webm, webm + cluster]
    known = "given.map((each) => m.hasMedia(Uint8Array.from(each)))"
    found = run("recording/recorder", known, [list(each) for each in files])
    assert found == [False, False, True, False, True]

"""The upload studio in a real browser, on the whole stack."""

from __future__ import annotations

import os
import struct
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browsing import DESKTOP, PHONE, check_zoomed, controls
from mentor_common.jobs import AnswerKey, Reader, Table, Task, Write
from mentor_common.jobs.model import upload_pk
from mentor_local.graphql.seed import SEED_ADMIN_ID, SEED_FOREIGN_USER_ID, SEED_OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from browsing import StudioPage
    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]

MIB = 1 << 20
LARGE = 60 * MIB
FAST = 12 * MIB  # bytes a second: a connection on which a test can follow
CRAWL = MIB // 4  # nearly nothing happens while a picture is taken
PARTS = 8
CAPTION = "Beside the river & <in> a boat"
VIDEO = "document.querySelector('.workspace video')"
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
NAMED_DEVICES = """async () => {
  const { devices } = await import("/studio/recording/devices.js");
  const names = { camera: "FaceTime HD Camera", microphone: "MacBook Pro Microphone" };
  const { camera, microphone } = devices.peek();
  devices.value = {
    camera: camera.map((each) => ({ ...each, label: names.camera })),
    microphone: microphone.map((each) => ({ ...each, label: names.microphone })),
  };
}"""
BAR = "document.querySelector('.workspace progress').value"
# In the page: a busy machine would press from here when everything has been sent.
PAUSE_AT = """percent => new Promise(resolve => {
  const bar = document.querySelector('.workspace progress');
  const observer = new MutationObserver(() => {
    if (bar.value <= percent) return;
    observer.disconnect();
    [...document.querySelectorAll('button')].find(one => one.textContent === 'Pause').click();
    resolve();
  });
  observer.observe(bar, {attributeFilter: ['value']});
})"""

# Real ones, which say themselves that they were shown.
LISTEN_FOR_NOTIFICATIONS = """() => {
  const every = [];
  window.Notification = class extends Notification {
    constructor(...given) {
      super(...given);
      every.push(new Promise(resolve => this.addEventListener("show", () => resolve(this.title))));
    }
  };
  window.shownNotifications = async (count) => {
    while (every.length < count) await new Promise(resolve => requestAnimationFrame(resolve));
    return Promise.all(every);
  };
}"""
MORE_END = """async () => {
  const { dispatch } = await import("/studio/store.js");
  const uploads = (ending) => Array.from({ length: 13 }, (_, n) => ({
    upload_id: `other-${n}`, question: `other-${n}`, accepted_at: "2026-01-01", ...ending(n),
  }));
  const finished_at = "2026-01-02";
  dispatch({ type: "uploads", uploads: uploads(() => ({ state: "QUEUED", finished_at: null })) });
  const ended = (n) => ({ state: n < 11 ? "READY" : "FAILED", finished_at });
  dispatch({ type: "uploads", uploads: uploads(ended) });
}"""


def edge(name: str, here: str) -> list[str]:
    """Return the controls of an edge of the part that is kept."""
    return [
        f"button {name}: \u22120.1 seconds",
        f"button {name}: one frame earlier",
        f"textbox {name}, minutes and seconds",
        f"button {name}: one frame later",
        f"button {name}: +0.1 seconds",
        f"button {name}: {here}",
        f"button {name}: Play around it",
    ]


def caption_time(name: str) -> list[str]:
    """Return the controls of a caption's beginning or end."""
    return [
        "button A tenth of a second earlier",
        f"spinbutton {name}",
        "button A tenth of a second later",
        "button Now: where the player is",
    ]


CUTTING = [
    "slider Beginning",
    "slider End",
    "button Zoom out",
    "button Zoom in",
    "slider Move along the video",
    "button Cut the silence",
    "button Play this part",
    "button Whole video",
    "button Undo",
    "button Redo",
    *edge("Beginning", "Start here"),
    *edge("End", "End here"),
    "button Choose a frame of this video",
    "checkbox Choose my picture for me from this video",
    "button Send this video",
    "button Take another",
    "button Turn the camera off",
]
EDITING = [
    "button Next question",
    "radio Computer",
    "radio Phone",
    "radio As you sent it",
    "button Replace this answer",
    "button Undo",
    "button Redo",
    "button Find and replace",
    "button Add a caption",
    "textbox Find",
    "button Previous",
    "button Next",
    "textbox Replace with",
    "button Replace",
    "button Replace all",
    "checkbox Match case",
    "button Close",
    *caption_time("Starts"),
    *caption_time("Ends"),
    "button Split at cursor",
    "button Delete",
    "button Save",
    "button WebVTT",
    "button SRT",
    "button Text",
    "button Choose a frame of this video",
]
OF_WORDS = ("button Go to ", "textbox Caption at ", "button Merge", "button Hear")
"""Which of them there are depends on what was recognised."""


def out_of_sight(page: Page, *, hidden: bool) -> None:
    """Let the page believe that its tab is not shown, or is again: headless ones always are."""
    value = str(hidden).lower()
    page.evaluate(f"""() => {{
      Object.defineProperty(document, "hidden", {{ value: {value}, configurable: true }});
      document.dispatchEvent(new Event("visibilitychange"));
    }}""")


def padded(path: Path, target: Path, size: int) -> Path:
    """Write a video that is as large as wanted: what is added is a box that players skip."""
    raw = path.read_bytes()
    missing = size - len(raw)
    target.write_bytes(raw + struct.pack(">I4s", missing, b"free") + os.urandom(missing - 8))
    return target


def test_signing_in_and_choosing_a_question_by_the_keyboard(
    studio: Callable[..., StudioPage], keep: Keep, keep_both: Keep
) -> None:
    here = studio(viewport=PHONE, has_touch=True)
    page = here.page

    def keep_all(name: str) -> None:
        keep(page, f"{name}-phone")
        page.set_viewport_size(DESKTOP)
        keep_both(page, name)

    page.get_by_role("dialog", name="Sign in").wait_for()
    keep_all("studio-sign-in")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    page.get_by_label("Access key").fill("nonsense")
    here.press("Sign in with the key")
    here.says("Copy it again, all of it")
    here.sign_in()
    here.step("choose")
    assert page.title() == "Upload studio"
    assert page.evaluate(SIDEWAYS) <= 0, "nothing sticks out to the side"
    keep_all("studio-choose")
    assert page.evaluate(SIDEWAYS) <= 0
    page.reload()
    here.step("choose")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Use the camera"


def test_record_trim_send_watch_play_and_correct_the_captions(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    keep: Keep,
) -> None:
    question = new_question("Where did you grow up, and what did you learn there?")
    here = studio(permissions=["camera", "microphone", "notifications"])
    page = here.page
    page.evaluate(LISTEN_FOR_NOTIFICATIONS)
    page.get_by_role("dialog", name="Sign in").wait_for()
    check_zoomed(page)
    here.sign_in()
    here.open(question)
    check_zoomed(page)
    lasts = record_and_trim(here, keep)
    here.press("Send this video")
    here.step("progress")
    page.locator(".task").first.wait_for()
    check_zoomed(page)
    keep(page, "studio-working")
    hear_while_out_of_sight(here)
    here.says("Your answer is ready")
    page.locator(".cue").first.wait_for()
    here.until(f"Math.abs({VIDEO}.duration - {lasts}) < 0.3")
    play(here)
    keep(page, "studio-ready")
    choose_a_picture_and_undo(here)
    correct_the_captions(here, keep)
    answer = running.answer(question)
    assert answer is not None
    assert "Beside the river &amp; &lt;in&gt; a boat" in answer["vttMedia"]["vttText"]
    assert answer["transcript"].startswith("Beside the river &"), "the transcript says the same"
    token = str(page.evaluate("sessionStorage.getItem('studio-token')"))
    assert token.count(".") == 2
    assert token not in (running.home / "stack.log").read_text(errors="replace")
    page.reload()
    expect(page.locator(".cue textarea").first).to_have_value(CAPTION)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    keep(page, "studio-ready-phone-dark")


def record_and_trim(here: StudioPage, keep: Keep) -> float:
    """Record three seconds, choose a part by the keyboard; return its seconds."""
    here.press("Use the camera")
    here.press("Start recording")
    here.page.locator(".time").wait_for()
    assert controls(here.page) == [
        "textbox Notes for you alone, in this browser",
        "meter Sound",
        "button Stop",
        "button Pause",
        "combobox Camera",
        "combobox Microphone",
    ]
    check_zoomed(here.page)
    here.page.evaluate(NAMED_DEVICES)  # their files' paths would be in the picture
    keep(here.page, "studio-record")
    here.until("document.querySelector('.time').textContent >= '0:03'")
    here.press("Stop")
    here.step("prepare")
    here.drawn()
    start, end = here.handle("Beginning"), here.handle("End")
    lasts = float(end.get_attribute("aria-valuemax") or 0)
    assert lasts > 2, "a recording says no length of its own"
    for _ in range(5):
        start.press("ArrowRight")
    expect(start).to_have_attribute("aria-valuetext", "starts at 0.5 seconds")
    end.press("Home")  # a second remains
    expect(end).to_have_attribute("aria-valuetext", "ends at 1.5 seconds")
    end.press("End")
    assert controls(here.page) == CUTTING
    check_zoomed(here.page)
    keep(here.page, "studio-trim")
    here.press("Turn the camera off")
    here.page.locator(".still-on").wait_for(state="detached")
    return lasts - 0.5


def hear_while_out_of_sight(here: StudioPage) -> None:
    """Learn from title, icon and notifications what ends while the page is out of sight."""
    page = here.page
    here.press("Tell me when it is ready")
    out_of_sight(page, hidden=True)
    here.step("ready")
    assert page.title().startswith("1 ready ")
    assert page.locator("link[rel=icon]").get_attribute("href") == "shared/icon-ready.svg"
    page.evaluate(MORE_END)
    assert page.title().startswith("12 ready, 2 failed ")
    assert page.locator("link[rel=icon]").get_attribute("href") == "shared/icon-failed.svg"
    assert page.evaluate("shownNotifications(2)") == ["1 ready", "12 ready, 2 failed"]
    out_of_sight(page, hidden=False)
    assert page.title() == "Upload studio"


def correct_the_captions(here: StudioPage, keep: Keep) -> None:
    """Change a caption and save it."""
    page = here.page
    field = page.locator(".cue textarea").first
    field.fill(CAPTION)
    here.press("Save")
    here.says("Everybody sees your words from now on")
    field.focus()
    here.press("Find and replace")
    assert [each for each in controls(page) if not each.startswith(OF_WORDS)] == EDITING
    check_zoomed(page)
    here.press("Find and replace")
    keep(page, "studio-captions")


def choose_a_picture_and_undo(here: StudioPage) -> None:
    """Have a frame of the ready video as the mentor's picture, and the former one again."""
    here.press("Choose a frame of this video")
    here.press("Use this frame")
    here.says("This is your picture now")
    here.press("Put the former picture back")
    here.says("Your picture is as it was before")


def play(here: StudioPage) -> None:
    """Play both renditions with captions and the words marked."""
    here.page.evaluate(f"{VIDEO}.play()")
    here.page.locator(".marks .now").wait_for()
    track = f"{VIDEO}.textTracks[0]"
    here.until(f"{track}.mode === 'showing' && {track}.cues.length > 0")
    here.page.get_by_label("Phone").check()
    here.until(f"{VIDEO}.currentSrc.endsWith('mobile.mp4') && {VIDEO}.readyState >= 2")
    assert here.page.evaluate(f"{VIDEO}.videoWidth") == 480
    here.page.evaluate(f"{VIDEO}.pause()")
    here.page.evaluate(f"{VIDEO}.currentTime = 0")
    here.page.get_by_role("button", name="Go to").first.click()
    here.page.locator(".marks .now").wait_for()


class Connection:
    """The page's connection to the world: as fast as is wanted, or broken."""

    def __init__(self, page: Page) -> None:
        self._network = page.context.new_cdp_session(page)
        self._network.send("Network.enable")

    def send_at(self, speed: int) -> None:
        """Let so many bytes a second out."""
        self._emulate(speed, offline=False)

    def cut(self) -> None:
        """Break it, what is under way included."""
        self._emulate(FAST, offline=True)

    def _emulate(self, speed: int, *, offline: bool) -> None:
        speeds = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
        self._network.send("Network.emulateNetworkConditions", {"offline": offline, **speeds})


def test_sixty_megabytes_survive_signing_out_a_break_a_pause_and_a_reload(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
    token: Callable[..., str],
    keep: Keep,
    tmp_path: Path,
) -> None:
    file = padded(clip("silent.mp4"), tmp_path / "My long answer.mp4", LARGE)
    question = new_question("What is the longest story you tell?")
    here = studio()
    page = here.page
    here.watch.expect("^401", "ERR_INTERNET_DISCONNECTED")
    sent: list[str] = []
    page.on("requestfinished", lambda r: sent.append(r.url) if "partNumber" in r.url else None)
    here.sign_in()
    here.open(question)
    here.choose(file)
    here.drawn()
    connection = Connection(page)
    connection.send_at(CRAWL)
    expired = token(SEED_OWNER_ID, (running.endpoints["mentor"],), seconds=-120)
    page.evaluate("token => sessionStorage.setItem('studio-token', token)", expired)
    here.press("Send this video")
    here.says("Sign in again and everything continues where it was")
    here.sign_in()
    here.until(f"{BAR} > 0")
    keep(page, "studio-sending")
    break_and_pause(here, connection, keep)
    page.reload()
    here.says("An upload was interrupted")
    page.locator(f'#questions a[href$="#{question}"]').get_by_text("Not sent").wait_for()
    keep(page, "studio-interrupted")
    arrived = len(sent)
    assert 0 < arrived < PARTS
    connection.send_at(-1)
    here.choose(file)
    with running.held("transcoder"):
        here.step("progress")
        assert len(sent) <= PARTS, "what had arrived was not sent again"
        page.locator(".task").first.wait_for()
        here.press("Stop this upload")
        here.step("failed")
        here.says("You stopped this upload")
    keep(page, "studio-stopped")
    latest = running.ui.latest_uploads(running.endpoints["mentor"])[0]
    assert (latest["question"], latest["state"]) == (question, "CANCELLED")
    assert running.answer(question) is None


def break_and_pause(here: StudioPage, connection: Connection, keep: Keep) -> None:
    """Break the connection in the middle, let it come back, then pause with some parts stored."""
    connection.cut()
    here.says("The connection is broken")
    keep(here.page, "studio-broken")
    connection.send_at(FAST)
    here.page.evaluate(PAUSE_AT, 60)
    here.says("Paused.")
    connection.send_at(CRAWL)
    keep(here.page, "studio-paused")
    before = here.sent
    here.press("Resume")
    here.until(f"{BAR} > {before}")
    here.press("Pause")


def test_try_again_after_a_failure_of_ours_watched_without_streams(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
    keep: Keep,
) -> None:
    question = new_question("What went wrong once, and then right?")
    here = studio()
    page = here.page
    here.watch.expect("503: .*events")

    def no_streams(route: Route) -> None:
        route.fulfill(status=503, json={"data": {"error": "x", "message": "no place"}})

    page.route("**/events", no_streams)
    here.sign_in()
    here.open(question)
    with running.held("transcoder"):
        here.choose(clip("silent.mp4"))
        here.drawn()
        here.press("Send this video")
        here.step("progress")
        page.locator(".task").first.wait_for()
        start_in_vain_five_times(running, question)
    here.step("failed")
    here.says("We tried several times")
    check_zoomed(page)
    keep(page, "studio-failed")
    here.press("Try again")
    here.step("progress")
    here.step("ready")
    assert running.answer(question) is not None
    sqs = running.client("sqs")
    letters = sqs.get_queue_url(QueueName="mentor-upload-local-transcoder-dlq")["QueueUrl"]
    sqs.purge_queue(QueueUrl=letters)  # other tests count dead letters


def start_in_vain_five_times(running: RunningStack, question: str) -> None:
    """Leave a task as five workers leave it that died over it."""
    stack = running.client("dynamodb")
    (name,) = stack.list_tables()["TableNames"]
    with pytest.MonkeyPatch.context() as patch:
        for variable, key in (
            ("AWS_ENDPOINT_URL", "s3"),
            ("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
            ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
        ):
            patch.setenv(variable, running.endpoints[key])
        table = Table(name, running.endpoints["aws_region"])
        current = Reader(table).current(AnswerKey(running.endpoints["mentor"], question))
        assert current is not None
        task = Task(
            status="IN_PROGRESS",
            starts=5,
            claim=5,
            token="gone",
            owner="gone",
            lease_until=0,
            first_at=time.time(),
            started_at=time.time(),
        )
        table.write(Write(upload_pk(current.upload_id), "TASK#transcode", put=task.item()))


def test_what_is_no_use_is_refused_in_words(
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
    keep: Keep,
    tmp_path: Path,
) -> None:
    question = new_question("What do you never want to see again?")
    here = studio()
    page = here.page
    here.watch.expect("400: POST .*/upload/answer", "console warning")
    here.sign_in()
    here.open(question)
    here.choose(clip("blink.mp4"))
    here.says("A video must last at least one second")
    assert page.get_by_role("button", name="Send this video").is_disabled()
    here.press("Take another")
    text = tmp_path / "notes.txt"
    text.write_text("no video")
    here.choose(text)
    here.says("This is not a video")
    text = text.rename(tmp_path / "notes.mp4")
    here.choose(text)
    here.says("Your browser cannot show this video")
    here.press("Send this video")
    here.says("No video found or too short")
    keep(page, "studio-refused")
    here.press("Take another video")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip("six.mp4").read_bytes()[:4000])
    here.choose(broken)
    here.press("Send this video")
    here.step("failed")
    here.says("This did not work")
    assert page.get_by_role("button", name="Try again").count() == 0, "it would not help"
    keep(page, "studio-bad-video")


def test_who_has_no_mentor_names_one_and_strangers_are_told(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    token: Callable[..., str],
    keep: Keep,
) -> None:
    for user, said in ((SEED_ADMIN_ID, "Olive Owner"), (SEED_FOREIGN_USER_ID, "may not change")):
        here = studio()
        here.watch.expect("403: GET")
        here.sign_in(token(user))
        here.page.get_by_role("textbox", name="Mentor").fill(running.endpoints["mentor"])
        keep(here.page, "studio-which-mentor")
        here.press("Open")
        here.says(said)

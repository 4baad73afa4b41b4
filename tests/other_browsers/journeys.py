"""Journeys through studio and console, the same ones in each browser that is here.

Not among the tests of ``make test``, which needs Chromium alone: ``make browsers`` brings the
clients and runs this.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import StackItems
from mentor_local.graphql.seed import SEED_SECOND_QUESTION_ID
from mentor_local.waiting import wait_until
from other_browsers.browsers import BROWSERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mentor_local.running import RunningStack
    from other_browsers.windows import Window

    Keep = Callable[[str], None]

PICTURES = Path(__file__).parents[2] / ".screenshots" / "browsers"
READY_SECONDS = 120.0
STAY_SECONDS = 60.0
NARROW = (360, 740)
WIDE = (1280, 900)
VIDEO = "document.querySelector('.workspace video')"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
DRAWN = """[...document.querySelectorAll(".trim canvas")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})"""
"""Colours on the strip of pictures and on that of the sound; one each where nothing is drawn."""
KEPT = """new Promise((resolve) => {
  const opening = indexedDB.open("studio");
  opening.onsuccess = () => {
    const counting = opening.result.transaction("pieces").objectStore("pieces").count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})"""
"""Pieces of recordings that the browser keeps."""

pytestmark = [
    pytest.mark.timeout(600),
    # Selenium's own, of how it opens WebKitGTK.
    pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning"),
]


@pytest.fixture(
    params=[browser for browser in BROWSERS if not browser.missing()],
    ids=lambda browser: browser.name,
)
def window(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Window]:
    """A window in a profile of its own; at the end its page may have reported no error."""
    with request.param.open(tmp_path / "browser.log") as window:
        yield window
        errors = window.errors
        assert not errors, "\n".join(errors)


@pytest.fixture
def keep(request: pytest.FixtureRequest, window: Window) -> Keep:
    """Return a function that keeps pictures of the page, wide and as on a phone, under a name."""
    browser = request.node.callspec.id

    def of(name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        for width, size in (("phone", NARROW), ("desktop", WIDE)):
            window.resize(*size)
            window.picture(PICTURES / f"{browser}-{name}-{width}.png")
            assert not window.evaluate(SIDEWAYS), f"{name} sticks out to the side: {width}"

    return of


@pytest.fixture
def items(running: RunningStack, clip: Callable[[str], Path]) -> Iterator[StackItems]:
    """The stack beneath the page."""
    found = StackItems(running, clip("silent.mp4"))
    yield found
    found.clean()


def button(name: str) -> str:
    """Return the selector of a button."""
    return f'//button[normalize-space()="{name}"]'


def text(words: str) -> str:
    """Return the selector of what shows a text."""
    return f'//*[text()[contains(., "{words}")]]'


def question_of(question: str) -> str:
    """Return the selector of a question in the list."""
    return f'#questions a[href$="#{question}"]'


def step(name: str) -> str:
    """Return the selector of a step of an answer."""
    return f'[data-step="{name}"]'


def enter(window: Window, running: RunningStack, question: str) -> None:
    """Sign in to the studio and turn to a question."""
    window.go(f"{running.endpoints['api']}/studio")
    window.click(button("Sign in as the example mentor"))
    window.click(question_of(question))
    window.wait_for(f"{question_of(question)}[aria-current]")


def drawn(window: Window) -> None:
    """Wait until the strip shows pictures and sound."""
    window.wait_for(".trim[data-drawn]")
    until(window, f"({DRAWN}).every((colours) => colours > 1)")


def until(window: Window, condition: str) -> None:
    """Wait until an expression holds."""
    wait_until(
        lambda: bool(window.evaluate(f"Boolean({condition})")),
        seconds=STAY_SECONDS,
        what=condition,
    )


def play(window: Window) -> None:
    """Play what the page shows: without sound, which WebKit lets nobody begin but a person."""
    until(window, f"{VIDEO}.readyState >= 2")
    window.evaluate(f"({VIDEO}.muted = true, {VIDEO}.play())")
    until(window, f"{VIDEO}.currentTime > 0.5")


def test_a_file_is_sent_and_its_words_are_corrected(
    window: Window,
    running: RunningStack,
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
    keep: Keep,
) -> None:
    river = secrets.token_hex(4)  # browsers share the stack
    question = new_question(f"What did the river {river} teach you?")
    window.go(f"{running.endpoints['api']}/studio")
    window.wait_for(button("Sign in as the example mentor"))
    keep("studio-sign-in")
    window.click(button("Sign in as the example mentor"))
    window.fill('input[type="search"]', f"river {river}")
    until(window, "document.querySelectorAll('#questions a').length === 1")
    window.click(question_of(question))
    window.wait_for(step("choose"))
    keep("studio-choose")
    window.choose("#file", clip("spoken.mp4"))
    window.wait_for(step("prepare"))
    drawn(window)
    keep("studio-prepare")
    window.click(button("Send this video"))
    window.wait_for(step("ready"), READY_SECONDS)
    window.wait_for(".cue textarea")
    play(window)
    until(window, f"{VIDEO}.textTracks[0].cues?.length > 0")
    window.wait_for(".marks .now")
    keep("studio-ready")
    window.fill(".cue textarea", "Beside the river")
    window.click(button("Save"))
    window.wait_for(text("Everybody sees your words from now on"))
    answer = running.answer(question)
    assert answer is not None
    assert answer["transcript"].startswith("Beside the river"), answer["transcript"]


def test_a_recording_survives_a_reload_and_is_sent(
    window: Window, running: RunningStack, new_question: Callable[[str], str], keep: Keep
) -> None:
    question = new_question("What do you see out of the window?")
    enter(window, running, question)
    window.click(button("Use the camera"))
    window.wait_for(".record:enabled, .note.bad")
    if window.evaluate("document.querySelector('.note.bad') !== null"):
        window.wait_for(text("This browser cannot record"))
        keep("studio-cannot-record")
        pytest.skip("nothing comes out of this browser's recorder, and the studio says so")
    window.click(button("Start recording"))
    window.click(button("Start at once"))
    wait_until(lambda: window.evaluate(KEPT) >= 4, seconds=STAY_SECONDS, what="kept pieces")
    keep("studio-record")
    window.reload()
    window.wait_for(step("choose"))
    window.wait_for(".takes li")
    keep("studio-takes")
    window.click(button("Continue with it"))
    window.wait_for(step("prepare"))
    drawn(window)
    until(window, f"{VIDEO}.videoWidth > 0")
    keep("studio-recorded")
    window.click(button("Send this video"))
    window.wait_for(step("ready"), READY_SECONDS)
    play(window)


def test_the_console_shows_an_upload_that_failed_and_sends_its_letter_again(
    window: Window, running: RunningStack, items: StackItems, keep: Keep
) -> None:
    job = items.fail(SEED_SECOND_QUESTION_ID, buried=True)
    window.go(f"{running.endpoints['api']}/ops")
    window.click(button("Sign in as the local administrator"))
    window.wait_for(text("Queues"))
    keep("console-overview")
    window.click('#sections a[href="#/uploads"]')
    window.click(f'//a[contains(., "{job.upload_id[:8]}")]')
    window.wait_for(f'//h1[contains(., "{job.upload_id}")] | //h2[contains(., "{job.upload_id}")]')
    window.wait_for(text("gave_up"))
    keep("console-upload")
    window.click('#sections a[href="#/letters"]')
    window.wait_for(text("No space left on device"))
    keep("console-letters")
    window.click(button("Send again"))
    window.wait_for("dialog[open]")
    keep("console-send-again")
    window.click(button("Send 1 again"))
    window.wait_for(text("1 message of the transcoder sent again."))
    window.go(f"{running.endpoints['api']}/ops#/uploads/{job.upload_id}")
    window.wait_for('//main//*[contains(@class, "badge")][contains(., "Ready")]', READY_SECONDS)

"""The example page of docs/how-to/record-with-your-own-ui.md, served from an origin of its own."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import violations
from mentor_local.waiting import wait_until
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from browsing import Watch
    from mentor_local.running import RunningStack

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
READY_MS = 60_000
CUES = "document.querySelector('video').textTracks[0]?.cues?.length ?? 0"


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line for each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def example() -> Iterator[str]:
    """URL of the example page."""
    handler = partial(Quiet, directory=str(EXAMPLES))
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        yield f"{url}/record.html"


def test_the_example_page_sends_follows_and_plays_with_captions(
    example: str,
    running: RunningStack,
    open_page: Callable[..., tuple[Page, Watch]],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
) -> None:
    question = new_question("What have you built yourself?")
    page, watch = open_page()
    watch.expect("favicon", "401: GET .*/mentors")
    page.goto(example)
    page.get_by_label("API").fill(running.endpoints["api"])
    page.get_by_label("Access token").fill("nonsense")
    page.get_by_role("button", name="Show the questions").click()
    page.get_by_text("Sign in again").wait_for()
    page.get_by_label("Access token").fill(running.endpoints["token"])
    page.get_by_role("button", name="Show the questions").click()
    page.get_by_label("Question").select_option(question)
    page.get_by_label("Video").set_input_files(clip("spoken.mp4"))
    page.get_by_label("Send it in parts").check()
    send(page)
    page.locator("#tasks li", has_text="transcoding-web").wait_for(timeout=READY_MS)
    page.locator("video").wait_for(timeout=READY_MS)
    page.evaluate("document.querySelector('video').textTracks[0].mode = 'showing'")
    wait_until(lambda: page.evaluate(CUES) > 0, seconds=20, what="captions of the video")
    assert page.evaluate("document.querySelector('video').error") is None
    assert violations(page) == []
    page.get_by_label("Video").set_input_files(clip("silent.mp4"))
    page.get_by_label("Send it in parts").uncheck()
    with page.expect_response("**/upload/answer") as accepted:
        send(page)
    assert accepted.value.ok, "the same in one form"


def send(page: Page) -> None:
    """Press the button that sends."""
    page.get_by_role("button", name="Send").click()

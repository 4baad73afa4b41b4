"""A mentor's and an operator's way through the pages in Firefox: `make browsers`.

It is the Firefox of the system's packages, driven by WebDriver BiDi. WebKit's takes no BiDi yet.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from browsing import StudioPage, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from mentor_local.running import RunningStack

PICTURES = Path(__file__).parents[2] / ".screenshots"
PLAYS = "document.querySelector('.workspace video').readyState > 0"
QUESTION = "What does another browser show?"


@pytest.fixture
def firefox(
    chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Page, Watch]]:
    """A watched page in Firefox."""
    assert chromium  # of the same tier
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        pytest.skip("no Firefox here: apt-get install firefox-esr, or firefox")
    monkeypatch.setenv("HOME", str(tmp_path))
    with sync_playwright() as playwright:
        # The channel is what has it driven by WebDriver BiDi, as it was released.
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=found)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        yield page, Watch(page)
        browser.close()


def test_an_answer_is_found_sent_and_watched_and_an_operator_finds_its_upload(
    firefox: tuple[Page, Watch],
    running: RunningStack,
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
) -> None:
    page, watch = firefox
    question = new_question(QUESTION)
    here = StudioPage(page, watch)
    page.goto(f"{running.endpoints['api']}/studio")
    here.sign_in()
    here.step("choose")
    page.get_by_label("Search questions").fill("another browser")
    expect(page.locator("#questions a")).to_have_text([QUESTION], use_inner_text=False)
    here.open(question)
    here.choose(clip("spoken.mp4"))
    here.drawn()
    here.press("Send this video")
    here.step("ready")
    page.locator(".cue textarea").first.wait_for()
    here.until(PLAYS)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "firefox-studio.png")
    upload_id = running.ui.latest_uploads(running.endpoints["mentor"])[0]["upload_id"]

    page.goto(f"{running.endpoints['api']}/ops")
    page.get_by_role("button", name="Sign in as the local administrator").click()
    expect(page.get_by_role("heading", name="Queues")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Uploads", exact=True).click()
    link = page.get_by_role("link", name=f"{upload_id[:8]}…")
    expect(link).to_be_visible(timeout=60_000)
    link.click()
    expect(page.locator("#view .badge").first).to_have_text("Ready", timeout=60_000)
    page.screenshot(path=PICTURES / "firefox-console.png")
    assert watch.errors == []

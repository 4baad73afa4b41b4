"""The upload studio as a person uses it: by what it shows and says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from browsing.watch import Watch

READY_MS = 90_000
FOCUSED = """() => {
  const focused = document.activeElement;
  const shown = focused.matches(".visually-hidden") ? focused.labels[0] : focused;
  const { left, right, top, bottom } = shown.getBoundingClientRect();
  const middle = (from, to, end) => (Math.max(0, from) + Math.min(end, to)) / 2;
  const [x, y] = [middle(left, right, innerWidth), middle(top, bottom, innerHeight)];
  const name = focused.getAttribute("aria-label") ?? focused.labels?.[0]?.textContent;
  return [name ?? focused.textContent, shown.contains(document.elementFromPoint(x, y))];
}"""
MOST_STOPS = 100


@dataclass(frozen=True)
class StudioPage:
    """One open studio."""

    page: Page
    watch: Watch

    def sign_in(self, token: str | None = None) -> None:
        """Go in with a token, or at a click as the example mentor."""
        if token is None:
            self.press("Sign in as the example mentor")
        else:
            self.page.get_by_label("Access key").fill(token)
            self.press("Sign in with the key")

    def open(self, question: str) -> None:
        """Turn to a question by the list, and wait until it is shown."""
        self.page.locator(f'#questions a[href$="#{question}"]').click()
        self.page.locator(f'#questions a[href$="#{question}"][aria-current]').wait_for()

    def press(self, name: str) -> None:
        """Press a button by its words."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def tab_to(self, name: str) -> None:
        """Move the focus by the Tab key; wherever it stops on its way, it is seen."""
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            stop, seen = self.page.evaluate(FOCUSED)
            assert seen, f"{stop} has the focus beneath something else"
            if stop.startswith(name):
                return
        raise AssertionError(f"Tab does not lead to {name}")

    def focused(self, name: str) -> None:
        """Wait until something of this text has the focus, moved there by the page."""
        self.until(f"document.activeElement.textContent === {json.dumps(name)}")

    def choose(self, file: Path) -> None:
        """Choose a file; wait until it has been looked at."""
        self.page.locator("#file").set_input_files(file)

    def handle(self, name: str) -> Locator:
        """Return a handle of the trim, ``Beginning`` or ``End``."""
        return self.page.get_by_role("slider", name=name)

    def drawn(self) -> None:
        """Wait until the strip of pictures and the sound are drawn."""
        self.page.locator(".trim[data-drawn]").wait_for()

    def step(self, name: str, ms: float = READY_MS) -> None:
        """Wait for a step: choose, record, prepare, sending, progress, ready or failed."""
        self.page.locator(f'[data-step="{name}"]').wait_for(timeout=ms)

    def says(self, text: str, ms: float = READY_MS) -> None:
        """Wait until the page shows a text."""
        self.page.get_by_text(text).first.wait_for(timeout=ms)

    def until(self, condition: str, seconds: float = 60) -> None:
        """Wait until an expression holds; the page's policy forbids playwright's own way."""
        wait_until(
            lambda: bool(self.page.evaluate(f"Boolean({condition})")),
            seconds=seconds,
            what=condition,
        )

    @property
    def sent(self) -> float:
        """Percent that has been sent."""
        return float(self.page.locator(".workspace progress").evaluate("bar => bar.value"))

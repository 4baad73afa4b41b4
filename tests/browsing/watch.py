"""Errors that a page reports while a test uses it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request, Response

_REFUSED = 400
_LOUD = frozenset({"error", "warning"})
_GIVEN_UP = "net::ERR_ABORTED"
# Chromium's own line about a response or a request that is in the list anyway.
_TOLD_TWICE = "Failed to load resource"


class Watch:
    """Collects console errors and warnings, uncaught errors, failed and refused requests.

    Parameters
    ----------
    page
        To watch; from now on.
    """

    def __init__(self, page: Page) -> None:
        self._errors: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._errors.append(f"uncaught: {error}"))
        page.on("requestfailed", self._on_failed)
        page.on("response", self._on_response)

    def expect(self, *patterns: str) -> None:
        """Let pass what matches a regular expression: this test provokes it."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    @property
    def errors(self) -> list[str]:
        """Everything that was not expected."""
        return [
            text
            for text in self._errors
            if not any(pattern.search(text) for pattern in self._expected)
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in _LOUD and not message.text.startswith(_TOLD_TWICE):
            self._errors.append(f"console {message.type}: {message.text}")

    def _on_failed(self, request: Request) -> None:
        if request.failure == _GIVEN_UP:
            return  # by the page itself: a pause, a stream nobody reads on, a player's skipping
        self._errors.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= _REFUSED:
            method = response.request.method
            self._errors.append(f"{response.status}: {method} {response.url}")

"""What a journey does in a browser, whoever drives that: Playwright, or WebKit's WebDriver."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from selenium.webdriver.remote.webdriver import WebDriver

_PATIENCE_SECONDS = 90  # until an upload is ready, on two busy cores
_NOTE_ERRORS = """
  window.noted = [];
  addEventListener("error", (event) => window.noted.push(event.message));
  addEventListener("unhandledrejection", (event) => window.noted.push(String(event.reason)));
"""


class Visitor(Protocol):
    """Somebody before a page, in one browser."""

    def open(self, url: str) -> None:
        """Go to an address."""

    def press(self, name: str) -> None:
        """Press the button, or follow the link, of that name."""

    def fill(self, field: str, text: str) -> None:
        """Write into the field that a selector of CSS names."""

    def choose(self, field: str, file: Path) -> None:
        """Choose a file."""

    def sees(self, selector: str, text: str = "") -> None:
        """Wait until something of that selector is shown, with the text in it."""

    def read(self, expression: str) -> Any:
        """Return the value of an expression in the page."""

    def keep(self, picture: Path) -> None:
        """Keep a picture of the page."""

    @property
    def errors(self) -> list[str]:
        """What went wrong in the pages without being dealt with."""


class PlaywrightVisitor:
    """Who is driven by Playwright."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.errors: list[str] = []
        page.set_default_timeout(_PATIENCE_SECONDS * 1000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, url: str) -> None:
        self._page.goto(url)

    def press(self, name: str) -> None:
        either = self._page.get_by_role("button", name=name, exact=True)
        either.or_(self._page.get_by_role("link", name=name, exact=True)).first.click()

    def fill(self, field: str, text: str) -> None:
        self._page.locator(field).fill(text)

    def choose(self, field: str, file: Path) -> None:
        self._page.locator(field).set_input_files(file)

    def sees(self, selector: str, text: str = "") -> None:
        self._page.locator(selector, has_text=text).first.wait_for()

    def read(self, expression: str) -> Any:
        return self._page.evaluate(expression)

    def keep(self, picture: Path) -> None:
        self._page.screenshot(path=picture)


class WebDriverVisitor:
    """Who is driven by W3C's WebDriver."""

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver
        self._errors: list[str] = []

    def open(self, url: str) -> None:
        self._errors += self.errors
        self._driver.get(url)
        self._driver.execute_script(_NOTE_ERRORS)

    def press(self, name: str) -> None:
        text = json.dumps(name)
        found = f"//*[self::button or self::a][normalize-space()={text} or @aria-label={text}]"
        self._do(lambda: self._shown(By.XPATH, found)[0].click(), name)

    def fill(self, field: str, text: str) -> None:
        self._do(lambda: self._shown(By.CSS_SELECTOR, field)[0].send_keys(text), field)

    def choose(self, field: str, file: Path) -> None:
        # It may be hidden behind its label.
        self._do(
            lambda: self._driver.find_element(By.CSS_SELECTOR, field).send_keys(str(file)), field
        )

    def sees(self, selector: str, text: str = "") -> None:
        def shown() -> None:
            found = self._shown(By.CSS_SELECTOR, selector)
            next(each for each in found if text.lower() in each.text.lower())

        self._do(shown, f"{selector} {text}")

    def read(self, expression: str) -> Any:
        return self._driver.execute_script(f"return {expression}")

    def keep(self, picture: Path) -> None:
        self._driver.save_screenshot(str(picture))

    @property
    def errors(self) -> list[str]:
        return [*self._errors, *self._driver.execute_script("return window.noted ?? []")]

    def _shown(self, by: str, what: str) -> list[Any]:
        return [each for each in self._driver.find_elements(by, what) if each.is_displayed()]

    def _do(self, act: Any, what: str) -> None:
        """Try until it can be done: WebDriver waits for nothing."""

        def done() -> bool:
            try:
                act()
            except (WebDriverException, IndexError, StopIteration):
                return False
            return True

        wait_until(done, seconds=_PATIENCE_SECONDS, what=what)

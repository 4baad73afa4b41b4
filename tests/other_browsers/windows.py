"""A window of a browser, whichever client drives it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from browsing import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

PATIENCE_SECONDS = 60.0
_NOT_YET = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
_LISTEN = """(() => {
  const found = window.problems = [];
  addEventListener("error", ({ message }) => found.push(`uncaught: ${message}`));
  addEventListener("unhandledrejection", ({ reason }) => found.push(`uncaught: ${reason}`));
  for (const name of ["error", "warn"]) {
    const say = console[name];
    console[name] = (...given) => {
      found.push(`console ${name}: ${given.join(" ")}`);
      say(...given);
    };
  }
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
    found.push(`forbidden: ${effectiveDirective} ${blockedURI}`));
})()"""
"""Keeps errors and warnings of a page, and what its policy forbids, from when it is loaded."""
_OWN_STYLE = "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA="
"""Of ``body {}``, which Playwright adds before a picture and the page's policy forbids."""


class Window(Protocol):
    """The verbs of a journey in a browser. A selector is CSS, or XPath where it begins with ``//``.

    What is pressed, written in or waited for is the first that is visible, once there is one.
    """

    def go(self, url: str) -> None:
        """Load an address."""

    def reload(self) -> None:
        """Load the same address again, whatever the page asks before it is left."""

    def click(self, selector: str) -> None:
        """Press it."""

    def fill(self, selector: str, text: str) -> None:
        """Write a text in place of what is there."""

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file for a field that need not be visible."""

    def wait_for(self, selector: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until it is visible."""

    def evaluate(self, expression: str) -> Any:
        """Return what a JavaScript expression yields; a promise is awaited."""

    def resize(self, width: int, height: int) -> None:
        """Give the page so many CSS pixels."""

    def picture(self, path: Path) -> None:
        """Keep what is seen."""

    @property
    def version(self) -> str:
        """The browser's."""

    @property
    def errors(self) -> list[str]:
        """Errors and warnings of the console, among them what the policy forbids."""


class PlaywrightWindow:
    """A window that Playwright drives."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._watch = Watch(page)
        self._watch.expect(re.escape(_OWN_STYLE))
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("dialog", lambda dialog: dialog.accept())

    def go(self, url: str) -> None:
        self._page.goto(url)

    def reload(self) -> None:
        self._page.reload()

    def click(self, selector: str) -> None:
        self._page.locator(selector).filter(visible=True).first.click()

    def fill(self, selector: str, text: str) -> None:
        self._page.locator(selector).filter(visible=True).first.fill(text)

    def choose(self, selector: str, file: Path) -> None:
        self._page.locator(selector).set_input_files(file)

    def wait_for(self, selector: str, seconds: float = PATIENCE_SECONDS) -> None:
        self._page.locator(selector).filter(visible=True).first.wait_for(timeout=seconds * 1000)

    def evaluate(self, expression: str) -> Any:
        return self._page.evaluate(expression)

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def picture(self, path: Path) -> None:
        self._page.screenshot(path=path)

    @property
    def version(self) -> str:
        browser = self._page.context.browser
        assert browser is not None
        return browser.version

    @property
    def errors(self) -> list[str]:
        return self._watch.errors


class WebDriverWindow:
    """A window that a WebDriver drives."""

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver
        self._earlier: list[str] = []

    def go(self, url: str) -> None:
        self._earlier = self.errors
        self._driver.get(url)
        self.evaluate(_LISTEN)

    def reload(self) -> None:
        self._earlier = self.errors
        self._driver.refresh()
        self.evaluate(_LISTEN)

    def click(self, selector: str) -> None:
        self._once_visible(selector, lambda element: element.click())

    def fill(self, selector: str, text: str) -> None:
        def write(field: WebElement) -> None:
            field.send_keys(Keys.CONTROL, "a")
            field.send_keys(text)

        self._once_visible(selector, write)

    def choose(self, selector: str, file: Path) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).send_keys(str(file))

    def wait_for(self, selector: str, seconds: float = PATIENCE_SECONDS) -> None:
        self._once_visible(selector, lambda _: None, seconds)

    def evaluate(self, expression: str) -> Any:
        return self._driver.execute_script(f"return ({expression})")

    def resize(self, width: int, height: int) -> None:
        # A window has a frame, of a size that only the browser knows.
        self._driver.set_window_size(width, height)
        inside = self.evaluate("[innerWidth, innerHeight]")
        self._driver.set_window_size(2 * width - inside[0], 2 * height - inside[1])

    def picture(self, path: Path) -> None:
        self._driver.save_screenshot(str(path))

    @property
    def version(self) -> str:
        return str(self._driver.capabilities["browserVersion"])

    @property
    def errors(self) -> list[str]:
        return [*self._earlier, *self.evaluate("window.problems ?? []")]

    def _once_visible(
        self,
        selector: str,
        act: Callable[[WebElement], None],
        seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Act on what a selector finds as soon as that is visible and lets itself be acted on."""
        by = By.XPATH if selector.startswith("//") else By.CSS_SELECTOR

        def try_once(driver: WebDriver) -> bool:
            for element in driver.find_elements(by, selector):
                if element.is_displayed():
                    act(element)
                    return True
            return False

        waiting = WebDriverWait(self._driver, seconds, ignored_exceptions=_NOT_YET)
        waiting.until(try_once, f"{selector} is not visible after {seconds:.0f} s")

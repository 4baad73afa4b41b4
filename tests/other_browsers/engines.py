"""Firefox and WebKit as Debian packages them: found, started, and told how to be had."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright
from selenium import webdriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from other_browsers.visitor import PlaywrightVisitor, WebDriverVisitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from other_browsers.visitor import Visitor

_WIDTH, _HEIGHT = 1280, 900
_MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.1/MiniBrowser"


@dataclass(frozen=True)
class Engine:
    """A browser that may be on this machine."""

    name: str
    packages: str
    """Of Debian and Ubuntu, with what plays H.264 for it."""
    find: Callable[[], str | None]
    start: Callable[[str], AbstractContextManager[Visitor]]

    @property
    def missing(self) -> str:
        """What to say where it is not."""
        return f"{self.name} is not here: apt-get install {self.packages}"


def _find_firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def _firefox(path: str) -> Iterator[Visitor]:
    # The channel is what lets Playwright drive a Firefox as it is released, by WebDriver BiDi.
    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=path)
        size = {"width": _WIDTH, "height": _HEIGHT}
        yield PlaywrightVisitor(browser.new_page(viewport=size))
        browser.close()


def _find_webkit() -> str | None:
    found = shutil.which("WebKitWebDriver")
    return found if found and _mini_browser() and shutil.which("Xvfb") else None


def _mini_browser() -> str | None:
    root = Path("/")
    return next((str(path) for path in root.glob(_MINI_BROWSERS.lstrip("/"))), None)


@contextmanager
def _webkit(path: str) -> Iterator[Visitor]:
    options = Options()
    options.binary_location = _mini_browser()
    driver = webdriver.WebKitGTK(options=options, service=Service(path))
    try:
        driver.set_window_size(_WIDTH, _HEIGHT)
        yield WebDriverVisitor(driver)
    finally:
        driver.quit()


ENGINES = (
    Engine("Firefox", "firefox-esr", _find_firefox, _firefox),
    Engine(
        "WebKit",
        "webkit2gtk-driver xvfb gstreamer1.0-libav gstreamer1.0-plugins-good",
        _find_webkit,
        _webkit,
    ),
)

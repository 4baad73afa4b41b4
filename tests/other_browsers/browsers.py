"""The browsers that journeys are made in: what they need, and how a window is opened."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright
from selenium import webdriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from browsing import CAMERA_FLAGS, FLAGS, find_chromium
from other_browsers.windows import PlaywrightWindow, WebDriverWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from playwright.sync_api import ViewportSize

    from other_browsers.windows import Window

_SIZE: ViewportSize = {"width": 1280, "height": 900}
_FAKE_CAMERA: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,  # allowed
}
_MINIBROWSER = (
    "--automation",
    "--enable-media-stream=true",
    "--enable-mock-capture-devices=true",
)


@dataclass(frozen=True)
class Browser:
    """A browser of this machine.

    Attributes
    ----------
    packages
        Debian's that bring it.
    missing
        Returns names of programs that it needs and that are not here.
    open
        Opens a window in a new profile, with a camera; given a file for what it prints.
    """

    name: str
    packages: str
    missing: Callable[[], list[str]]
    open: Callable[[Path], AbstractContextManager[Window]]


def _firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def _firefox_window(_: Path) -> Iterator[Window]:
    with (
        sync_playwright() as playwright,
        # Playwright's name for a Firefox that is not its own: it speaks WebDriver BiDi with it.
        playwright.firefox.launch(
            channel="moz-firefox", executable_path=_firefox(), firefox_user_prefs=_FAKE_CAMERA
        ) as browser,
    ):
        yield PlaywrightWindow(browser.new_page(viewport=_SIZE))


@contextmanager
def _chromium_window(_: Path) -> Iterator[Window]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=find_chromium(), args=[*FLAGS, *CAMERA_FLAGS]
        ) as browser,
    ):
        yield PlaywrightWindow(browser.new_page(viewport=_SIZE))


@contextmanager
def _webkit_window(log: Path) -> Iterator[Window]:
    options = Options()
    for argument in _MINIBROWSER:
        options.add_argument(argument)
    with _screen() as display:
        service = Service(log_output=str(log), env=os.environ | {"DISPLAY": display})
        driver = webdriver.WebKitGTK(options, service)
        try:
            window = WebDriverWindow(driver)
            window.resize(**_SIZE)
            yield window
        finally:
            driver.quit()


@contextmanager
def _screen() -> Iterator[str]:
    """Start a screen that nobody sees; MiniBrowser has no headless mode."""
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1600x1200x24",
        "-nolisten",
        "tcp",
    ]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        try:
            with os.fdopen(reading) as number:
                yield f":{number.readline().strip()}"
        finally:
            process.terminate()


def _without(**found: str | None) -> list[str]:
    return [program for program, path in found.items() if path is None]


BROWSERS = (
    Browser("Firefox", "firefox-esr", lambda: _without(firefox=_firefox()), _firefox_window),
    Browser(
        "WebKit",
        "webkit2gtk-driver xvfb gstreamer1.0-libav gstreamer1.0-plugins-good"
        " gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly",
        lambda: _without(
            WebKitWebDriver=shutil.which("WebKitWebDriver"), Xvfb=shutil.which("Xvfb")
        ),
        _webkit_window,
    ),
    Browser("Chromium", "chromium", lambda: _without(chromium=find_chromium()), _chromium_window),
)

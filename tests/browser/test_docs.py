"""The documentation at /docs is light or dark as the system is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from browsing import Watch
    from mentor_local.running import RunningStack

GROUND = "getComputedStyle(document.documentElement).backgroundColor"
TEXT = "getComputedStyle(document.querySelector('.swagger-ui .info .title')).color"


def test_the_documentation_is_dark_where_the_system_is(
    running: RunningStack, open_page: Callable[..., tuple[Page, Watch]]
) -> None:
    page, _ = open_page(color_scheme="dark")
    page.goto(f"{running.endpoints['api']}/docs")
    page.locator(".swagger-ui .info .title").wait_for()
    assert brightness(page, GROUND) < 60
    assert brightness(page, TEXT) > 180
    page.emulate_media(color_scheme="light")
    page.locator("html:not(.dark-mode)").wait_for()
    assert brightness(page, TEXT) < 80


def brightness(page: Page, colour: str) -> float:
    """Return the mean of red, green and blue, 0 to 255."""
    red, green, blue = map(int, re.findall(r"\d+", page.evaluate(colour))[:3])
    return (red + green + blue) / 3

"""A first visit: the browser learns of all modules from the HTML, not one from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from browsing import Watch
    from mentor_local.running import RunningStack

LOADED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.endsWith(".js"))
  .map(({ name, initiatorType }) => [new URL(name).pathname.slice(1), initiatorType])"""
NAMED = """() => [...document.querySelectorAll("link[rel=modulepreload]")]
  .map(each => each.getAttribute("href"))"""


@pytest.mark.parametrize("name", ["studio", "ops"])
def test_all_modules_are_asked_for_at_once(
    running: RunningStack, open_page: Callable[..., tuple[Page, Watch]], name: str
) -> None:
    page, _ = open_page()
    page.goto(f"{running.endpoints['api']}/{name}")
    page.get_by_role("dialog", name="Sign in").wait_for()
    loaded, named = page.evaluate(LOADED), page.evaluate(NAMED)
    assert sorted(path for path, _ in loaded) == sorted([*named, f"{name}/main.js"])
    late = [path for path, initiator in loaded if initiator not in {"link", "script"}]
    assert late == [], "found in another module"

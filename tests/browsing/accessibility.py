"""Accessibility by axe-core, which the package carries: nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE = Axe()


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now, a line each: rule, impact, where."""
    found = _AXE.run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]

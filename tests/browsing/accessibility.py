"""Accessibility: by axe-core, which the package carries, and by what a screen reader is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE = Axe()
_CONTROL = re.compile(
    r"""^\s*-\s'?(button|checkbox|combobox|link|meter|progressbar|radio|slider|spinbutton|textbox)
    \b(?:\s"((?:[^"\\]|\\.)*)")?""",
    re.VERBOSE | re.MULTILINE,
)


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now, a line each: rule, impact, where."""
    found = _AXE.run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def controls(page: Page) -> list[str]:
    """Return role and name of each control in the work area, as a screen reader has them."""
    told = page.locator("#work").aria_snapshot()
    return [f"{role} {name}" for role, name in _CONTROL.findall(told)]

"""Accessibility: by axe-core, which the package carries, and by what a screen reader is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FIND = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(
    ({ target, failureSummary }) => `${id} (${impact}): ${target}: ${failureSummary}`));
}"""
_CONTROL = re.compile(
    r"""^\s*-\s'?(button|checkbox|combobox|link|meter|progressbar|radio|slider|spinbutton|textbox)
    \b(?:\s"((?:[^"\\]|\\.)*)")?""",
    re.VERBOSE | re.MULTILINE,
)


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now, a line each: rule, impact, where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_FIND)
    return found


def controls(page: Page) -> list[str]:
    """Return role and name of each control in the work area, as a screen reader has them."""
    snapshot = page.locator("#work").aria_snapshot()
    return [f"{role} {name}" for role, name in _CONTROL.findall(snapshot)]

"""Accessibility by axe-core, which the package carries: nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FIND = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(
    ({ target, failureSummary }) => `${id} (${impact}): ${target}: ${failureSummary}`));
}"""


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now, a line each: rule, impact, where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_FIND)
    return found

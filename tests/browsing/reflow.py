"""A page in a small window, as an ordinary one is at 200 % and 400 % (WCAG 1.4.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ZOOMED = ((640, 360), (320, 256))
"""1280 x 720 at 200 %, 1280 x 1024 at 400 %, in CSS pixels."""
_FAULTS = """() => {
  const controls = "button, a[href], input, select, textarea, summary, [role=slider]";
  const shown = document.querySelector("dialog[open]") ?? document;
  const faults = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) faults.push(`scrolls sideways by ${wide}`);
  for (const each of shown.querySelectorAll(controls)) {
    if (each.matches(".visually-hidden, .skip, li:nth-child(n + 4) *")) continue;
    if (!each.checkVisibility({ visibilityProperty: true })) continue;
    const name = each.getAttribute("aria-label") || each.textContent || each.id || each.tagName;
    const hasText = each.matches("button, a, summary");
    if (hasText && each.scrollWidth > each.clientWidth + 1) faults.push(`cut off: ${name}`);
    each.scrollIntoView({ block: "nearest", inline: "nearest" });
    const { left, right, top, bottom } = each.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) faults.push(`sticks out: ${name}`);
    const y = (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2;
    const found = document.elementFromPoint((left + right) / 2, y);
    if (!each.contains(found)) faults.push(`covered by ${found?.className}: ${name}`);
  }
  return faults;
}"""


def check_zoomed(page: Page) -> None:
    """Check that all controls of a page as it is now can be seen and pressed when zoomed."""
    before, scrolled = page.viewport_size, page.evaluate("scrollY")
    assert before
    for width, height in ZOOMED:
        page.set_viewport_size({"width": width, "height": height})
        faults = page.evaluate(_FAULTS)
        assert not faults, (width, height, faults)
    page.set_viewport_size(before)
    page.evaluate("y => scrollTo(0, y)", scrolled)

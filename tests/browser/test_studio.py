"""The upload studio in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from browsing import Watch
    from mentor_local.running import RunningStack


def test_the_studio_opens_without_a_complaint(
    running: RunningStack,
    open_page: Callable[..., tuple[Page, Watch]],
    keep: Callable[[Page, str], None],
) -> None:
    for scheme in ("light", "dark"):
        page, _ = open_page(color_scheme=scheme)
        page.goto(f"{running.endpoints['api']}/studio")
        assert page.title() == "Upload studio"
        keep(page, f"studio-start-{scheme}")

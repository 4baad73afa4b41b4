"""The operator's console with many failed uploads and dead letters, over several pages each.

``make large-lists`` has it with 500 and 1,000.
"""

from __future__ import annotations

import math
import os
import uuid
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from browsing import PHONE, check_calm
from mentor_common.clock import SystemClock
from mentor_common.operating.audit import Audit
from mentor_local.graphql.seed import SEED_QUESTION_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from browsing import StackItems, Watch

    Keep = Callable[[Page, str], None]
    Open = Callable[..., tuple[Page, Watch]]

PAGE = 50  # rows
UPLOADS = int(os.environ.get("CONSOLE_UPLOADS", "110"))
FULL = 12  # of these with the first one's error
LETTERS = int(os.environ.get("CONSOLE_LETTERS", "120"))
UNREACHABLE = 60  # of these
OTHERS = LETTERS - UNREACHABLE
VOLUME = "volume of many"  # in these uploads' errors alone
WORK_MS = 60_000
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def heading(page: Page, text: str) -> Locator:
    """Return the heading of a list with its total."""
    return page.get_by_role("heading", name=text, exact=True)


def check_going_back_finds_the_place(page: Page) -> None:
    """Check that the way from a row of another page and back, and a reload, lead to that row."""
    page.get_by_role("link", name="Next page").click()
    second = page.get_by_text(f"Page 2 of {math.ceil(UPLOADS / PAGE)}")
    expect(second).to_be_visible()
    link = page.locator("tbody tr").nth(35).get_by_role("link")
    href = link.get_attribute("href")
    link.focus()
    top = page.evaluate("scrollY")
    assert top > 0
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.go_back()
    expect(page.locator(f'a[href="{href}"]')).to_be_focused()
    assert page.evaluate("scrollY") == top
    check_calm(page)
    page.reload()
    expect(second).to_be_visible(timeout=WORK_MS)
    expect(page.locator(f'a[href="{href}"]')).to_be_in_viewport()
    check_calm(page)


def check_a_refused_page_begins_again(page: Page, watch: Watch, keep: Keep) -> None:
    """Check that a cursor of another release leads to the first page of the same search."""
    watch.expect("400: GET .*/ops/api/uploads")
    page.evaluate("location.hash += '&page=3&cursor=of-another-release'")
    expect(page.get_by_text("Back on the first page")).to_be_visible(timeout=WORK_MS)
    expect(heading(page, f"{UPLOADS} uploads")).to_be_visible(timeout=WORK_MS)
    assert "cursor" not in page.url
    assert "FAILED" in page.url
    expect(page.get_by_text(f"Page 1 of {math.ceil(UPLOADS / PAGE)}")).to_be_visible()
    keep(page, "console-many-restarted")
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text("Back on the first page")).to_have_count(0)
    page.go_back()


def test_many_failed_uploads_are_found_paged_and_tried_again(
    console: Open, items: StackItems, keep: Keep
) -> None:
    error = f"TransientError: [Errno 28] No space left on the {VOLUME}"
    job = items.fail(SEED_QUESTION_ID, buried=False, error=error)
    page, watch = console(f"/uploads/{job.upload_id}")
    expect(page.locator("#view .badge").first).to_have_text("Failed", timeout=WORK_MS)
    copies = [str(uuid.uuid4()) for _ in range(UPLOADS - 1)]
    items.copy(
        job,
        {
            upload_id: error if number < FULL - 1 else f"ConnectionError: 10.0.0.{number}: {VOLUME}"
            for number, upload_id in enumerate(copies)
        },
    )

    page.get_by_role("link", name="Uploads", exact=True).click()
    page.get_by_label("Error", exact=True).fill(VOLUME)
    page.get_by_label("State").select_option("Failed")
    page.keyboard.press("Enter")
    expect(heading(page, f"{UPLOADS} uploads")).to_be_visible(timeout=WORK_MS)

    page.reload()  # shifts are counted from here on
    expect(heading(page, f"{UPLOADS} uploads")).to_be_visible(timeout=WORK_MS)

    check_going_back_finds_the_place(page)

    check_a_refused_page_begins_again(page, watch, keep)

    # By the beginning of an id, as it is shown.
    page.get_by_label("Upload", exact=True).fill(f"{copies[40][:8]}…")
    page.keyboard.press("Enter")
    expect(heading(page, "1 upload")).to_be_visible(timeout=WORK_MS)
    page.go_back()

    # All that have one error: the number that was shown, or none.
    page.get_by_role("navigation", name="Errors").get_by_role(
        "link", name=f"No space left on the {VOLUME}"
    ).click()
    expect(heading(page, "12 uploads")).to_be_visible(timeout=WORK_MS)
    keep(page, "console-many-uploads")
    page.get_by_role("button", name="Try all 12 again").click()
    items.remove(copies[0])
    dialog = page.get_by_role("dialog", name="Try 12 failed uploads again?")
    watch.expect("409: POST .*/ops/api/uploads/retry")
    dialog.get_by_role("button", name="Try 12 again").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There are 11 such failed uploads now")
    keep(page, "console-many-conflict")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Try all 11 again").click()
    page.get_by_role("dialog").get_by_role("button", name="Try 11 again").click()
    panel = page.locator("#actions")
    expect(panel).to_contain_text("1 upload tried again. 10 refused.", timeout=WORK_MS)
    keep(page, "console-many-tried-again")
    entry = Audit(items.table, SystemClock()).latest(1)[0]
    assert (entry.verb, entry.result) == ("retry", {"done": 1, "undone": 10})


def test_many_dead_letters_are_counted_selected_and_discarded(
    console: Open, items: StackItems, keep: Keep
) -> None:
    full = {"code": "gave_up", "error": "TransientError: [Errno 28] No space left on device"}
    away = {"code": "gave_up", "error": "RemoteHostError: 10.0.0.7 does not answer"}
    items.bury(*(f"full {number}" for number in range(LETTERS - UNREACHABLE)), **full)
    items.bury(*(f"away {number}" for number in range(UNREACHABLE)), **away)
    page, watch = console("/letters?queue=api")
    expect(heading(page, f"{LETTERS:,} dead letters")).to_be_visible(timeout=WORK_MS)
    expect(page.get_by_text(f"Page 1 of {math.ceil(LETTERS / PAGE)}")).to_be_visible()
    assert not page.evaluate(SIDEWAYS), "nothing sticks out of the screen"
    keep(page, "console-many-letters")

    reasons = page.get_by_role("navigation", name="Reasons")
    expect(reasons.get_by_role("link", name="No space left")).to_contain_text(str(OTHERS))
    reasons.get_by_role("link", name="RemoteHostError").click()
    found = heading(page, f"{UNREACHABLE} of {LETTERS:,} dead letters")
    expect(found).to_be_visible(timeout=WORK_MS)

    # Some of two pages, by keyboard.
    boxes = page.get_by_role("cell").get_by_role("checkbox")
    for number in range(3):
        boxes.nth(number).focus()
        page.keyboard.press("Space")
    expect(page.get_by_role("status").filter(has_text="3 selected")).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible(timeout=WORK_MS)
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    check_calm(page)
    keep(page, "console-many-selected")
    page.get_by_role("button", name="Discard the 4 selected").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard 4").click()
    panel = page.locator("#actions")
    expect(panel).to_contain_text("4 messages of the api discarded.", timeout=WORK_MS)
    expect(page.get_by_role("group", name="What is selected")).to_have_count(0)

    # All that match: the number that was shown, or none.
    page.get_by_role("button", name="Discard these 56 messages").click(timeout=WORK_MS)
    items.bury("one that came meanwhile", **away)
    watch.expect("409: POST .*/ops/api/actions")
    dialog = page.get_by_role("dialog", name="Discard for good?")
    dialog.get_by_role("button", name="Discard 56").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("There are 57 such messages now, not 56.", timeout=WORK_MS)
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Discard these 57 messages").click(timeout=WORK_MS)
    page.get_by_role("dialog").get_by_role("button", name="Discard 57").click()
    expect(panel).to_contain_text("57 messages of the api discarded.", timeout=WORK_MS)
    expect(heading(page, f"0 of {OTHERS} dead letters")).to_be_visible(timeout=WORK_MS)


def test_the_console_fits_on_a_phone(console: Open, items: StackItems, keep: Keep) -> None:
    items.bury(
        *(f"letter {number}" for number in range(53)), code="not_json", error="It" + "x" * 200
    )
    phone: dict[str, Any] = {"viewport": PHONE, "has_touch": True}
    page, _ = console("/letters?queue=api", **phone)
    expect(heading(page, "53 dead letters")).to_be_visible()
    assert not page.evaluate(SIDEWAYS), "nothing sticks out of the screen"
    selected = page.get_by_role("status").filter(has_text="selected")
    every = page.get_by_label("Select all on this page")
    every.scroll_into_view_if_needed()
    expect(every).to_be_in_viewport()
    target = page.locator("label").filter(has=every).bounding_box()
    assert target
    assert target["height"] >= 44, "as high as a finger is wide"
    every.check()
    expect(selected).to_contain_text("50 selected")
    every.uncheck()
    page.get_by_label("Select the dead letter").first.tap()
    expect(selected).to_contain_text("1 selected")
    page.get_by_role("link", name="Next page").tap()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    every.check()
    expect(selected).to_contain_text("4 selected")
    assert not page.evaluate(SIDEWAYS), "nothing sticks out of the screen"
    keep(page, "console-letters-phone")

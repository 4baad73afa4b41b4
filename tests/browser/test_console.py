"""The operator's console in a real browser, on the whole stack."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import jwt
from playwright.sync_api import expect

from browsing import BUCKET, PHONE
from mentor_common.clock import SystemClock
from mentor_common.operating.audit import Audit
from mentor_local.graphql.seed import (
    SEED_ADMIN_ID,
    SEED_FOREIGN_MENTOR_ID,
    SEED_OWNER_ID,
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
)
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from browsing import StackItems, Watch
    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]
    Open = Callable[..., tuple[Page, Watch]]

WORK_MS = 60_000


def sign(running: RunningStack, user: str, role: str, seconds: int = 600) -> str:
    """Sign a token as mentor-graphql's sign-in would."""
    claims = {"id": user, "role": role, "mentorIds": [], "exp": int(time.time()) + seconds}
    return jwt.encode(claims, running.endpoints["jwt_secret"], algorithm="HS256")


def test_signing_in_says_what_is_wrong_with_a_token_and_who_may_not(
    running: RunningStack, open_page: Open, keep: Keep
) -> None:
    page, watch = open_page(permissions=[])
    watch.expect("403: GET .*/ops/api/me")
    page.goto(f"{running.endpoints['api']}/ops")
    field = page.get_by_label("Access token")
    for given, said in (
        ("something", "one long line with two dots"),
        (sign(running, SEED_ADMIN_ID, "ADMIN", -120), "expired"),
    ):
        field.fill(given)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(said)
    keep(page, "console-sign-in")
    field.fill(sign(running, SEED_OWNER_ID, "USER"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The console is for administrators")
    keep(page, "console-forbidden")
    page.get_by_role("button", name="Sign in with another account").click()
    page.get_by_label("Access token").fill(sign(running, SEED_ADMIN_ID, "ADMIN"))
    page.get_by_role("button", name="Sign in with the token").click()
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    assert page.evaluate("document.cookie") == ""


def test_the_overview_shows_queues_workers_and_the_day(console: Open, keep_both: Keep) -> None:
    page, _ = console("/")
    check_overview(page)
    keep_both(page, "console-overview")


def test_the_overview_on_a_phone(console: Open, keep: Keep) -> None:
    page, _ = console("/", viewport=PHONE, has_touch=True)
    check_overview(page)
    keep(page, "console-overview-phone")


def check_overview(page: Page) -> None:
    """Check that queues, workers and the day are there, and fit on the screen."""
    queues = page.get_by_role("region", name="Queues")
    for service in ("api", "transcoder", "transcriber", "notifier"):
        expect(queues.get_by_role("cell", name=service).first).to_be_visible()
    workers = page.get_by_role("region", name="Workers")
    for service in ("api-ingest", "transcoder", "transcriber", "notifier"):
        row = workers.get_by_role("row").filter(has_text=service)
        expect(row.get_by_text("online")).to_be_visible()
    expect(page.get_by_role("img", name="Uploads in the last 24 hours")).to_be_visible()
    page.get_by_text("Uploads, hour by hour, in numbers").click()
    expect(page.get_by_role("region", name="Uploads by hour").get_by_role("row")).to_have_count(25)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide), "nothing sticks out of the screen"


def test_a_worker_that_is_gone_is_missed(
    running: RunningStack, console: Open, items: StackItems, keep: Keep
) -> None:
    page, _ = console("/")
    page.clock.install()
    with running.held("notifier"):
        table = items.table
        (item,) = (
            item
            for item in table.partition("WORKERS").values()
            if item["service"] == "notifier" and item["ttl"] > time.time()
        )
        # As two minutes of silence leave it.
        table.overwrite("WORKERS", item["sk"], item | {"written_at": time.time() - 130})
        page.clock.run_for(6000)
        missed = page.get_by_role("alert").filter(has_text="No worker of the notifier is online")
        expect(missed).to_be_visible()
        row = page.get_by_role("region", name="Workers").get_by_role("row")
        expect(row.filter(has_text="notifier").get_by_text("offline")).to_be_visible()
        keep(page, "console-worker-gone")


def test_a_redrive_from_the_console_makes_the_upload_ready(
    console: Open, items: StackItems, keep: Keep
) -> None:
    job = items.fail(SEED_QUESTION_ID, buried=True)
    page, _ = console("/letters?queue=transcoder")
    row = page.get_by_role("row").filter(has_text=job.upload_id[:8])
    expect(row).to_contain_text("No space left on device")
    row.get_by_text("The message").click()
    expect(row.locator("pre")).to_contain_text(job.upload_id)
    keep(page, "console-letters")
    row.get_by_role("button", name="Send again").click()
    dialog = page.get_by_role("dialog", name="Send again?")
    expect(dialog.get_by_role("button", name="Keep as it is")).to_be_focused()
    keep(page, "console-confirm")
    dialog.get_by_role("button", name="Send 1 again").click()
    expect(page.locator("#actions")).to_contain_text("1 message of the transcoder sent again.")
    expect(row).to_have_count(0)
    keep(page, "console-redriven")
    page.goto(f"{page.url.split('#')[0]}#/uploads/{job.upload_id}")
    state = page.locator("#view .badge").first
    expect(state).to_have_text("Ready", timeout=WORK_MS)
    expect(page.locator(".history")).to_contain_text("Making the video: done")
    expect(page.get_by_role("cell", name="Video")).to_be_visible()
    attempts = page.get_by_role("row").filter(has_text="Video").get_by_role("cell")
    expect(attempts.nth(2)).to_have_text("2")
    keep(page, "console-upload-ready")
    (entry,) = [
        one for one in Audit(items.table, SystemClock()).latest(50) if one.to.get("message")
    ]
    assert (entry.verb, entry.who, entry.result) == (
        "redrive", SEED_ADMIN_ID, {"done": 1, "undone": 0},
    )  # fmt: skip


def test_failed_work_is_tried_again_from_its_upload(
    console: Open, items: StackItems, keep: Keep
) -> None:
    job = items.fail(SEED_SECOND_QUESTION_ID, buried=False)
    page, _ = console(f"/uploads/{job.upload_id}")
    state = page.locator("#view .badge").first
    expect(state).to_have_text("Failed", timeout=WORK_MS)
    expect(page.locator(".history .bad").first).to_contain_text("attempt 1 failed (gave_up)")
    keep(page, "console-upload-failed")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("dialog").get_by_role("button", name="Try again").click()
    expect(state).to_have_text("Ready", timeout=WORK_MS)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("link", name="Log").click()
    row = page.get_by_role("region", name="What operators did").get_by_role("row").nth(1)
    expect(row).to_contain_text("transcode: attempt 2")
    keep(page, "console-log")


def test_what_ends_while_a_page_is_loaded_is_seen_ended(console: Open) -> None:
    page, _ = console("/letters?queue=api")
    action: dict[str, Any] = {"id": "a", "verb": "discard", "queue": "api", "who": SEED_ADMIN_ID}
    action |= {"total": 2, "done": 2, "undone": 0, "gone": 0, "problem": None, "kept": None}
    ended: list[str] = []  # by the time that what is under way is asked for

    def under_way(route: Route) -> None:
        ended.append("a")
        route.fulfill(json={"data": {"actions": []}})

    def one(route: Route) -> None:
        status = "DONE" if ended else "RUNNING"
        route.fulfill(json={"data": action | {"status": status}})

    page.route("**/ops/api/actions", under_way)
    page.route("**/ops/api/actions/a", one)
    page.evaluate("sessionStorage.setItem('console-actions', JSON.stringify(['a']))")
    page.reload()
    expect(page.locator("#actions")).to_contain_text("2 messages of the api discarded.")


def test_many_letters_are_discarded_with_a_question_and_over_a_reload(
    running: RunningStack, console: Open, items: StackItems, keep: Keep
) -> None:
    letters = [f"letter {number}" for number in range(140)]
    items.bury(*letters, code="not_json", text="It is no JSON.")
    page, watch = console("/letters?queue=api")
    watch.expect("ERR_ABORTED")  # the reload breaks off what is under way
    page.get_by_role("navigation", name="Reasons").get_by_role("link", name="not_json").click()
    before = Audit(items.table, SystemClock()).latest(50)
    discard = page.get_by_role("button", name="Discard these 140 messages")
    discard.click()
    dialog = page.get_by_role("dialog", name="Discard for good?")
    keep(page, "console-discard")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(discard).to_be_focused()
    assert Audit(items.table, SystemClock()).latest(50) == before

    discard.click()
    dialog.get_by_role("button", name="Discard").click()
    panel = page.locator("#actions")
    expect(panel).to_contain_text("Discarding: 140 messages of the api")
    keep(page, "console-running")
    page.reload()
    said = "140 messages of the api discarded."
    expect(panel).to_contain_text(said)
    expect(panel).to_contain_text("Kept for 30 days in s3://")
    expect(page.get_by_role("row").filter(has_text="not_json")).to_have_count(0)
    entry = Audit(items.table, SystemClock()).latest(1)[0]
    assert (entry.verb, (entry.result or {})["done"]) == ("discard", 140)
    s3 = running.client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"discarded/{entry.id}/")["Contents"]
    texts = [s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found]
    kept = {json.loads(line)["body"] for text in texts for line in text.splitlines()}
    assert kept == set(letters)

    items.bury("another", code="other")
    page.goto(f"{page.url.split('#')[0]}#/letters?queue=api")
    page.get_by_role("button", name="Discard all 1 message").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.locator("#view")).to_contain_text("No dead letters in the api queue")
    keep(page, "console-letters-none")


def test_uploads_are_found_by_address_and_by_the_form_with_the_keyboard_alone(
    console: Open, items: StackItems, keep: Keep
) -> None:
    job = items.fail(SEED_QUESTION_ID, buried=False)
    page, _ = console(f"/uploads?mentor={SEED_FOREIGN_MENTOR_ID}")
    link = page.get_by_role("link", name=f"{job.upload_id[:8]}…")
    expect(link).to_be_visible()
    expect(page.get_by_label("Mentor")).to_have_value(SEED_FOREIGN_MENTOR_ID)
    keep(page, "console-uploads")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("State").focus()
    page.keyboard.type("Cancelled")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#view")).to_contain_text("No upload matches")
    assert "state=CANCELLED" in page.url
    keep(page, "console-uploads-none")
    page.go_back()
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=job.upload_id)).to_be_visible()


def test_an_unknown_upload_and_a_server_that_is_away_say_what_to_do(
    running: RunningStack, console: Open, keep: Keep
) -> None:
    page, watch = console(f"/uploads/{uuid.uuid4()}")
    watch.expect("404: GET", "failed: .*ERR", "503: GET", "401: GET")
    expect(page.get_by_role("alert")).to_contain_text("There is no upload with this id")
    keep(page, "console-not-found")

    page.clock.install()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    page.context.set_offline(offline=True)
    page.clock.run_for(6000)
    stale = page.locator("#stale")
    expect(stale).to_contain_text("what you see is not up to date")
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    keep(page, "console-stale")
    page.context.set_offline(offline=False)
    page.clock.run_for(6000)
    expect(stale).to_be_empty()

    page.evaluate("sessionStorage.setItem('console-token', 'x.y.z')")
    page.clock.run_for(6000)
    expect(page.get_by_role("dialog", name="Sign in")).to_contain_text("has expired")
    page.get_by_role("button", name="Sign in as the local administrator").click()
    page.clock.run_for(6000)
    expect(page.get_by_role("heading", name="Queues")).to_be_visible()
    assert running.endpoints


def test_nobody_is_let_in_while_graphql_is_away_and_the_page_says_so(
    running: RunningStack, open_page: Open, keep: Keep
) -> None:
    page, watch = open_page(permissions=[])
    watch.expect("503: GET")
    with running.held("graphql"):
        page.goto(f"{running.endpoints['api']}/ops")
        # Not at a click: of the same second the token would be one that was let in already.
        page.get_by_label("Access token").fill(sign(running, SEED_ADMIN_ID, "ADMIN"))
        page.keyboard.press("Enter")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The service is busy or down", timeout=WORK_MS)
        expect(alert).to_contain_text("the mentors' site", timeout=WORK_MS)
        keep(page, "console-graphql-away")
    again = page.get_by_role("button", name="Try again now")
    queues = page.get_by_role("heading", name="Queues")

    def let_in() -> bool:
        if again.is_visible():
            again.click()  # GraphQL may need a moment
        return queues.is_visible()

    wait_until(let_in, seconds=60, what="the console")


def test_a_paused_or_hidden_page_asks_nothing(console: Open) -> None:
    page, _ = console("/")
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(30_000)
    assert asked == []
    page.get_by_role("button", name="Resume").click()
    with page.expect_request("**/ops/api/queues"):
        page.clock.run_for(2000)
    expect(page.locator("#view")).not_to_have_attribute("aria-busy", "true")
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, value: true})")
    page.wait_for_load_state("networkidle")
    asked.clear()
    page.clock.run_for(30_000)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, value: false})")
    with page.expect_request("**/ops/api/queues"):
        page.clock.run_for(2000)

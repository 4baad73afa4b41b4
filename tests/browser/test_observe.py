"""The page of dashboards, alerts and traces in a real browser, on a stack that has worked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from mentor_local.clips import make_clips
from mentor_local.graphql.seed import SEED_MENTOR_ID
from mentor_local.graphql.store import Store
from mentor_local.observe.prometheus import RULES, prometheus, scrape_config
from mentor_local.waiting import wait_until
from observing import dashboards, program, targets_of, whole_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from browsing import Watch
    from mentor_local.running import RunningStack

ALWAYS_THERE = ("Messages waiting", "In work", "Dead letters", "Processes up", "Accepted", "Ready")
SCRAPE = 2
ENOUGH_SCRAPES = 5
DEPTHS = "count(mentor_upload_queue_messages offset 5s)"
NUMBER = re.compile(r"^[\d,.]+$")


@pytest.fixture(scope="module")
def upload(running: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An upload that has become ready; its id."""
    store = Store(running.home / "graphql.sqlite3")
    question = store.add_question("What is there to see?")["_id"]
    store.close()
    clips = make_clips(tmp_path_factory.mktemp("clips"))
    body = {"mentor": SEED_MENTOR_ID, "question": question}
    upload_id = str(running.ui.upload(clips["good"], body)["upload_id"])
    assert running.finish(upload_id)["state"] == "READY"
    return upload_id


@pytest.fixture(scope="module")
def measured(
    running: RunningStack, upload: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The page of a stack beside which a Prometheus runs."""
    assert upload
    program("prometheus")
    page = running.endpoints["observe"]
    port = int(page.rpartition(":")[2]) + 1
    configuration = scrape_config(targets_of(running), RULES, SCRAPE)
    with prometheus(tmp_path_factory.mktemp("prometheus"), port, configuration):

        def found(query: str) -> list[float]:
            asked = {"query": query}
            answer = requests.get(f"{page}/api/metrics/query", params=asked, timeout=10).json()
            return [float(each["value"][1]) for each in answer["data"]["result"]]

        def scraped() -> bool:
            return all(count >= ENOUGH_SCRAPES for count in found("min(count_over_time(up[5m]))"))

        # The page looks at whole steps of 5 s, and depths are read only while somebody scrapes.
        wait_until(lambda: scraped() and bool(found(DEPTHS)), seconds=60, what="enough scrapes")
        yield page


def drawn(page: Page) -> None:
    """Wait until the view has been drawn once."""
    page.locator("#view[data-drawn]").wait_for()


def test_without_prometheus_the_page_says_what_to_start(
    running: RunningStack,
    open_page: Callable[..., tuple[Page, Watch]],
    keep: Callable[[Page, str], None],
) -> None:
    page, watch = open_page()
    watch.expect("503: GET .*/api/metrics/")
    page.goto(running.endpoints["observe"])
    drawn(page)
    expect(page.get_by_role("status").first).to_contain_text("make observe")
    page.goto(f"{running.endpoints['observe']}/alerts")
    expect(page.get_by_text("make observe")).to_be_visible()
    keep(page, "observe-without-prometheus")


@pytest.mark.parametrize("name", dashboards())
def test_every_panel_is_drawn(
    name: str,
    measured: str,
    open_page: Callable[..., tuple[Page, Watch]],
    keep_both: Callable[[Page, str], None],
) -> None:
    panels = [p["title"] for p in dashboards()[name]["panels"] if p["type"] != "row"]
    page, _ = open_page()
    page.goto(f"{measured}/?dashboard=mentor-upload-{name}&range=300&refresh=0")
    drawn(page)

    expect(page.locator(".panel[aria-busy=false] h3")).to_have_text(panels)
    for title in set(panels) & set(ALWAYS_THERE):
        panel = page.locator(f".panel[data-panel='{title}']")
        expect(panel.locator(".figure")).to_have_text(NUMBER)
    keep_both(page, f"observe-{name}")


def test_what_is_chosen_is_shown(
    measured: str, open_page: Callable[..., tuple[Page, Watch]]
) -> None:
    page, _ = open_page()
    page.goto(f"{measured}/?dashboard=mentor-upload-service&refresh=0")
    drawn(page)
    page.get_by_label("Process").select_option("notifier")
    page.wait_for_url("**job=notifier**")
    drawn(page)
    memory = page.locator(".panel[data-panel='Memory'] .legend li")
    expect(memory).to_have_count(1)
    expect(memory).to_contain_text("notifier")
    chart = page.locator(".panel[data-panel='Memory'] .chart")
    chart.hover(position={"x": 330, "y": 40})
    page.get_by_label("Last").select_option("3600")
    page.wait_for_url("**range=3600**")


def test_alerts_are_shown_with_their_runbook(
    measured: str, open_page: Callable[..., tuple[Page, Watch]], keep: Callable[[Page, str], None]
) -> None:
    page, _ = open_page()
    page.goto(f"{measured}/alerts")
    drawn(page)
    alert: dict[str, object] = {
        "labels": {"alertname": "DependencyDown", "severity": "page", "job": "notifier"},
        "annotations": {
            "summary": "notifier waits for graphql",
            "description": "It has not answered.",
            "runbook": "docs/runbooks/dependency-down.md",
        },
        "state": "firing",
        "activeAt": "2026-01-01T00:00:00Z",
        "value": "0",
    }
    seen: list[bool] = []
    answers: list[list[dict[str, object]]] = [[], [alert]]
    page.route(
        "**/api/metrics/alerts*",
        lambda route: route.fulfill(
            json={"status": "success", "data": {"alerts": answers[min(len(seen), 1)]}}
        ),
    )
    page.reload()
    expect(page.get_by_text("No alert fires, none is pending.")).to_be_visible()
    seen.append(True)
    # The page looks again by itself.
    heading = page.get_by_role("heading", name="DependencyDown")
    expect(heading).to_be_visible(timeout=15_000)
    keep(page, "observe-alert")
    page.get_by_role("link", name="docs/runbooks/dependency-down.md").click()
    expect(page.get_by_text("# A dependency is down")).to_be_visible()


def test_an_uploads_trace_is_found_and_read(
    running: RunningStack,
    upload: str,
    open_page: Callable[..., tuple[Page, Watch]],
    keep: Callable[[Page, str], None],
) -> None:
    whole_trace(running, upload, "publish mentor-upload-local-notifier")
    page, _ = open_page()
    page.goto(f"{running.endpoints['observe']}/traces")
    page.get_by_label("Upload").fill(upload[:13])
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**upload=**")
    drawn(page)
    wait_until(lambda: _listed(page) == ["POST /upload/answer"], seconds=15, what="the trace")
    keep(page, "observe-traces")
    page.get_by_role("link", name="POST /upload/answer").click()
    page.wait_for_url("**/traces/*")
    drawn(page)

    shown = page.locator(".waterfall li:visible")
    expect(shown.filter(has_text="run ffmpeg").first).to_be_visible()
    expect(shown.filter(has_text="mutation SwitchAnswer").first).to_be_visible()
    expect(shown.filter(has_text="SNS/Publish")).to_have_count(0)
    page.get_by_label("calls of AWS").check()
    expect(shown.filter(has_text="SNS/Publish").first).to_be_visible()
    work = page.get_by_role("button", name="process mentor-upload-local-transcoder").first
    work.click()
    expect(page.get_by_role("row", name="mentor_upload.upload_id").first).to_contain_text(upload)
    keep(page, "observe-trace")


def _listed(page: Page) -> list[str]:
    """Return what the traces of the upload began as; looks again when they are not all there."""
    names = page.locator("tbody tr td:first-child").all_inner_texts()
    if names != ["POST /upload/answer"]:
        page.reload()
        drawn(page)
    return names

"""Every panel against the metrics of a real run: uploads that end well, badly and never.

A Prometheus scrapes a stack in which one video is good, one is none, one is cancelled, one answer
is idle, one was never sent, and one start fails on a defect and is tried again.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mentor_local.clips import make_clips
from mentor_local.graphql.seed import SEED_MENTOR_ID
from mentor_local.graphql.store import Store
from mentor_local.observe.prometheus import RULES, ObserveError, main, prometheus, scrape_config
from mentor_local.waiting import wait_until
from observing import Question, dashboards, free_port, program, questions, targets_of
from real_stack import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mentor_local.running import RunningStack

SCRAPE = 2
LONG_ENOUGH = 30
# The transcoder's and the transcriber's second S3 write fails once, on a defect.
FAULTS = {
    "MENTOR_UPLOAD_PROFILE": "test",
    "MENTOR_UPLOAD_FAILPOINTS": "s3.put:before#2=raise",
    "BACKOFF_BASE_SECONDS": "0.5",
    "BEAT_SECONDS": "0.5",  # a heartbeat in every start, however short
}


@dataclass(frozen=True)
class Measured:
    """A Prometheus that has seen a whole run."""

    url: str
    began: float

    def ask(self, path: str, **parameters: Any) -> Any:
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def value(self, expression: str) -> float:
        """Return an expression's only value now, 0 when there is none."""
        results = self.ask("query", query=expression)["result"]
        return float(results[0]["value"][1]) if results else 0.0


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    program("prometheus")
    folder = tmp_path_factory.mktemp("observed")
    home = folder / "home"
    home.mkdir()
    port = free_port()
    with started(home, **FAULTS) as stack:
        configuration = scrape_config(targets_of(stack), RULES, SCRAPE)
        with prometheus(folder / "prometheus", port, configuration):
            seen = Measured(f"http://127.0.0.1:{port}", time.time())
            wait_until(lambda: seen.value("sum(up)") == 5, seconds=30, what="the first scrapes")
            use(stack, make_clips(folder))
            # A rate wants scrapes after the last event too, and what increase() adds at the edges
            # of a short run would be an upload more.
            settled = max(time.time() + 4 * SCRAPE, seen.began + LONG_ENOUGH)
            wait_until(
                lambda: seen.value("min(timestamp(up))") >= settled,
                seconds=60,
                what="the scrapes after the last end",
            )
            assert seen.value("sum(mentor_upload_uploads_ended_total)") >= 4
            yield seen


def use(stack: RunningStack, clips: dict[str, Path]) -> None:
    """Upload what ends in each way, and wait for all ends."""
    store = Store(stack.home / "graphql.sqlite3")
    questions = [
        store.add_question(f"Question {number}?", name="_IDLE_" if number == 3 else None)["_id"]
        for number in range(4)
    ]
    store.close()
    bodies = [{"mentor": SEED_MENTOR_ID, "question": each} for each in questions]
    kinds = ("good", "damaged", "good", "good")
    uploads = [
        str(stack.ui.upload(clips[kind], body)["upload_id"])
        for kind, body in zip(kinds, bodies, strict=True)
    ]
    cancelled = requests.post(
        f"{stack.ui.api}/upload/answer/cancel",
        json=bodies[2],
        headers={"Authorization": f"Bearer {stack.ui.token}"},
        timeout=10,
    )
    assert cancelled.ok, cancelled.text
    never_sent = stack.ui.post_answer(bodies[3] | {"video": stack.ui.presign()["fields"]["key"]})
    assert never_sent.status_code == HTTPStatus.NOT_FOUND, "S3 says no"
    states = [stack.finish(upload)["state"] for upload in uploads]
    assert states == ["READY", "FAILED", "CANCELLED", "READY"]


def filled_in(expression: str, seconds: float) -> str:
    values = {"$__rate_interval": "20s", "$__range": f"{math.ceil(seconds)}s", "$job": ".+"}
    for name, value in values.items():
        expression = expression.replace(name, value)
    return expression


def numbers(measured: Measured, question: Question) -> list[float]:
    """Return all numbers that a panel would show of the run."""
    elapsed = time.time() - measured.began + SCRAPE
    expression = filled_in(question.expr, elapsed)
    assert "$" not in expression
    if question.panel["type"] in {"stat", "table"}:
        found = measured.ask("query", query=expression)["result"]
        return [float(each["value"][1]) for each in found]
    span = {"start": measured.began, "end": time.time(), "step": SCRAPE}
    found = measured.ask("query_range", query=expression, **span)["result"]
    return [float(value) for each in found for _, value in each["values"]]


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.where)
def test_every_panel_has_something_to_show(measured: Measured, question: Question) -> None:
    shown = numbers(measured, question)
    assert any(math.isfinite(number) for number in shown), f"no data: {question.expr}"


def test_the_figures_are_those_of_the_run(measured: Measured) -> None:
    by_title = {
        panel["title"]: Question("", panel["targets"][0]["expr"], panel)
        for board in dashboards().values()
        for panel in board["panels"]
        if panel["type"] == "stat"
    }

    def shown(title: str) -> int:
        (number,) = numbers(measured, by_title[title])
        return round(number)  # increase() extrapolates a little

    assert shown("Ready") == 2
    assert shown("Failed") == 1
    assert shown("Cancelled or superseded") == 1
    assert shown("Accepted") == 4
    assert shown("Cancellations asked for") == 1
    wait_until(lambda: shown("Processes up") == 5, seconds=30, what="a scrape of all")
    assert shown("Dead letters") == 0
    assert measured.value('sum(mentor_upload_messages_settled_total{outcome="retried"})') >= 1


def test_rules_are_well_and_a_healthy_stack_rings_nothing(measured: Measured) -> None:
    groups = measured.ask("rules")["groups"]
    judged = [rule for group in groups for rule in group["rules"]]
    assert [rule["name"] for rule in judged if rule["health"] != "ok"] == []
    assert len(judged) >= 19
    # A scrape that a busy machine answers late may make one pending for a moment.
    ringing = [a for a in measured.ask("alerts")["alerts"] if a["state"] == "firing"]
    assert ringing == []


def test_prometheus_that_cannot_start_says_so(tmp_path: Path) -> None:
    program("prometheus")
    broken = {"scrape_configs": [{"job_name": ""}]}
    with pytest.raises(ObserveError), prometheus(tmp_path, free_port(), broken):
        pytest.fail("it must not start")


def test_observing_without_a_stack_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MENTOR_UPLOAD_HOME", str(tmp_path))
    assert main() == 1
    assert "make run" in capsys.readouterr().err

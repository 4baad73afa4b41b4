"""The calls that one upload costs, counted by the services' own metrics on a running local stack.

From the POST until the answer has been read back, a minute after it was shown: all services and all
kinds of calls, the mean of two uploads, of questions without an answer. One before them has had the
recogniser load its model. Who is idle calls as well (polls, sweeps, the registry of workers): that
is counted for a while before, and subtracted, which is good for some calls either way. What looks
at queues for the metrics is left out.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from mentor_common.jobs import upload_id_of
from mentor_common.telemetry.metrics import PREFIX
from mentor_local.config import Config
from mentor_local.demo import SAMPLE
from mentor_local.graphql.seed import (
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
    SEED_THIRD_QUESTION_ID,
)
from mentor_local.observe.prometheus import targets_of
from mentor_local.running import started
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_local.running import RunningStack

Call = tuple[str, str, str]
"""Process, dependency and operation."""
_AWS, _GRAPHQL = f"{PREFIX}_aws_call_seconds", f"{PREFIX}_graphql_call_seconds"
_BASES = range(19_000, 20_000, 10)
_READ_BACK_SECONDS = 90.0
_IDLE_SECONDS = 100.0
"""About as long as uploads are watched: both begin by a scrape, after which gauges are read for a
while."""
_POLL = "ReceiveMessage"
_COUNTED = (SEED_SECOND_QUESTION_ID, SEED_THIRD_QUESTION_ID)
_LONGEST_SECONDS = 300.0


def measure() -> dict[str, int]:
    """Start a stack and return ``aws_calls`` and ``graphql_calls`` of an upload there."""
    with tempfile.TemporaryDirectory() as home, started(Path(home), _BASES) as stack:
        port = int(stack.endpoints["api"].rpartition(":")[2])
        return calls_of_an_upload(stack, targets_of(Config(stack.home, port, None)))


def calls_of_an_upload(stack: RunningStack, targets: Mapping[str, str]) -> dict[str, int]:
    """Upload the sample with a thumbnail and captions; return ``aws_calls`` and ``graphql_calls``.

    ``targets`` has host and port to scrape by process, as of
    :func:`mentor_local.observe.prometheus.targets_of`.
    """
    calls = counted(stack, targets)
    graphql = sum(count for (_, dependency, _), count in calls.items() if dependency == "graphql")
    return {"aws_calls": round(sum(calls.values()) - graphql), "graphql_calls": round(graphql)}


def counted(stack: RunningStack, targets: Mapping[str, str]) -> dict[Call, float]:
    """Return how often an upload had each process call what, less what an idle one calls.

    A count may be negative: what comes once a minute may come while nothing is uploaded. Polls are
    not: that a busy worker leaves some out is nothing that an upload saves.
    """
    _upload(stack, SEED_QUESTION_ID)
    time.sleep(_READ_BACK_SECONDS)
    idle_from = _calls_so_far(targets)
    time.sleep(_IDLE_SECONDS)
    begun, before = time.monotonic(), _calls_so_far(targets)
    idle = before - idle_from
    for question in _COUNTED:
        _upload(stack, question)
    time.sleep(_READ_BACK_SECONDS)
    share = (time.monotonic() - begun) / _IDLE_SECONDS
    cost = _calls_so_far(targets) - before
    each = {call: (cost[call] - idle[call] * share) / len(_COUNTED) for call in cost | idle}
    return {call: max(n, 0) if call[2] == _POLL else n for call, n in each.items()}


def _upload(stack: RunningStack, question: str) -> None:
    """Upload the sample as an answer; return when it is ready."""
    form = stack.ui.presign()
    stack.ui.send_file(form, SAMPLE)
    video = form["fields"]["key"]
    body = stack.body(question, video=video, generateThumbnail=True)
    stack.ui.post_answer(body).raise_for_status()
    _finish(stack, upload_id_of(video))


def _finish(stack: RunningStack, upload_id: str) -> None:
    """Wait for the end of an upload in the jobs table, which the api is not asked for."""
    table = stack.client("dynamodb")
    (name,) = (name for name in table.list_tables()["TableNames"] if name.endswith("-jobs"))
    key = {"pk": {"S": f"UPLOAD#{upload_id}"}, "sk": {"S": "OUTCOME#1.1"}}

    def outcome() -> dict[str, Any]:
        found: dict[str, Any] = table.get_item(TableName=name, Key=key).get("Item", {})
        return found

    what = f"the outcome of {upload_id}"
    wait_until(lambda: "said" in outcome(), seconds=_LONGEST_SECONDS, what=what)
    if (kind := outcome()["kind"]["S"]) != "ready":
        raise RuntimeError(f"the upload {upload_id} ended {kind}")


def _is_for_metrics(process: str, operation: str) -> bool:
    """Return whether a call is made only because the metrics are scraped."""
    backlog = process == "api-ingest" and operation == "BatchGetItem"
    return backlog or operation == "GetQueueAttributes"


def _calls_so_far(targets: Mapping[str, str]) -> Counter[Call]:
    """Return how often each process has called what since it started."""
    calls: Counter[Call] = Counter()
    for process, target in targets.items():
        text = requests.get(f"http://{target}/metrics", timeout=10).text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                operation = sample.labels.get("operation", "")
                if sample.name == f"{_AWS}_count" and not _is_for_metrics(process, operation):
                    calls[process, sample.labels["service"], operation] += int(sample.value)
                elif sample.name == f"{_GRAPHQL}_count":
                    calls[process, "graphql", operation] += int(sample.value)
    return calls

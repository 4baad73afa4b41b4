"""The whole stack's metrics against the jobs table and the status of each upload."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from mentor_local.config import WORKERS, Config
from mentor_local.graphql.seed import (
    SEED_QUESTION_ID,
    SEED_SECOND_QUESTION_ID,
    SEED_THIRD_QUESTION_ID,
)
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mentor_local.running import RunningStack

Counts = Counter[tuple[str, str]]


def pages(running: RunningStack) -> dict[str, str]:
    """Return where each process of the stack is scraped."""
    port = int(running.endpoints["api"].rsplit(":", 1)[1])
    config = Config(running.home, port, None)
    workers = {name: f"http://127.0.0.1:{config.port(name)}/metrics" for name in WORKERS}
    return {"api": f"{running.endpoints['api']}/metrics", **workers}


def counted(running: RunningStack) -> Counts:
    """Return uploads accepted and ended, as the stack's counters say."""
    found: Counts = Counter()
    for url in pages(running).values():
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 200
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                if sample.name == "mentor_upload_uploads_accepted_total":
                    found["accepted", ""] += round(sample.value)
                elif sample.name == "mentor_upload_uploads_ended_total":
                    found["ended", sample.labels["outcome"]] += round(sample.value)
                elif sample.name == "mentor_upload_ready_seconds_count":
                    found["timed", "ready"] += round(sample.value)
    return found


def stored(running: RunningStack) -> Counts:
    """Return the same, as the jobs table says."""
    found: Counts = Counter()
    pages = running.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName="mentor-upload-local-jobs"):
        for item in page["Items"]:
            sk = item["sk"]["S"]
            if sk == "JOB" and item["status"]["S"] == "ACCEPTED":
                found["accepted", ""] += 1
            elif sk.startswith("OUTCOME#"):
                found["ended", item["kind"]["S"]] += 1
    return found


def grown(before: Counts, after: Counts) -> dict[tuple[str, str], int]:
    return {key: after[key] - before[key] for key in after if after[key] != before[key]}


def test_counters_jobs_table_and_status_agree(
    running: RunningStack, clip: Callable[[str], Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(clip("six.mp4").read_bytes()[:3000])
    counters, table = counted(running), stored(running)
    ids = [
        running.ui.upload(path, running.body(question))["upload_id"]
        for path, question in (
            (clip("spoken.mp4"), SEED_QUESTION_ID),
            (damaged, SEED_SECOND_QUESTION_ID),
            (clip("long.mp4"), SEED_THIRD_QUESTION_ID),
        )
    ]
    cancelled = requests.delete(
        f"{running.endpoints['api']}/upload/{ids[2]}",
        headers={"Authorization": f"bearer {running.endpoints['token']}"},
        timeout=30,
    )
    assert cancelled.status_code == 200
    states = [running.finish(upload)["state"] for upload in ids]
    assert states == ["READY", "FAILED", "CANCELLED"]
    expected = {
        ("accepted", ""): 3,
        ("ended", "ready"): 1,
        ("ended", "failed"): 1,
        ("ended", "cancelled"): 1,
    }
    assert grown(table, stored(running)) == expected
    with_time = expected | {("timed", "ready"): 1}
    wait_until(
        lambda: grown(counters, counted(running)) == with_time,
        seconds=10,
        what=f"the counters to say {with_time}",
    )


def test_every_process_says_what_it_is_and_what_it_does(running: RunningStack) -> None:
    shown: dict[str, Any] = {
        name: requests.get(url, timeout=10).text for name, url in pages(running).items()
    }
    services = {
        "api": "api-web",
        "ingest": "api-ingest",
        "transcoder": "transcoder",
        "transcriber": "transcriber",
        "notifier": "notifier",
    }
    for name, text in shown.items():
        assert f'service="{services[name]}"' in text, name
        assert "mentor_upload_aws_call_seconds_count{" in text, name
    assert 'mentor_upload_tool_seconds_count{tool="ffmpeg"}' in shown["transcoder"]
    assert "mentor_upload_encode_speed_ratio_count" in shown["transcoder"]
    readiness = pages(running)["transcriber"].replace("/metrics", "/readyz")
    engine = requests.get(readiness, timeout=10).json()["engine"]
    speed = f'mentor_upload_recogniser_speed_ratio_count{{engine="{engine}"}}'
    assert speed in shown["transcriber"]
    assert 'mentor_upload_graphql_call_seconds_count{operation="SwitchAnswer"' in shown["notifier"]
    assert 'route="/upload/answer"' in shown["api"]
    nobody_waits = 'mentor_upload_uploads_waiting{task="transcode"} 0.0'
    wait_until(  # counted every few seconds, and what other tests sent may just have ended
        lambda: nobody_waits in requests.get(pages(running)["ingest"], timeout=10).text,
        seconds=60,
        what="nobody to wait for a transcoder",
    )
    depth = 'queue="mentor-upload-local-transcoder"'
    wait_until(  # read since somebody scrapes
        lambda: depth in requests.get(pages(running)["transcoder"], timeout=10).text,
        seconds=60,
        what="the depth of the transcoder's queue",
    )


def test_figures_are_not_for_those_who_come_through_a_load_balancer(running: RunningStack) -> None:
    answer = requests.get(
        f"{running.endpoints['api']}/metrics",
        headers={"X-Forwarded-For": "203.0.113.7"},
        timeout=10,
    )
    assert answer.status_code == 404
    assert "mentor_upload_" not in answer.text

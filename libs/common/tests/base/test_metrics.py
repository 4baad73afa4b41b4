"""The metric catalogue: what it promises, and that it is what is exposed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from mentor_common.telemetry import metrics

ROOT = Path(__file__).parents[4]
# Prometheus's own rules: https://prometheus.io/docs/practices/naming/
UNITS = {"seconds", "bytes", "ratio"}


def test_the_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs" / "metrics.md").read_text() == metrics.as_markdown()


def test_every_metric_is_named_by_the_rules_and_explained() -> None:
    for metric in metrics.CATALOGUE.values():
        assert re.fullmatch(r"mentor_upload_[a-z_]+", metric.name), metric.name
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        if metric.unit in UNITS:
            assert metric.name.endswith(metric.unit), metric.name
        assert metric.meaning.rstrip().endswith("."), metric.name
        # An id as a label would make a series for each upload.
        assert not {"upload_id", "mentor", "question", "event_id", "path"} & set(metric.labels)


def test_everything_exposed_under_our_name_is_in_the_catalogue() -> None:
    body, content_type = metrics.exposition()
    assert content_type.startswith("text/plain")
    families = [
        family
        for family in text_string_to_metric_families(body.decode())
        if family.name.startswith(metrics.PREFIX)
    ]
    shown = {f"{each.name}_total" if each.type == "counter" else each.name for each in families}
    # The client writes down when a counter or histogram began.
    shown = {name for name in shown if not name.endswith("_created")}
    assert shown == set(metrics.CATALOGUE)


def test_a_scraper_may_ask_for_openmetrics() -> None:
    _, content_type = metrics.exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")


def test_processes_that_count_together_are_scraped_as_one(tmp_path: Path) -> None:
    environment = os.environ | {metrics.MULTIPROCESS_DIRECTORY: str(tmp_path)}

    def run(code: str) -> str:
        command = [sys.executable, "-c", f"from mentor_common.telemetry import metrics\n{code}"]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return ran.stdout

    count = "metrics.UPLOADS_ACCEPTED.labels(transcription='wanted').inc()"
    run(count)
    run(count)
    shown = run("print(metrics.exposition()[0].decode())")
    assert 'mentor_upload_uploads_accepted_total{transcription="wanted"} 2.0' in shown

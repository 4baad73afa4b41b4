"""Uploads a second that 1, 2 and 4 transcoders work off, with a sleep in the place of the encode.

Encodes would share the machine's cores; so what is measured is whether transcoders get in each
other's way: at one queue, at one table.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.connections import web
from bench.pipeline.uploads import Template, queue_of
from mentor_common.aws.table import Table
from mentor_common.work.registry import workers
from mentor_local.emulator.process import REGION
from mentor_local.provision import service_environment
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.connections import Site

COUNTS = (1, 2, 4)
SLEEP_S = 0.5
UPLOADS_EACH = 12
_WAIT_SECONDS = 180


def measure() -> dict[int, float]:
    """Return uploads a second by how many transcoders there were."""
    with web() as site:
        template = Template.accept(site)
        return {count: _worked_off(template, count) for count in COUNTS}


def _worked_off(template: Template, count: int) -> float:
    site = template.site
    table = Table(site.cloud.jobs_table, REGION)
    ids = template.store(UPLOADS_EACH * count)
    with _transcoders(site, count):
        wait_until(lambda: _alive(table) == count, seconds=_WAIT_SECONDS, what="the transcoders")
        template.send(ids)
        wait_until(lambda: _is_empty(site), seconds=_WAIT_SECONDS, what="the queue to be empty")
    keys = [(f"UPLOAD#{upload}", "TASK#transcode") for upload, _ in ids]
    tasks = list(table.get_many(keys))
    if len(tasks) < len(ids) or any(task["status"] != "DONE" for task in tasks):
        raise RuntimeError(f"of {len(ids)} uploads not all were transcoded")
    begun = min(float(task["started_at"]) for task in tasks)
    return len(tasks) / (max(float(task["finished_at"]) for task in tasks) - begun)


@contextmanager
def _transcoders(site: Site, count: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | service_environment(site.cloud, "transcoder")
        environment |= {
            "BENCH_SLEEP": str(SLEEP_S),
            "HEALTH_HOST": "127.0.0.1",
            "HEALTH_PORT": "0",
            "LOG_LEVEL": "ERROR",
            "RECEIVE_WAIT_SECONDS": "2",
        }
        command = (sys.executable, "-m", "bench.pipeline.sleeper")
        running = [
            subprocess.Popen(command, env=environment | {"WORK_DIR": f"{folder}/{number}"})
            for number in range(count)
        ]
        try:
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()


def _alive(table: Table) -> int:
    now = time.time()
    return sum(one.liveness(now) == "alive" for one in workers(table, now))


def _is_empty(site: Site) -> bool:
    sqs, url = queue_of(site)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return not any(int(found[name]) for name in names)

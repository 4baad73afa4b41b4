"""Messages a second that have nothing to do: our consumer and others, on the same emulator.

Each consumer is a process of its own, which measures itself (:mod:`.stopwatch`), and has an
emulator of its own, with its messages in one queue. They are measured in turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import boto3

from bench.telemetry import message
from mentor_local.emulator import Emulator
from mentor_local.emulator.process import ACCESS_KEY, REGION, SECRET_KEY

OURS = "mentor_common.consumer"
PEERS = ("bare boto3 loop", "dramatiq_sqs", "celery")
QUEUE = "bench"
WARM_UP = 200
_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parents[1]
_PEERS_PYTHON = _REPOSITORY / ".venv-pipeline" / "bin" / "python"
_BATCH = 10
_TIMEOUT_SECONDS = 600
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """What a message costs.

    Attributes
    ----------
    per_second
        Messages a second.
    cpu_ms
        Milliseconds of processor time of the consumer for each.
    emulator_ms
        The same of the emulator, ``None`` where there is no ``/proc``.
    """

    per_second: float
    cpu_ms: float
    emulator_ms: float | None


def measure(messages: int, rounds: int) -> dict[str, Figures]:
    """Return the medians of each consumer, by name."""
    names = (OURS, *PEERS)
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            found[name].append(_consume(name, messages))
    return {name: _median(figures) for name, figures in found.items()}


def _median(figures: list[Figures]) -> Figures:
    emulator = [one.emulator_ms for one in figures if one.emulator_ms is not None]
    return Figures(
        statistics.median(one.per_second for one in figures),
        statistics.median(one.cpu_ms for one in figures),
        statistics.median(emulator) if emulator else None,
    )


def _consume(name: str, messages: int) -> Figures:
    """Fill a queue and let a consumer empty it."""
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "figures.json"
        environment = _environment(emulator) | {
            "BENCH_MESSAGES": str(messages),
            "BENCH_WARM_UP": str(WARM_UP),
            "BENCH_QUEUE": QUEUE,
            "BENCH_RESULT": str(result),
        }
        if name == OURS:
            _fill(emulator, messages + WARM_UP)
            command = [sys.executable, "-m", "bench.pipeline.ours"]
        else:
            peer = [str(_PEERS_PYTHON), str(_HERE / "peers.py"), name]
            _run([*peer, "fill"], environment)
            command = [*peer, "consume"]
        before = _processor_seconds(emulator.pid)
        _run(command, environment)
        after = _processor_seconds(emulator.pid)
        figures = json.loads(result.read_text())
    share = None if before is None or after is None else after - before
    return Figures(
        messages / figures["seconds"],
        figures["cpu_s"] / messages * 1e3,
        share and share / (messages + WARM_UP) * 1e3,
    )


def _environment(emulator: Emulator) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return inherited | {
        "PYTHONPATH": str(_REPOSITORY),
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")


def _fill(emulator: Emulator, count: int) -> None:
    """Send events as a topic delivers them: with their attributes, in a mentor's group."""
    sqs = boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=emulator.endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    body = message().body
    data = json.loads(body)
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (("type", data["type"]), ("mentor", data["data"]["mentor"]))
    }
    for _ in range(count // _BATCH):
        entries = [
            {
                "Id": str(number),
                "MessageBody": body,
                "MessageGroupId": data["data"]["mentor"],
                "MessageAttributes": attributes,
            }
            for number in range(_BATCH)
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)


def _processor_seconds(pid: int) -> float | None:
    """Return the processor time of a process, where there is ``/proc`` (proc(5))."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(after_name[11]) + int(after_name[12])) / _TICKS  # utime, stime

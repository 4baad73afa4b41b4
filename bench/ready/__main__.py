"""``make bench-ready``: from the POST to READY, cold and warm, and beside a plain script.

Answers of 12, 60 and 300 seconds (``LENGTHS=12,60,300``) go through a local stack of the
benchmark's own, one at a time, with the recogniser. Cold is the first one after both workers have
started anew; warm are ``ROUNDS`` (5) more, one of those of 300 seconds. READY is when the outcome
was published, as the status has it. Prints what each took, where the time went by the upload's
trace, and the seconds of a script that does the same without a pipeline (:mod:`.plain`), its model
loaded. The last line is JSON: medians of the warm ones, seconds. ``SPEECH=folder`` has recordings
of speech; without one it is a machine's voice.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import requests

from bench.ready import clips
from bench.ready.waterfall import Waterfall, medians, medians_of, tool_seconds
from mentor_common.jobs import upload_id_of
from mentor_common.media import inspect, pick_channel
from mentor_local.config import Config
from mentor_local.process import http_status
from mentor_local.running import started
from mentor_local.waiting import wait_until
from mentor_transcoder import command, encode
from mentor_transcoder.job import EncodeJob
from mentor_transcriber.model import ModelSettings, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.ready.clips import Clip
    from mentor_local.running import RunningStack

FOLDER = Path(__file__).parents[2] / ".bench" / "ready"
_BASES = range(20_000, 21_000, 10)
_WORKERS = ("transcoder", "transcriber")
_LONGEST_SECONDS = 900.0
_POLL_SECONDS = 0.2
_SPANS_SECONDS = 30.0
_LONG = 120
"""Seconds from which on a clip is measured once."""


@dataclass(frozen=True)
class Ready:
    """One upload that became READY."""

    waterfall: Waterfall
    tools: dict[str, float]
    web_rendition: str


@dataclass(frozen=True)
class Measured:
    """The figures of a clip."""

    clip: Clip
    cold: Ready
    warm: Sequence[Ready]
    plain: Sequence[dict[str, float]]

    @property
    def steps(self) -> Waterfall:
        """Medians of the warm ones."""
        return medians([each.waterfall for each in self.warm])

    @property
    def ready_s(self) -> float:
        """Seconds until READY, warm."""
        return median(each.waterfall.total for each in self.warm)

    @property
    def overhead_s(self) -> float:
        """Seconds of these in which no tool ran of the worker that was done last."""
        return median(each.waterfall.overhead for each in self.warm)


class Pipeline:
    """The stack, one upload at a time."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        port = int(stack.endpoints["api"].rpartition(":")[2])
        self._config = Config(stack.home, port, None)

    def start_workers_anew(self) -> None:
        """End both workers; return when their successors are ready."""
        former = {name: self._stack.pid(name) for name in _WORKERS}
        for pid in former.values():
            os.kill(pid, signal.SIGTERM)
        for name, pid in former.items():
            wait_until(partial(self._is_up, name, pid), seconds=120, what=name)

    def _is_up(self, name: str, former: int) -> bool:
        processes = json.loads((self._stack.home / "processes.json").read_text())
        url = f"http://127.0.0.1:{self._config.port(name)}/readyz"
        return processes.get(name) not in {None, former} and http_status(url) == requests.codes.ok

    def ready(self, path: Path) -> Callable[[], Ready]:
        """Upload a video and wait until it is READY; return how to look up what that took.

        Spans come some seconds later, so that is better done at the end.
        """
        ui, endpoints = self._stack.ui, self._stack.endpoints
        form = ui.presign()
        if ui.send_file(form, path) >= requests.codes.bad_request:
            raise RuntimeError(f"S3 refused {path}")
        video = form["fields"]["key"]
        body = self._stack.body(endpoints["question"], video=video, generateThumbnail=True)
        posted_at = time.time()
        ui.post_answer(body).raise_for_status()
        status = self._ended(upload_id_of(video))
        if status["state"] != "READY":
            raise RuntimeError(f"{path.name} ended {status['state']}: {status['reason']}")
        ready_at = datetime.fromisoformat(status["finished_at"]).timestamp()
        return lambda: self._explained(status, posted_at, ready_at)

    def _ended(self, upload_id: str) -> dict[str, Any]:
        """Return the status once the outcome is published; a browser polls it as well."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while time.monotonic() < deadline:
            status = self._stack.ui.status(upload_id)
            if status["finished_at"] is not None:
                return status
            time.sleep(_POLL_SECONDS)
        raise TimeoutError(f"{upload_id} did not end within {_LONGEST_SECONDS:.0f} s")

    def _explained(self, status: dict[str, Any], posted_at: float, ready_at: float) -> Ready:
        deadline = time.monotonic() + _SPANS_SECONDS
        while True:
            spans = self._spans(status["upload_id"])
            try:
                waterfall = Waterfall.of(spans, posted_at, ready_at)
            except LookupError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return Ready(waterfall, tool_seconds(spans), str(status["web_rendition"]))

    def _spans(self, upload_id: str) -> list[dict[str, Any]]:
        traces = f"{self._stack.endpoints['observe']}/api/traces"
        found = requests.get(traces, params={"upload": upload_id}, timeout=10).json()
        return [
            span
            for trace in found
            for span in requests.get(f"{traces}/{trace['trace_id']}", timeout=10).json()
        ]


class Script:
    """The plain script, its model loaded."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def seconds(self, path: Path) -> dict[str, float]:
        """Return what a video costs it."""
        with tempfile.TemporaryDirectory() as folder:
            wav = f"{folder}/audio.wav"
            sound = ("ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-vn")
            job = {
                "encode": asyncio.run(encode_command(path)),
                "sound": (*sound, "-ac", "1", "-ar", "16000", wav),
                "wav": wav,
                "folder": folder,
            }
            print(json.dumps(job), file=self._process.stdin, flush=True)
            return self._line()

    def _line(self) -> dict[str, float]:
        assert self._process.stdout is not None  # noqa: S101 -- for the types
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def script() -> Iterator[Script]:
    """Run the plain script for as long as the context lasts."""
    model = find(ModelSettings())
    if model is None:
        raise SystemExit("no model of Whisper is here: run mentor_transcriber.model fetch")
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("plain.py")), str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 -- for the types
        assert process.stdout is not None  # noqa: S101
        process.stdout.readline()
        try:
            yield Script(process)
        finally:
            process.stdin.close()


async def encode_command(path: Path) -> tuple[str, ...]:
    """Return the command of ffmpeg by which the transcoder makes all of a video's files."""
    source, job = await inspect(path), EncodeJob(thumbnail=True)
    plan = encode.plan_of(path, source, job)
    plan = replace(plan, channel=await pick_channel(path, source, plan.span))
    plan, _ = encode.decide_copy(plan, job)
    return command.build("ffmpeg", plan, ("web", "mobile"), thumbnail=True).argv


def measure(pipeline: Pipeline, plain: Script, clip: Clip, rounds: int) -> Measured:
    """Measure a clip: cold, then warm in turns with the script."""
    rounds = rounds if clip.seconds < _LONG else 1
    with tempfile.TemporaryDirectory() as name:
        takes = [clip.take(number, Path(name)) for number in range(rounds + 1)]
        pipeline.start_workers_anew()
        cold = pipeline.ready(takes[0])
        warm, beside = [], []
        for take in takes[1:]:
            warm.append(pipeline.ready(take))
            beside.append(plain.seconds(take))
    return Measured(clip, cold(), [each() for each in warm], beside)


def line(cells: Sequence[object]) -> str:
    """Return a row of a table; numbers are seconds."""
    shown = (f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"


def print_tables(found: Sequence[Measured]) -> None:
    """Print what it took, where the time went, and which tools ran."""
    print_head("answer", "web rendition", "cold", "warm", "warm, each", "plain script", "overhead")
    for each in found:
        totals = ", ".join(f"{one.waterfall.total:.2f}" for one in each.warm)
        script_s = median(one["seconds"] for one in each.plain)
        how = (each.clip.name, each.warm[0].web_rendition, each.cold.waterfall.total)
        print(line((*how, each.ready_s, totals, script_s, each.overhead_s)))
    print()
    print_head("answer", *(field.name for field in fields(Waterfall)))
    for each in found:
        print(line((f"{each.clip.name}, cold", *astuple(each.cold.waterfall))))
        print(line((each.clip.name, *astuple(each.steps))))
    print()
    for each in found:
        tools = medians_of([one.tools for one in each.warm]) | {
            f"script: {name}": seconds for name, seconds in medians_of(each.plain).items()
        }
        print(f"{each.clip.name}:", ", ".join(f"{name} {s:.2f}" for name, s in tools.items()))


def print_head(*titles: str) -> None:
    """Print the head of a table."""
    print(f"{line(titles)}\n{line(['---'] * len(titles))}")


def main() -> None:
    """Measure and print."""
    rounds = int(os.environ.get("ROUNDS") or 5)
    lengths = [int(each) for each in (os.environ.get("LENGTHS") or "12,60,300").split(",")]
    speech = Path(sys.argv[1]) if sys.argv[1:] else None
    if speech is None:
        print("no SPEECH=folder: this is a machine's voice, a sentence again and again")
    made = clips.make(FOLDER, lengths, speech)
    print(f"load {os.getloadavg()[0]:.1f} at the start")
    found = []
    with (
        tempfile.TemporaryDirectory() as home,
        started(Path(home), _BASES) as stack,
        script() as on,
    ):
        pipeline = Pipeline(stack)
        for clip in made:
            found.append(measure(pipeline, on, clip, rounds))
            print(f"{clip.name}: {found[-1].ready_s:.2f} s", file=sys.stderr, flush=True)
    print_tables(found)
    by_name = {each.clip.name: each for each in found}
    figures = {
        name: round(by_name[name].ready_s, 3)
        for name in ("standard_12s", "standard_60s", "other_60s", "other_12s", "standard_300s")
        if name in by_name
    }
    if "standard_12s" in by_name:
        figures["overhead_s"] = round(by_name["standard_12s"].overhead_s, 3)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

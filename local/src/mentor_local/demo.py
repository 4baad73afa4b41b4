"""``python -m mentor_local.demo [VIDEO]``: one answer's way through the stack, for a person.

Uploads a video with a trim by the steps of the real UI, shows the tasks advance, and ends with
one line of JSON: ``{"upload_id", "tasks", "urls", "transcript", "total_s", "overhead_s"}``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mentor_local.config import Config, ConfigError
from mentor_local.home import Home, NoStackError
from mentor_local.process import http_status
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SAMPLE = Path(__file__).parents[2] / "sample" / "answer.mp4"
_START_SECONDS = 120
_FINISH_SECONDS = 900
_POLL_SECONDS = 0.1
_TRIMMED_SECONDS = 0.5
_SHORTEST_TO_TRIM = 3.0
_ENDED = frozenset({"READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED"})
_STYLES = {"DONE": "green", "FAILED": "red", "IN_PROGRESS": "yellow"}


class DemoError(Exception):
    """The demo cannot go on; the message says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Run the demo; return 0 only when every task of the upload is DONE."""
    out = Console(highlight=False, soft_wrap=True)
    try:
        video = _video(arguments)
        home = Home(Config.from_environment().home)
        with _stack(home, out) as endpoints:
            return _demonstrate(video, endpoints, home.folder / "demo", out)
    except (DemoError, ConfigError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except requests.HTTPError as error:
        print(f"demo: the API refused: {error.response.text}", file=sys.stderr)
        return 1


def _video(arguments: Sequence[str]) -> Path:
    video = Path(arguments[0]).expanduser() if arguments else SAMPLE
    if not video.is_file():
        raise DemoError(f"there is no file {video}")
    return video


@contextmanager
def _stack(home: Home, out: Console) -> Iterator[dict[str, str]]:
    """Yield the endpoints of the stack that runs, or of one that runs as long as the demo."""
    running = _endpoints(home)
    if running is not None:
        yield running
        return
    out.print("No stack runs here: starting one (its log goes to demo-stack.log) …")
    with (home.folder / "demo-stack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mentor_local", "run"],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield _wait_for_endpoints(home, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _endpoints(home: Home) -> dict[str, str] | None:
    """Return the endpoints of a stack that runs and answers."""
    try:
        found = home.read_endpoints()
    except NoStackError:
        return None
    return found if http_status(f"{found['api']}/livez") == requests.codes.ok else None


def _wait_for_endpoints(home: Home, process: subprocess.Popen[bytes]) -> dict[str, str]:
    with suppress(TimeoutError):
        wait_until(
            lambda: process.poll() is not None or _endpoints(home) is not None,
            seconds=_START_SECONDS,
            what="the stack",
        )
    found = _endpoints(home)
    if found is None:
        raise DemoError(f"the stack did not start; see {home.folder / 'demo-stack.log'}")
    return found


def _demonstrate(video: Path, endpoints: dict[str, str], folder: Path, out: Console) -> int:
    ui = UploadUI(endpoints["api"], endpoints["graphql"], endpoints["token"])
    body: dict[str, Any] = {
        "mentor": endpoints["mentor"],
        "question": endpoints["question"],
        "isVbgVideo": False,
        "generateThumbnail": True,
    }
    duration = _duration(video)
    if duration > _SHORTEST_TO_TRIM:
        body["trim"] = {"start": _TRIMMED_SECONDS, "end": round(duration - _TRIMMED_SECONDS, 3)}
    out.print(f"Uploading {video.name} ({duration:.1f} s), trim {body.get('trim', 'none')}")
    form = ui.presign()
    stored = ui.send_file(form, video)
    out.print(f"GET /upload/url, POST to S3: {stored}")
    started = time.time()
    answer = ui.post_answer({**body, "video": form["fields"]["key"]})
    answer.raise_for_status()
    upload_id = answer.json()["data"]["upload_id"]
    out.print(f"POST /upload/answer: {answer.status_code}, upload {upload_id}")
    status = _watch(ui, upload_id, out)
    transcript = _save(status["urls"], folder)
    figures = _figures(status, started)
    _print_result(status, transcript, figures, folder, out)
    tasks = {task["task_name"]: task["status"] for task in status["tasks"]}
    result = {
        "upload_id": upload_id,
        "tasks": tasks,
        "urls": status["urls"],
        "transcript": transcript,
        "total_s": round(figures["total"], 3),
        "overhead_s": round(figures["overhead"], 3),
    }
    out.print(json.dumps(result), markup=False)
    return 0 if set(tasks.values()) == {"DONE"} else 1


def _duration(video: Path) -> float:
    ffprobe = os.environ.get("FFPROBE_EXECUTABLE") or "ffprobe"
    command = [ffprobe, "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    probed = subprocess.run([*command, str(video)], capture_output=True, text=True, check=False)
    try:
        return float(probed.stdout)
    except ValueError:
        return 0.0  # A recording without a duration in its header is uploaded untrimmed.


def _watch(ui: UploadUI, upload_id: str, out: Console) -> dict[str, Any]:
    """Show each task's progress until the outcome is published; return the last status."""
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[status]:<12}"),
        TimeElapsedColumn(),
    )
    deadline = time.monotonic() + _FINISH_SECONDS
    with Progress(*columns, console=out) as progress:
        bars: dict[str, Any] = {}
        while time.monotonic() < deadline:
            status = ui.status(upload_id)
            for task in status["tasks"]:
                name = task["task_name"]
                if name not in bars:
                    bars[name] = progress.add_task(name, total=100, status="")
                shown = f"[{_STYLES.get(task['status'], 'white')}]{task['status']}[/]"
                progress.update(bars[name], completed=task["percent"], status=shown)
                if task["status"] in {"DONE", "FAILED", "CANCELLED"}:
                    progress.stop_task(bars[name])
            if status["state"] in _ENDED and status["finished_at"]:
                return status
            time.sleep(_POLL_SECONDS)
    raise DemoError(f"upload {upload_id} did not end within {_FINISH_SECONDS} s")


def _save(urls: dict[str, str], folder: Path) -> str:
    """Copy the results to ``folder``; return the transcript."""
    folder.mkdir(parents=True, exist_ok=True)
    transcript = ""
    for name, url in urls.items():
        response = requests.get(url, timeout=60)
        response.raise_for_status()
        (folder / url.rsplit("/", 1)[-1]).write_bytes(response.content)
        if name == "transcript":
            transcript = response.json()["text"]
            (folder / "transcript.txt").write_text(transcript + "\n")
    return transcript


def _figures(status: dict[str, Any], started: float) -> dict[str, float]:
    """Return seconds: total, by tool, and overhead (total minus the union of all tool runs)."""
    finished = datetime.fromisoformat(status["finished_at"]).timestamp()
    runs = sorted((start, end, tool) for tool, start, end in status["tool_runs"])
    busy, until = 0.0, started
    figures: dict[str, float] = {}
    for start, end, tool in runs:
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
        figures[tool] = figures.get(tool, 0.0) + end - start
    figures["total"] = finished - started
    figures["overhead"] = figures["total"] - busy
    return figures


def _print_result(
    status: dict[str, Any], transcript: str, figures: dict[str, float], folder: Path, out: Console
) -> None:
    if status["reason"]:
        out.print(f"[red]{status['reason']}[/]")
    out.print("\nTranscript:", transcript or "(nothing was said)", "\n", markup=False)
    table = Table("step", "seconds", title="Where the time went")
    for name, seconds in figures.items():
        label = {"total": "POST to answer.ready", "overhead": "of that, no tool ran"}.get(
            name, name
        )
        table.add_row(label, f"{seconds:.2f}")
    out.print(table)
    for name, url in status["urls"].items():
        out.print(f"{name:<11}{url}", markup=False)
    out.print(f"Copied to {folder}\n", markup=False)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""``make bench-media``: what an upload costs here and in fixed commands, and how good it is.

Prints a table, all figures as JSON, and a last line of JSON with four of them. ``ROUNDS`` (default
1) says how often ours and the setting before are measured, in turns; medians are shown.
``CANDIDATES=0`` leaves out the search for the cheapest command that is good enough.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import imageio_ffmpeg

from bench.clips import CASES, make_clips
from bench.commands import BEFORE, CANDIDATES, Setting, command
from bench.ours import Jobs, measured
from browsing.chromium import CAMERA_FLAGS, FLAGS, find_chromium
from mentor_common.media import inspect
from mentor_common.telemetry.logs import configure
from mentor_transcoder import encode
from mentor_transcoder.complexity import look, web_quality
from mentor_transcoder.graph import filter_graph
from mentor_transcoder.job import EncodeJob

if TYPE_CHECKING:
    from bench.clips import Case
    from mentor_transcoder.plan import Plan, RenditionName

FOLDER: Final = Path(__file__).parents[1] / ".bench"
GOOD_MEAN: Final = 95.0
GOOD_WORST: Final = 90.0
RENDITIONS: Final[tuple[RenditionName, ...]] = ("web", "mobile")

# The pairs are numbered, not timed, and their rate need not be 30.
_AS_THEY_ARE: Final = ("-fps_mode", "passthrough", "-f", "null", "-")


@dataclass(frozen=True)
class Vmaf:
    """VMAF (v0.6.1) over the frames: its mean and its first percentile."""

    mean: float
    p1: float

    def __str__(self) -> str:
        """Return both, as in the table."""
        return f"{self.mean:.1f} / {self.p1:.1f}"


def truth(clip: Path, plan: Plan, name: RenditionName, folder: Path) -> Path:
    """Write what a rendition would be without loss: the source through the transcoder's filters."""
    path = folder / f"truth-{name}.mp4"
    decoder = ("-c:v", plan.decoder) if plan.decoder else ()
    graph = filter_graph(replace(plan, transparent=False), [name], with_thumbnail=False)
    shown = ("-filter_complex", graph, "-map", f"[{name}]", "-fps_mode", "cfr")
    lossless = ("-an", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0")
    same = (*decoder, "-i", str(clip), *shown, *lossless, str(path))
    subprocess.run(("ffmpeg", "-nostdin", "-v", "error", "-y", *same), check=True)
    return path


def vmaf(video: Path, reference: Path, *, every: int = 1) -> Vmaf:
    """Compare frame by frame, by the build of ffmpeg that has libvmaf."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vmaf.json"
        aligned = "settb=1/30,setpts=N"
        options = f"n_threads=2:n_subsample={every}:log_fmt=json:log_path={log}"
        graph = f"[0:v]{aligned}[a];[1:v]{aligned}[b];[a][b]libvmaf={options}"
        inputs = ("-nostdin", "-v", "error", "-i", str(video), "-i", str(reference))
        program = imageio_ffmpeg.get_ffmpeg_exe()
        subprocess.run((program, *inputs, "-lavfi", graph, *_AS_THEY_ARE), check=True)
        frames = json.loads(log.read_text())["frames"]
    scores = sorted(frame["metrics"]["vmaf"] for frame in frames)
    return Vmaf(statistics.fmean(scores), scores[len(scores) // 100])


def measure(case: Case, jobs: Jobs, rounds: int, *, candidates: bool) -> dict[str, Any]:
    """Return a row: CPU seconds, ratios, megabytes and quality."""
    clip = FOLDER / case.clip
    upload = jobs.accepted(clip)
    plan = encode.plan_of(clip, asyncio.run(inspect(clip)), EncodeJob())
    done: dict[str, Any] = {}
    ours_s, before_s = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        before = command(plan, BEFORE)
        for _ in range(rounds):
            ours_s.append(measured(lambda: done.update(vars(jobs.whole_job(upload)))))
            before_s.append(measured(lambda: _run(before, folder)))
        before_mb = _megabytes(folder)
        encoded = RENDITIONS if done["facts"]["web_rendition"] != "copied" else ("mobile",)
        if case.standard != ("web" not in encoded):
            raise RuntimeError(f"{case.name}: {done['facts']['web_rendition']}")
        truths = {name: truth(clip, plan, name, folder) for name in encoded}
        files = {
            name: jobs.fetch(key, folder / f"ours-{name}")
            for name, key in done["results"].items()
            if name in RENDITIONS
        }
        sizes = {name: path.stat().st_size / 1e6 for name, path in files.items()}
        quality = {name: vmaf(files[name], truths[name]) for name in encoded}
        sought = candidates and not case.standard
        cheapest = _cheapest(case, plan, truths) if sought else None
    looked = asyncio.run(look(plan, ffmpeg="ffmpeg", timings=[]))
    chosen = web_quality(looked)
    ratios = [ours / other for ours, other in zip(ours_s, before_s, strict=True)]
    return {
        "case": case.name,
        "web is": "copied" if case.standard else f"{chosen.preset} {chosen.crf}",
        "ours": statistics.median(ours_s),
        "before": statistics.median(before_s),
        "ours/before": statistics.median(ratios),
        "cheapest": f"{cheapest[0].name}: {cheapest[1]:.1f}" if cheapest else None,
        "VMAF web": quality.get("web"),
        "VMAF mobile": quality["mobile"],
        "web MB": sizes["web"],
        "mobile MB": sizes["mobile"],
        "before MB": before_mb,
    }


def _run(argv: tuple[str, ...], folder: Path) -> None:
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)


def _megabytes(folder: Path) -> str:
    sizes = [(folder / f"{name}.mp4").stat().st_size / 1e6 for name in RENDITIONS]
    return " + ".join(f"{size:.2f}" for size in sizes)


def _cheapest(
    case: Case, plan: Plan, truths: dict[RenditionName, Path]
) -> tuple[Setting, float] | None:
    """Return the cheapest of the candidates that is good enough in both renditions, CPU seconds."""
    good = []
    for setting in CANDIDATES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            argv = command(plan, setting)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            _run(argv, folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            found = [vmaf(folder / f"{name}.mp4", truths[name], every=3) for name in RENDITIONS]
        print(
            f"# {case.name}: {setting.name}: {cpu_s:.1f} s, {', '.join(map(str, found))}",
            flush=True,
        )
        if all(each.mean >= GOOD_MEAN and each.p1 >= GOOD_WORST for each in found):
            good.append((setting, cpu_s))
    return min(good, key=lambda each: each[1], default=None)


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    head = [list(rows[0]), ["---"] * len(rows[0])]
    lines = [*head, *([_cell(value) for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the CPU of standard input, and of all other, as a ratio; the lowest VMAF figures."""
    ratios = {}
    for name, standard in (("cpu_standard", True), ("cpu_other", False)):
        of_kind = [row for row in rows if (row["web is"] == "copied") == standard]
        spent = [sum(row[column] for row in of_kind) for column in ("ours", "before")]
        ratios[name] = round(spent[0] / spent[1], 3)
    found = [row[f"VMAF {name}"] for row in rows for name in RENDITIONS]
    scores = [score for score in found if score is not None]
    worst = {"vmaf_mean": min(each.mean for each in scores), "vmaf_p1": min(s.p1 for s in scores)}
    return ratios | {name: round(value, 2) for name, value in worst.items()}


def main() -> None:
    """Measure all cases."""
    configure("bench", level="ERROR", style="console")
    rounds = int(os.environ.get("ROUNDS") or 1)
    candidates = os.environ.get("CANDIDATES") != "0"
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(
            "two of the clips are recorded by Chromium: local/scripts/ensure-chromium.sh"
        )
    make_clips(FOLDER, chromium, (*FLAGS, *CAMERA_FLAGS))
    with Jobs.start() as jobs:
        # What a first job pays for and no later one: imports, connections, pages of the tools.
        jobs.whole_job(jobs.accepted(FOLDER / "browser.mp4"))
        rows = []
        for case in CASES:
            rows.append(measure(case, jobs, rounds, candidates=candidates))
            print(json.dumps(rows[-1], default=vars), flush=True)
    print(f"\nCPU seconds (user + system), profile balanced, median of {rounds}\n")
    print(table(rows))
    print(json.dumps(summary(rows)))


if __name__ == "__main__":
    main()

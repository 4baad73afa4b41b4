"""``make bench-media``: what an upload costs here, bare, and in the old service.

Prints a table, JSON, and the worst case of each ratio. ``ROUNDS`` (default 3) says how often ours
and the bare command are measured, one after the other; medians are shown. ``OLD=0`` leaves the old
service out.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg

from bench import old
from bench.clips import CASES, make_clips
from bench.ours import Jobs, bare_command, measured, run_all
from mentor_common.telemetry.logs import configure
from mentor_transcoder.job import Profile

if TYPE_CHECKING:
    from bench.clips import Case

FOLDER = Path(__file__).parents[1] / ".bench"
COLUMNS = (
    ("case", 21),
    ("ours", 7),
    ("bare", 7),
    ("old", 7),
    ("sound", 6),
    ("ours/bare", 10),
    ("ours/old", 9),
    ("VMAF", 6),
    ("web MB", 7),
    ("mobile MB", 10),
    ("old MB", 7),
)


def vmaf(case: Case, clip: Path, web: Path) -> float:
    """Return the mean VMAF of the web rendition, frame by frame against the source.

    The source goes through the same rate, crop and scale by the same ffmpeg as the rendition did,
    without loss; only the comparison is done by another build, which has libvmaf.
    """
    with tempfile.TemporaryDirectory() as folder:
        truth = Path(folder) / "truth.mp4"
        decoder = ("-c:v", "libvpx-vp9") if case.alpha else ()
        seek = ("-ss", str(case.trim[0])) if case.trim else ()
        length = ("-t", str(case.trim[1] - case.trim[0])) if case.trim else ()
        shape = "fps=30,scale=1280:720:flags=bicubic,setsar=1,format=yuv420p"
        lossless = ("-an", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "0")
        same = (*decoder, *seek, "-i", str(clip), "-vf", shape, *length, *lossless, str(truth))
        subprocess.run(("ffmpeg", "-nostdin", "-v", "error", *same), check=True)
        aligned = "settb=1/30,setpts=N"
        graph = f"[0:v]{aligned}[a];[1:v]{aligned}[b];[a][b]libvmaf=n_threads=2"
        inputs = ("-nostdin", "-nostats", "-i", str(web), "-i", str(truth))
        compare = (imageio_ffmpeg.get_ffmpeg_exe(), *inputs, "-lavfi", graph, "-f", "null", "-")
        report = subprocess.run(compare, check=True, capture_output=True, text=True).stderr
    found = re.search(r"VMAF score: ([\d.]+)", report)
    if found is None:
        raise RuntimeError(f"no VMAF score in: {report[-500:]}")
    return float(found[1])


def measure(case: Case, jobs: Jobs, rounds: int, *, with_old: bool) -> dict[str, Any]:
    """Return a row: CPU seconds, ratios, megabytes and quality."""
    clip = FOLDER / case.clip
    upload = jobs.accepted(case, clip)
    bare = bare_command(case, clip, Profile.BALANCED)
    print(f"\n# {case.name}: the bare command\n{shlex.join(bare)}", flush=True)
    ours_s, bare_s, keys = [], [], {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for _ in range(rounds):
            ours_s.append(measured(lambda: keys.update(jobs.whole_job(upload, Profile.BALANCED))))
            bare_s.append(measured(lambda: run_all([bare], folder)))
        sound_s = measured(lambda: jobs.sound(upload))
        old_s, old_bytes = None, 0
        if with_old:
            commands = old.commands(case, clip, folder)
            print(f"# {case.name}: the old service's commands")
            print("\n".join(map(shlex.join, commands)), flush=True)
            old_s = measured(lambda: run_all(commands, folder))
            results = [*folder.glob("web.*"), *folder.glob("mobile.*")]
            old_bytes = sum(path.stat().st_size for path in results)
        files = {name: jobs.fetch(key, folder / f"ours-{name}") for name, key in keys.items()}
        quality = vmaf(case, clip, files["web"])
        sizes = {name: path.stat().st_size for name, path in files.items()}
    ours = statistics.median(ours_s)
    pairs = [whole / alone for whole, alone in zip(ours_s, bare_s, strict=True)]
    return {
        "case": case.name,
        "ours": ours,
        "bare": statistics.median(bare_s),
        "old": old_s,
        "sound": sound_s,
        "ours/bare": statistics.median(pairs),
        # The old figure includes cutting the sound, so ours has to.
        "ours/old": (ours + sound_s) / old_s if old_s else None,
        "VMAF": quality,
        "web MB": sum(sizes.get(name, 0) for name in ("web", "web_transparent")) / 1e6,
        "mobile MB": sum(sizes.get(name, 0) for name in ("mobile", "mobile_transparent")) / 1e6,
        "old MB": old_bytes / 1e6,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = [[name.ljust(width) for name, width in COLUMNS]]
    lines.append(["-" * width for _, width in COLUMNS])
    for row in rows:
        cells = []
        for name, width in COLUMNS:
            value = row[name]
            text = value if isinstance(value, str) else "-" if value is None else f"{value:.2f}"
            cells.append(text.ljust(width))
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Measure all cases."""
    configure("bench", level="ERROR", style="console")
    rounds, with_old = int(os.environ.get("ROUNDS") or 3), os.environ.get("OLD") != "0"
    make_clips(FOLDER)
    with Jobs.start() as jobs:
        # What a first job pays for and no later one: imports, connections, pages of the tools.
        jobs.whole_job(jobs.accepted(CASES[2], FOLDER / CASES[2].clip), Profile.FAST)
        rows = [measure(case, jobs, rounds, with_old=with_old) for case in CASES]
    print(f"\nCPU seconds (user + system), profile balanced, median of {rounds}\n")
    print(table(rows))
    print(json.dumps({"rounds": rounds, "profile": "balanced", "cases": rows}))
    print(f"VMAF: {min(row['VMAF'] for row in rows):.1f}")
    print(f"ours / bare: {max(row['ours/bare'] for row in rows):.2f}")
    if with_old:
        trimmed = [row["ours/old"] for case, row in zip(CASES, rows, strict=True) if case.trim]
        print(f"ours / old with a trim: {max(trimmed):.2f}")
        print(f"ours / old: {max(row['ours/old'] for row in rows):.2f}")


if __name__ == "__main__":
    main()

"""Record a release: ``python -m released VERSION COMMIT`` in ``tests`` (``make record-release``).

Writes ``tests/contract/released/``: the event schemas, and the stories that the commit's own
code tells, with how that code acts on them. It adds the commit to ``commits.json``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from released import releases


def film(folder: Path) -> Path:
    """Make a video of two seconds without sound; return its path."""
    path = folder / "film.mp4"
    picture = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=2", "-pix_fmt", "yuv420p"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *picture, str(path)], check=True)
    return path


def record(version: str, commit: str) -> None:
    """Write the events and items of a release, and its actions on them."""
    full = subprocess.run(
        ["git", "-C", str(releases.ROOT), "rev-parse", f"{commit}^{{commit}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    releases.COMMITS[version] = full
    target = releases.RECORDS / version
    shutil.rmtree(target, ignore_errors=True)
    (target / "schemas").mkdir(parents=True)
    for name, text in releases.schemas_of(full).items():
        (target / "schemas" / f"{name}.json").write_text(text)
    with tempfile.TemporaryDirectory() as folder:
        code, source = releases.code_of(version, Path(folder)), film(Path(folder))
        stories = releases.write(code, source)
        stories = releases.delivered(releases.template_of(version), stories)
        acts = releases.read(code, source, stories)
    for name, story in stories.items():
        record = {**story, "acts": acts[name]}
        (target / f"{name}.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    commits = json.dumps(releases.COMMITS, indent=2) + "\n"
    (releases.RECORDS / "commits.json").write_text(commits)


if __name__ == "__main__":
    record(*sys.argv[1:])

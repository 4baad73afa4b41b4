"""The releases, and runs of their code from the project's history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

from simulation.template import admits, subscriptions_of

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "tests" / "contract" / "released"
COMMITS: dict[str, str] = json.loads((RECORDS / "commits.json").read_text())
"""Release to the commit that it was made of: a tag can be moved or be missing in a clone."""
_MEMBERS = ("libs/common", "services/api", "services/transcoder", "services/transcriber")
SOURCES = tuple(f"{member}/src" for member in (*_MEMBERS, "services/notifier"))
_DRIVERS = ("tests/released", "tests/simulation")
"""Drive a release's code (``released.write``, ``released.read``), and the cloud under it."""
_WITHOUT_DRIVERS = ("v0.1.0", "v0.2.0", "v0.3.0")
_FIRST_WITH_DRIVERS = "v0.4.0"
"""Its drivers run the earlier releases' code, too."""
TEMPLATE = "infra/stage/stateful.yaml"
"""Wires services to each other."""
_FORMER_TEMPLATE = "infra/template.yaml"
_WITH_FORMER_TEMPLATE = ("v0.1.0", "v0.2.0", "v0.3.0", "v0.4.0")
_SCHEMAS = "libs/common/src/mentor_common/events/schemas"


class HistoryMissingError(Exception):
    """The commit of a release is not in this clone."""


def archive(commit: str, *paths: str) -> tarfile.TarFile:
    """Return files of a commit.

    Raises
    ------
    HistoryMissingError
        Saying how to get the project's history.
    """
    made = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "--", *paths], capture_output=True, check=False
    )
    if made.returncode:
        raise HistoryMissingError(
            f"commit {commit} of a release is not in this clone; fetch the whole history with"
            f" `git fetch --unshallow` (git says: {made.stderr.decode().strip()})"
        )
    return tarfile.open(fileobj=BytesIO(made.stdout))


def code_of(version: str, folder: Path) -> Path:
    """Unpack the code of a release and what drives it; return where."""
    target = folder / version
    with archive(COMMITS[version], *SOURCES) as files:
        files.extractall(target, filter="data")
    drivers = _FIRST_WITH_DRIVERS if version in _WITHOUT_DRIVERS else version
    with archive(COMMITS[drivers], *_DRIVERS) as files:
        files.extractall(target, filter="data")
    return target


def schemas_of(commit: str) -> dict[str, str]:
    """Return the event schemas of a commit, by type."""
    with archive(commit, _SCHEMAS) as files:
        found = [member for member in files.getmembers() if member.name.endswith(".json")]
        return {
            Path(member.name).stem: content.read().decode()
            for member in found
            if (content := files.extractfile(member)) and ".v" in member.name
        }


def template_of(version: str) -> str:
    """Return the AWS template that wires the services of a release."""
    path = _FORMER_TEMPLATE if version in _WITH_FORMER_TEMPLATE else TEMPLATE
    with archive(COMMITS[version], path) as files:
        content = files.extractfile(path)
        return content.read().decode() if content else ""


def delivered(template: str, stories: dict[str, Any]) -> dict[str, Any]:
    """Return stories with what of their events a template's subscriptions bring the transcriber."""
    subscribed = [
        (topic, policy)
        for topic, subscriptions in subscriptions_of(template).items()
        for queue, policy in subscriptions
        if queue == "transcriber"
    ]
    return {
        name: {
            **story,
            "delivered": [
                event
                for event in story["events"]
                if any(
                    topic == event["topic"] and admits(policy, event["attributes"])
                    for topic, policy in subscribed
                )
            ],
        }
        for name, story in stories.items()
    }


def write(code: Path, film: Path) -> dict[str, Any]:
    """Return the stories that the code at ``code`` writes; see :mod:`released.write`."""
    return _run(code, "released.write", film)


def read(code: Path, film: Path, stories: dict[str, Any]) -> dict[str, Any]:
    """Return how the code at ``code`` acts on stories; see :mod:`released.read`."""
    return _run(code, "released.read", film, json.dumps(stories))


def _run(code: Path, module: str, film: Path, given: str = "") -> dict[str, Any]:
    paths = [*(str(code / source) for source in SOURCES), str(code / "tests")]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-m", module, str(film)],
        input=given,
        env={**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"{module} under {code} ended with {ran.returncode}:\n{ran.stderr}")
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer

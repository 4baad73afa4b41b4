"""What is deployed, as the tools of ``.venv-deploy`` render it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]
TOOLS = REPOSITORY / ".venv-deploy" / "bin"
STAGES = ("dev", "qa", "prod")
Object = dict[str, Any]


def run(*command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository; return how it ended and what it said."""
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        **more,
    )


def printed(*command: str | Path, **more: Any) -> str:
    """Return what a command prints, which has to end well and complain of nothing."""
    done = run(*command, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def render(folder: str | Path) -> str:
    """Return the objects of a kustomization as YAML."""
    if not (TOOLS / "kustomize").exists():
        pytest.skip("no kustomize: install kubectl 1.27 or later, remove .venv-deploy, try again")
    return printed(TOOLS / "kustomize", folder)


def objects(text: str) -> list[Object]:
    """Return the objects of YAML documents."""
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]

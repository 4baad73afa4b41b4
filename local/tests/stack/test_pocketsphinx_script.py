"""Set-up takes pocketsphinx where it can, and goes on where it cannot."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/ensure-pocketsphinx.sh"
FAKE_PYTHON = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in
    *--only-binary=:all:*) exit $WHEEL ;;
    *) exit $SOURCE ;;
esac
"""


@pytest.mark.parametrize(
    ("wheel", "compiler", "source", "installed"),
    [
        (0, "false", 1, True),  # a wheel
        (1, "true", 0, True),  # built
        (1, "true", 1, False),  # not to be built
        (1, "false", 0, False),  # no compiler
        (1, "no-such-compiler", 0, False),
    ],
)
def test_pocketsphinx_is_taken_where_there_is_a_wheel_or_a_compiler(
    tmp_path: Path, wheel: int, compiler: str, source: int, installed: bool
) -> None:
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    given = {"CC": compiler, "WHEEL": str(wheel), "SOURCE": str(source)}

    done = subprocess.run(
        [SCRIPT, python],
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".alignment").exists() == installed
    assert ("No pocketsphinx" in done.stderr) == (not installed)
    calls = (tmp_path / "bin/calls").read_text().splitlines()
    assert all("--require-hashes" in call for call in calls)
    assert len(calls) == (2 if wheel and compiler == "true" else 1)

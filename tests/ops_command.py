"""``mentor-ops`` as an operator of the emulated stage runs it, in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mentor_ops.app import main

if TYPE_CHECKING:
    import pytest


def run_ops(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Run one command; return its exit code, and stdout read as JSON if it is."""
    capsys.readouterr()
    code = main(["--aws", "--stage", "local", "--region", "us-east-1", *arguments])
    shown = capsys.readouterr().out
    return code, json.loads(shown) if "--json" in arguments and shown else shown

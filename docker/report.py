"""Helpers of the checks of ``make verify-deploy``: their lines, errors and commands."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).parents[1]
SCRATCH = REPOSITORY / ".verify"
TAG = "verify"


class CheckError(Exception):
    """A check found something; the message says what."""


class SkippedError(Exception):
    """A check cannot be made here; the message says why."""


class Report:
    """A line a check, and whether any failed."""

    def __init__(self) -> None:
        self.failed = False

    def check(self, name: str, do: Callable[[], str | None]) -> bool:
        """Do a check, print its line; return whether it was ok."""
        started = time.monotonic()
        try:
            result = do()
        except SkippedError as why:
            print(f"skipped {name} {why}", flush=True)
            return False
        except Exception as error:  # noqa: BLE001 -- a broken check is a failed check
            self.failed = True
            text = " ".join(str(error).split()) or type(error).__name__
            print(f"FAIL {name} {text[-600:]}", flush=True)
            return False
        seconds = time.monotonic() - started
        print(f"ok {name} ({f'{result}, ' if result else ''}{seconds:.0f} s)", flush=True)
        return True


def run(*command: str | Path, **more: Any) -> str:
    """Run a command in the repository; return its output.

    Raises
    ------
    CheckError
        With the end of its output when it fails.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )
    if done.returncode:
        raise CheckError(f"{Path(command[0]).name}: {(done.stdout + done.stderr)[-600:]}")
    return str(done.stdout)


def need(truth: object, otherwise: str) -> None:
    """Raise :class:`CheckError` unless something is true."""
    if not truth:
        raise CheckError(otherwise)


def local(service: str) -> str:
    """Return the local name of a service's image."""
    return f"localhost/mentor-upload/{service}:{TAG}"


def answers(url: str) -> bool:
    """Return whether a GET succeeds."""
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False

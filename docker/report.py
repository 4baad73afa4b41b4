"""Helpers of the checks of ``make verify-deploy``: their lines, errors and commands."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
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
    """A line a check: how it ended, its name, what was seen; and how all ended.

    Several threads may make checks.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._ended: Counter[str] = Counter()
        self._lock = threading.Lock()

    def check(self, name: str, do: Callable[[], str | None]) -> bool:
        """Do a check, print its line; return whether it was ok."""
        started = time.monotonic()
        try:
            seen = do() or "done"
        except SkippedError as why:
            self._line("skipped", name, str(why))
            return False
        except Exception as error:  # noqa: BLE001 -- a broken check is a failed check
            text = " ".join(str(error).split()) or type(error).__name__
            self._line("FAILED", name, text[-600:])
            return False
        self._line("ok", name, f"{seen} ({time.monotonic() - started:.0f} s)")
        return True

    def skip(self, name: str, why: str) -> None:
        """Print the line of what cannot be seen here."""
        self._line("skipped", name, why)

    def close(self) -> int:
        """Print how all ended, and how long it took; return the exit code."""
        minutes, seconds = divmod(round(time.monotonic() - self._started), 60)
        ended = ", ".join(f"{self._ended[how]} {how}" for how in ("ok", "skipped", "FAILED"))
        print(f"{ended}; {minutes} min {seconds} s", flush=True)
        return int(self._ended["FAILED"] > 0)

    def _line(self, ended: str, name: str, text: str) -> None:
        with self._lock:
            self._ended[ended] += 1
            print(f"{ended:<8}{name:<26}{text}", flush=True)


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

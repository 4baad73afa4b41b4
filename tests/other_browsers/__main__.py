"""``make browsers``: the journeys of studio and console in each browser of this machine.

Ends with 1 where a journey failed, and where there is no browser at all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from other_browsers.browsers import BROWSERS

if TYPE_CHECKING:
    from other_browsers.browsers import Browser

JOURNEYS = Path(__file__).with_name("journeys.py")


def main() -> int:
    """Make the journeys; say before and after in which browsers, and how to install the others."""
    os.environ.pop("PYTHONPATH", None)  # the clients are for this process, not for the stack
    lines = [described(browser) for browser in BROWSERS]
    print(*lines, sep="\n", flush=True)  # noqa: T201 -- a tool for the terminal
    found = any(not browser.missing() for browser in BROWSERS)
    code = pytest.main(["-v", str(JOURNEYS)]) if found else 1
    print(*lines, sep="\n", flush=True)  # noqa: T201 -- a tool for the terminal
    return int(code)


def described(browser: Browser) -> str:
    """Return the version of a browser, or what brings it."""
    missing = browser.missing()
    if missing:
        needs = " and ".join(missing)
        return f"{browser.name}: skipped, no {needs} here: apt-get install {browser.packages}"
    with tempfile.TemporaryDirectory() as folder, browser.open(Path(folder) / "log") as window:
        return f"{browser.name}: {window.version}"


if __name__ == "__main__":
    sys.exit(main())

"""``make browsers``: the journeys of studio and console in each browser of this machine.

Ends with 1 where a journey failed, and where there is no browser at all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from other_browsers.browsers import BROWSERS

JOURNEYS = Path(__file__).with_name("journeys.py")


def main() -> int:
    """Make the journeys; say at the end in which browsers, and how to install the others."""
    here = [browser for browser in BROWSERS if not browser.missing()]
    code = pytest.main(["-v", str(JOURNEYS)]) if here else 1
    for browser in BROWSERS:
        missing = browser.missing()
        if missing:
            needs = " and ".join(missing)
            print(f"{browser.name}: skipped, {needs} not found: apt-get install {browser.packages}")
        else:
            print(f"{browser.name}: {browser.version()}")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())

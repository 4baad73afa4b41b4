"""Debian's packages in the services' images, and what its archive has that is newer.

An image is asked by running its own shell, so docker or podman has to work here. ffmpeg's libraries
are copied into two of the images (``docker/ffmpeg-closure.sh``): dpkg does not know them there, and
a scanner of images does not see them; the list that was written beside them does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SERVICES = ("api", "transcoder", "transcriber", "notifier")
OLD = timedelta(days=8)
"""Debian's security suite is signed anew at least weekly: its Release file is valid for 7 days."""
_CLOSURE = "/usr/share/doc/ffmpeg-closure/packages.txt"
_INSTALLED = rf"""
dpkg-query -W -f '${{db:Status-Status}} ${{Package}} ${{Version}}\n' | sed -n 's/^installed //p'
if [ -f {_CLOSURE} ]; then tr '\t' ' ' < {_CLOSURE} | sed 's/:[a-z0-9]* / /'; fi
"""
_ARCHIVE = r"""
apt-get -qq -o APT::Update::Error-Mode=any update >&2
sed -n 's/^\(Codename\|Date\): */\1 /p' /var/lib/apt/lists/*_InRelease
echo --
apt-cache policy "$@"
"""


class UnknownError(Exception):
    """Something could not be looked at; the message says what and why."""


@dataclass(frozen=True)
class Newer:
    """A package of which the archive has a newer version."""

    name: str
    has: str
    newest: str
    security: bool
    """Whether it comes from the security suite."""


def image_of(service: str) -> str:
    """Return the name that ``make images`` gives a service's image."""
    registry = os.environ.get("REGISTRY") or "localhost/mentor-upload"
    return f"{registry}/{service}:{os.environ.get('TAG') or 'dev'}"


def container_engine() -> str:
    """Return the program that runs containers here.

    Raises
    ------
    UnknownError
        When none does.
    """
    for name in ("docker", "podman"):
        if shutil.which(name):
            probe = subprocess.run([name, "info"], capture_output=True, check=False)
            if probe.returncode == 0:
                return name
    raise UnknownError("neither docker nor podman works here, so no image can be looked into")


def installed(engine: str, image: str) -> dict[str, str]:
    """Return Debian's packages in an image: name to version.

    Raises
    ------
    UnknownError
        When there is no such image.
    """
    listed = _shell([engine, "run", "--rm", "--network=none"], image, _INSTALLED)
    return dict(line.split() for line in listed.splitlines())


def newer(engine: str, image: str, packages: dict[str, str]) -> tuple[list[Newer], datetime]:
    """Return of which packages the archive has a newer version, and of when its lists are.

    Raises
    ------
    UnknownError
        When the archive cannot be reached, or its lists are old.
    """
    asked = _shell([engine, "run", "--rm", "--user=0"], image, _ARCHIVE, *packages)
    releases, _, policies = asked.partition("--\n")
    return outdated(packages, policies), date_of(releases, datetime.now(UTC))


def _shell(run: list[str], image: str, script: str, *arguments: str) -> str:
    command = [*run, "--pull=never", "--entrypoint=/bin/sh", image, "-euc", script, "-", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnknownError(f"{image}: {' '.join(done.stderr.split())[-300:]}")
    return done.stdout


def outdated(packages: dict[str, str], policies: str) -> list[Newer]:
    """Return of which packages ``apt-cache policy`` knows a newer version."""
    found = []
    for policy in re.split(r"\n(?=\S)", policies):
        candidate = re.search(r"^  Candidate: (\S+)$", policy, re.MULTILINE)
        name = policy.split(":", maxsplit=1)[0]
        if candidate is None or candidate[1] in {"(none)", packages.get(name)}:
            continue
        # Below a version stand the places that have it, until the next version or the end.
        places = re.search(
            rf"^ .{{4}}{re.escape(candidate[1])} \d+\n((?: {{8}}.*\n?)*)", policy, re.MULTILINE
        )
        security = bool(places and "-security/" in places[1])
        found.append(Newer(name, packages[name], candidate[1], security))
    return found


def date_of(releases: str, now: datetime) -> datetime:
    """Return of when the security suite's list is.

    Raises
    ------
    UnknownError
        When there is none, or it is old.
    """
    named = re.search(r"^Codename \S+-security\nDate (.+)$", releases, re.MULTILINE)
    if named is None:
        raise UnknownError("the image's sources have no security suite")
    date = parsedate_to_datetime(named[1]).replace(tzinfo=UTC)
    if now - date > OLD:
        raise UnknownError(f"the security suite's list is of {date:%Y-%m-%d}, too old to tell")
    return date

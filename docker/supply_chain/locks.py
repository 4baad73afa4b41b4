"""What the hashed lock files pin, without installing any of it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REPOSITORY = Path(__file__).parents[2]
DATA = "services/transcriber/src/mentor_transcriber/model/"
"""Locks of a speech model's weights: archives that are read and never installed (SECURITY.md)."""
IN_IMAGES = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""Values of the markers of requirements in the images."""


def tracked(*patterns: str) -> list[Path]:
    """Return the files that git knows by these patterns."""
    command = ["git", "ls-files", *patterns]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return [REPOSITORY / name for name in listed.stdout.splitlines()]


def lock_files() -> list[Path]:
    """Return the locks of everything that pip installs."""
    return [path for path in tracked("*.lock") if DATA not in path.as_posix()]


def entries(text: str) -> Iterator[tuple[Requirement, str]]:
    """Yield each requirement of a lock with its own lines, hashes included."""
    for entry in text.replace("\\\n", "\\\0").splitlines():
        if entry.strip() and not entry.lstrip().startswith("#"):
            pinned = entry.split("\\\0", maxsplit=1)[0]
            yield Requirement(pinned.strip()), entry.replace("\\\0", "\\\n")


def pins(text: str) -> set[tuple[str, str]]:
    """Return name and version of everything that a lock pins, for whatever platform."""
    return {
        (requirement.name, str(requirement.specifier).removeprefix("=="))
        for requirement, _ in entries(text)
    }


def for_images(text: str) -> str:
    """Return the part of a lock that is installed in an image."""
    return "".join(
        f"{lines}\n"
        for requirement, lines in entries(text)
        if requirement.marker is None or requirement.marker.evaluate(IN_IMAGES)
    )


def rounds(pinned: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return requirements in as many lists as a package has versions, each of them once a list."""
    versions: dict[str, list[str]] = {}
    for name, version in sorted(pinned):
        versions.setdefault(name, []).append(version)
    most = max(map(len, versions.values()), default=0)
    return [
        [f"{name}=={found[number]}" for name, found in versions.items() if number < len(found)]
        for number in range(most)
    ]


def holders(locks: Mapping[str, set[tuple[str, str]]]) -> dict[tuple[str, str], list[str]]:
    """Return which locks pin a name and version."""
    found: dict[tuple[str, str], list[str]] = {}
    for lock, pinned in locks.items():
        for pin in pinned:
            found.setdefault(pin, []).append(lock)
    return found

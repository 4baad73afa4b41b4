"""``make audit``: known vulnerabilities of everything that is locked, and of the images.

Python's packages are held against an advisory source by pip-audit (the registry's own advisories,
else OSV), npm's by npm, Debian's against the security suite of the image's own sources. It ends
with 0 when all was looked at and nothing found, with 1 when something was found, and with 2 when
something could not be looked at: a source that does not answer is never taken for "nothing known".
Runs with the interpreter of ``.venv-audit``, as a module.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supply_chain import images, locks
from supply_chain.images import UnknownError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NPM_FOLDERS = ("k8s", "services/api/pages")
"""Where npm's locks are."""
SOURCES = ("pypi", "osv")
"""Advisory sources of pip-audit, in the order in which they are tried."""
FOUND, UNKNOWN = 1, 2


@dataclass
class Audit:
    """What was looked at, found, and could not be looked at; a line each."""

    looked_at: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def look(self, what: str, at: Callable[[], str]) -> None:
        """Do one part; say what it looked at, or why it could not."""
        try:
            self.looked_at.append(f"{what}: {at()}")
        except UnknownError as error:
            self.unknown.append(f"{what}: {error}")

    @property
    def status(self) -> int:
        """The exit status."""
        return FOUND if self.found else UNKNOWN if self.unknown else 0

    def __str__(self) -> str:
        lines = [f"looked at     {line}" for line in self.looked_at]
        lines += [f"VULNERABLE    {line}" for line in self.found]
        lines += [f"NOT LOOKED AT {line}" for line in self.unknown]
        counts = (len(self.found), len(self.unknown))
        return "\n".join([*lines, "{} found, {} not looked at".format(*counts)])

    def python(self) -> str:
        """Hold all locks against the first advisory source that answers."""
        pinned = {
            str(path.relative_to(locks.REPOSITORY)): locks.pins(path.read_text())
            for path in locks.lock_files()
        }
        holders = locks.holders(pinned)
        refusals = []
        for source in SOURCES:
            try:
                answers = [pip_audit(source, each) for each in locks.rounds(holders)]
            except UnknownError as error:
                refusals.append(str(error))
                continue
            for answer in answers:
                self.found += vulnerabilities(answer, holders)
                self.unknown += skipped(answer)
            now = datetime.now(UTC)
            return f"{len(holders)} pins of {len(pinned)} locks, advisories of {source}, {now:%F}"
        raise UnknownError(
            f"no advisory source answers ({'; '.join(refusals)}); "
            "run it where one can be reached, as the weekly workflow does"
        )

    def npm(self, folder: str) -> str:
        """Let npm audit its lock in a folder of the repository."""
        if shutil.which("npm") is None:
            raise UnknownError("npm is not installed")
        done = subprocess.run(
            ["npm", "audit", "--json", "--package-lock-only"],
            cwd=locks.REPOSITORY / folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.found += npm_vulnerabilities(done.stdout, folder)
        return f"{folder}/package-lock.json, advisories of npm, {datetime.now(UTC):%F}"

    def image(self, engine: str, service: str) -> str:
        """Hold an image's Debian packages against the security suite."""
        image = images.image_of(service)
        packages = images.installed(engine, image)
        newer, date = images.newer(engine, image, packages)
        fixes = [each for each in newer if each.security]
        self.found += [f"{image}: {each.name} {each.has}, fixed in {each.newest}" for each in fixes]
        others = len(newer) - len(fixes)
        return (
            f"{len(packages)} Debian packages, security suite of {date:%F}; "
            f"{others} updates beside security"
        )


def pip_audit(source: str, requirements: Iterable[str]) -> dict[str, Any]:
    """Return pip-audit's report of these requirements, which are not installed.

    Raises
    ------
    UnknownError
        When the source does not answer, or knows none of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / "requirements.txt"
        named.write_text("\n".join(requirements))
        options = ["--disable-pip", "--no-deps", "--progress-spinner=off", "--format=json"]
        command = [sys.executable, "-m", "pip_audit", *options, "-s", source, "-r", str(named)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return report(source, done.stdout, done.stderr)


def report(source: str, output: str, errors: str) -> dict[str, Any]:
    """Return what pip-audit printed, if the source has answered at all.

    pip-audit passes over what a source does not know and then ends with "no known vulnerabilities":
    so does a mirror of the registry that serves packages without their advisories.

    Raises
    ------
    UnknownError
        When it has not.
    """
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError:
        last = errors.strip().splitlines()[-1:] or ["no output"]
        raise UnknownError(f"{source}: {last[0][-200:]}") from None
    if all("skip_reason" in each for each in answer["dependencies"]):
        raise UnknownError(f"{source}: it serves no advisories here")
    return answer


def vulnerabilities(answer: dict[str, Any], holders: dict[tuple[str, str], list[str]]) -> list[str]:
    """Return a line for each vulnerability of a report, with the locks that pin the package."""
    return [
        f"{each['name']} {each['version']}: {one['id']} ({', '.join(one.get('aliases', []))}), "
        f"fixed in {', '.join(one['fix_versions']) or 'no version yet'}; "
        f"pinned by {', '.join(holders.get((each['name'], each['version']), ['?']))}"
        for each in answer["dependencies"]
        for one in each.get("vulns", ())
    ]


def skipped(answer: dict[str, Any]) -> list[str]:
    """Return a line for each package of a report that the source did not know."""
    return [
        f"{each['name']}: {each['skip_reason']}"
        for each in answer["dependencies"]
        if "skip_reason" in each
    ]


def npm_vulnerabilities(output: str, folder: str) -> list[str]:
    """Return a line for each vulnerable package of npm's report on a folder's lock.

    Raises
    ------
    UnknownError
        When npm could not ask.
    """
    answer = json.loads(output or "{}")
    if "vulnerabilities" not in answer:
        raise UnknownError(f"npm: {answer.get('message', 'no report')}".partition(" - ")[0])
    return [
        f"npm {name} {one['range']}: {one['severity']}; pinned by {folder}/package-lock.json"
        for name, one in answer["vulnerabilities"].items()
    ]


def main() -> int:
    """Look at everything, print what came of it; return the exit status."""
    audit = Audit()
    audit.look("Python", audit.python)
    for folder in NPM_FOLDERS:
        audit.look("npm", partial(audit.npm, folder))
    try:
        engine = images.container_engine()
    except UnknownError as error:
        audit.unknown.append(f"images: {error}")
    else:
        for service in images.SERVICES:
            audit.look(images.image_of(service), partial(audit.image, engine, service))
    print(audit)
    return audit.status


if __name__ == "__main__":
    sys.exit(main())

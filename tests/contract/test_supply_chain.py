"""What `make audit` concludes, and what is pinned. What was not looked at never counts as clean."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from supply_chain import audit, images, locks
from supply_chain.images import Newer, UnknownError

REPOSITORY = Path(__file__).parents[2]
LOCK = """# made by a tool
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:4f1d
flask==3.1.0 \\
    --hash=sha256:0a1b \\
    --hash=sha256:2c3d
uvloop==0.21.0 ; platform_python_implementation == 'CPython' and sys_platform != 'win32' \\
    --hash=sha256:5e6f
"""
FLASK = {
    "name": "flask",
    "version": "3.1.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3.1.1"]}],
}
POLICY = """libssl3:
  Installed: (none)
  Candidate: 3.0.22-1~deb12u2
  Version table:
     3.0.22-1~deb12u2 500
        500 http://mirror/debian-security bookworm-security/main amd64 Packages
     3.0.20-1~deb12u2 500
        500 http://mirror/debian bookworm/main amd64 Packages
tzdata:
  Installed: (none)
  Candidate: 2026a-0+deb12u1
  Version table:
     2026a-0+deb12u1 500
        500 http://mirror/debian bookworm-updates/main amd64 Packages
     2025b-0+deb12u2 500
        500 http://mirror/debian-security bookworm-security/main amd64 Packages
zlib1g:
  Installed: (none)
  Candidate: 1:1.2.13.dfsg-1
  Version table:
     1:1.2.13.dfsg-1 500
        500 http://mirror/debian bookworm/main amd64 Packages
ours:
  Installed: 1
  Candidate: (none)
"""
RELEASES = """Codename bookworm
Date Sat, 05 Sep 2026 09:00:00 UTC
Codename bookworm-security
Date Thu, 26 Nov 2026 21:03:35 UTC
"""


def test_a_lock_is_read_as_pip_reads_it() -> None:
    assert locks.pins(LOCK) == {("colorama", "0.4.6"), ("flask", "3.1.0"), ("uvloop", "0.21.0")}
    assert locks.for_images(LOCK) == LOCK[LOCK.index("flask") :]


def test_each_pin_of_each_lock_is_asked_for_once() -> None:
    pinned = {path: locks.pins(path.read_text()) for path in locks.lock_files()}
    asked = locks.rounds({pin for pins in pinned.values() for pin in pins})

    assert {path.name for path in pinned} >= {"requirements-dev.lock", "tools.lock", "build.lock"}
    each = {f"{name}=={version}" for pins in pinned.values() for name, version in pins}
    assert sorted(each) == sorted(pin for one in asked for pin in one)
    for one in asked:  # pip-audit refuses a file that names a package twice
        names = [pin.partition("==")[0] for pin in one]
        assert len(names) == len(set(names))


def test_a_vulnerability_is_named_with_the_locks_that_pin_it() -> None:
    answer = audit.report("pypi", json.dumps({"dependencies": [FLASK]}), "")

    (line,) = audit.vulnerabilities(
        answer, {("flask", "3.1.0"): ["services/api/requirements.lock"]}
    )

    assert line == (
        "flask 3.1.0: PYSEC-1 (CVE-1), fixed in 3.1.1; pinned by services/api/requirements.lock"
    )
    assert audit.Audit(found=[line], unknown=["npm: gone"]).status == audit.FOUND


def test_a_source_that_knows_nothing_is_not_taken_for_one_that_knows_of_nothing() -> None:
    skipped = {"name": "flask", "skip_reason": "Dependency not found and could not be audited"}
    with pytest.raises(UnknownError, match="pypi: it serves no advisories here"):
        audit.report("pypi", json.dumps({"dependencies": [skipped]}), "")
    with pytest.raises(UnknownError, match=r"osv: .*ConnectionError: no route"):
        audit.report("osv", "", "Traceback\nrequests.ConnectionError: no route\n")
    with pytest.raises(UnknownError, match=r"npm: 405 Method Not Allowed$"):
        audit.npm_vulnerabilities('{"message": "405 Method Not Allowed - POST somewhere"}', "k8s")

    clean = {"name": "six", "version": "1", "vulns": []}
    some = audit.report("pypi", json.dumps({"dependencies": [skipped, clean]}), "")

    assert audit.skipped(some) == ["flask: Dependency not found and could not be audited"]
    assert audit.Audit(unknown=audit.skipped(some)).status == audit.UNKNOWN
    assert audit.Audit(looked_at=["Python"]).status == 0


def test_a_security_update_that_an_image_lacks_is_told_from_another_update() -> None:
    has = {
        "libssl3": "3.0.17-1~deb12u2",
        "tzdata": "2025b-0+deb12u2",
        "zlib1g": "1:1.2.13.dfsg-1",
        "ours": "1",
    }

    assert images.outdated(has, POLICY) == [
        Newer("libssl3", "3.0.17-1~deb12u2", "3.0.22-1~deb12u2", security=True),
        Newer("tzdata", "2025b-0+deb12u2", "2026a-0+deb12u1", security=False),
    ]


def test_an_old_list_of_security_updates_is_not_believed() -> None:
    at = datetime(2026, 11, 26, 21, 3, 35, tzinfo=UTC)
    assert images.date_of(RELEASES, at + images.OLD) == at
    with pytest.raises(UnknownError, match="2026-11-26, too old"):
        images.date_of(RELEASES, at + images.OLD * 1.01)
    with pytest.raises(UnknownError, match="no security suite"):
        images.date_of(RELEASES.partition("Codename bookworm-security")[0], at)


def test_every_action_of_a_workflow_is_pinned_by_its_commit() -> None:
    used = [
        (path.name, line.strip())
        for path in (REPOSITORY / ".github/workflows").iterdir()
        for line in path.read_text().splitlines()
        if re.match(r"\s*(- )?uses:", line)
    ]

    assert used
    pinned = re.compile(r"(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [each for each in used if not pinned.fullmatch(each[1])] == []


def test_the_bot_watches_every_folder_with_something_pinned() -> None:
    bot = yaml.safe_load((REPOSITORY / ".github/dependabot.yml").read_text())
    watched = {
        (update["package-ecosystem"], folder.strip("/"))
        for update in bot["updates"]
        for folder in update.get("directories", [update.get("directory")])
    }

    declared = {path.parent for path in locks.tracked("*.in", "*pyproject.toml")}
    expected = {("pip", str(path.relative_to(REPOSITORY)).strip(".")) for path in declared}
    expected |= {("npm", folder) for folder in audit.NPM_FOLDERS}
    assert watched == expected | {("docker", "docker"), ("github-actions", "")}

"""Alert rules: each fires when it shall and not when it shall not, and leads to a runbook."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mentor_common.telemetry.metrics import CATALOGUE
from mentor_local.observe.prometheus import RULES
from observing import names_in, program, rules

ROOT = Path(__file__).parents[2]
TESTS = RULES.with_name("rules.test.yaml")


@pytest.fixture(scope="session")
def promtool() -> Path:
    return program("promtool")


def promtool_test(promtool: Path, tests: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [promtool, "test", "rules", tests.name],
        cwd=tests.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_promtool_finds_nothing_wrong(promtool: Path) -> None:
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", str(RULES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_quiet_and_firing(promtool: Path) -> None:
    tested: dict[str, set[str]] = {}
    for test in yaml.safe_load(TESTS.read_text())["tests"]:
        checks = test["promql_expr_test"]
        fired = {
            re.findall(r'alertname="(\w+)"', sample["labels"])[0]
            for check in checks
            for sample in check["exp_samples"]
        }
        quiet = any(not check["exp_samples"] for check in checks)
        for name in fired:
            tested.setdefault(name, set()).add("firing")
            if quiet:
                tested[name].add("quiet")
    assert tested == {rule["alert"]: {"firing", "quiet"} for rule in rules()}
    done = promtool_test(promtool, TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_notice_alerts_that_never_fire(promtool: Path, tmp_path: Path) -> None:
    never = yaml.safe_load(RULES.read_text())
    for group in never["groups"]:
        for rule in group["rules"]:
            rule["expr"] = "vector(1) > 1"
    (tmp_path / RULES.name).write_text(yaml.safe_dump(never))
    tests = tmp_path / TESTS.name
    tests.write_text(TESTS.read_text())
    done = promtool_test(promtool, tests)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    missed = set(re.findall(r'alertname="(\w+)"} 1', said))
    assert missed == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    page = (ROOT / rule["annotations"]["runbook"]).read_text()
    assert f"`{rule['alert']}`" in page, "the page names the alerts that lead to it"
    row = f"| `{rule['alert']}` | {rule['labels']['severity']} |"
    assert row in (ROOT / "docs" / "observe.md").read_text()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_only_for_what_is_measured(rule: dict[str, Any]) -> None:
    found = names_in(rule["expr"])
    assert found.unknown(CATALOGUE) == []

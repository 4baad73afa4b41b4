"""Objects of KEDA, the Gateway API, the Prometheus operator: what their definitions accept."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from check import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("deploy_tools")
REPOSITORY = Path(__file__).parents[2]
KUSTOMIZE = REPOSITORY / ".venv-deploy/bin/kustomize"
Object = dict[str, Any]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )


def printed(*command: str | Path) -> list[Object]:
    """Return the objects that a command prints as YAML."""
    done = run(*command)
    assert (done.returncode, done.stderr) == (0, "")
    return [each for each in yaml.safe_load_all(done.stdout) if each]


@pytest.fixture(scope="module")
def custom() -> list[Object]:
    """All objects of this repository that are no kinds of Kubernetes itself."""
    if not KUSTOMIZE.exists() or not shutil.which("node"):
        pytest.skip("needs kustomize and node")
    if not (REPOSITORY / "k8s/node_modules").exists():
        pytest.skip("no schemas: npm ci --prefix k8s, or make verify-deploy")
    found = [
        each
        for stage in ("dev", "qa", "prod")
        for each in printed(KUSTOMIZE, f"k8s/overlays/{stage}")
        if each["apiVersion"] in FOREIGN
    ]
    found += printed(KUSTOMIZE, "k8s/observe/operator")
    found += printed("k8s/observe/operator/rules.sh")
    for path in ("gateway/routes.yaml", "external-secrets/secret.yaml"):
        found += yaml.safe_load_all((REPOSITORY / "k8s/components" / path).read_text())
    return found


def judge(objects: list[Object], folder: Path) -> str:
    path = folder / "objects.json"
    path.write_text(json.dumps(objects))
    done = run("node", "k8s/custom.mjs", path)
    assert (done.returncode == 0) == ("no faults" in done.stdout), done.stderr
    return done.stdout


def test_all_are_as_their_definitions_want_them(custom: list[Object], tmp_path: Path) -> None:
    kinds = {"ScaledObject", "TriggerAuthentication", "HTTPRoute", "ExternalSecret"}
    assert {each["kind"] for each in custom} == {*kinds, "PodMonitor", "PrometheusRule"}

    assert "no faults" in judge(custom, tmp_path)


def first(objects: list[Object], kind: str) -> Object:
    return next(each["spec"] for each in objects if each["kind"] == kind)


def _seconds(objects: list[Object]) -> None:
    first(objects, "HTTPRoute")["rules"][0]["timeouts"]["request"] = "a minute"


def _no_triggers(objects: list[Object]) -> None:
    del first(objects, "ScaledObject")["triggers"]


def _number_of_a_port(objects: list[Object]) -> None:
    first(objects, "PodMonitor")["podMetricsEndpoints"][0]["port"] = 8080


def _minutes(objects: list[Object]) -> None:
    first(objects, "PrometheusRule")["groups"][0]["rules"][0]["for"] = "3 minutes"


def _other_version(objects: list[Object]) -> None:
    objects[0]["apiVersion"] = "keda.sh/v1"


@pytest.mark.parametrize(
    ("spoil", "error_text"),
    [
        (_seconds, "timeouts/request must match"),
        (_no_triggers, "must have required property triggers"),
        (_number_of_a_port, "podMetricsEndpoints/0/port must be string"),
        (_minutes, "rules/0/for must match"),
        (_other_version, "unknown kind of keda.sh/v1"),
    ],
)
def test_what_they_refuse_is_found(
    custom: list[Object], tmp_path: Path, spoil: Callable[[list[Object]], None], error_text: str
) -> None:
    objects = json.loads(json.dumps(custom))
    spoil(objects)

    assert error_text in judge(objects, tmp_path)


def test_the_operators_rules_are_the_plain_ones(custom: list[Object]) -> None:
    plain = yaml.safe_load((REPOSITORY / "k8s/observe/rules.yaml").read_text())

    assert first(custom, "PrometheusRule") == plain

"""Objects of KEDA, the Gateway API, the Prometheus operator: what their definitions accept.

Not among the tests of ``make test``, which needs no node: ``make custom-resources`` brings the
definitions and runs this.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from check import FOREIGN

from deployed import REPOSITORY, STAGES, Object, objects, printed, render, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("deploy_tools")


@pytest.fixture(scope="module")
def custom() -> list[Object]:
    """All objects of this repository that are no kinds of Kubernetes itself."""
    assert (REPOSITORY / "k8s/node_modules").exists(), "no schemas here: make custom-resources"
    found = [
        each
        for stage in STAGES
        for each in objects(render(f"k8s/overlays/{stage}"))
        if each["apiVersion"] in FOREIGN
    ]
    found += objects(render("k8s/observe/operator"))
    found += objects(printed("k8s/observe/operator/rules.sh"))
    components = ("components/gateway/routes.yaml", "components/external-secrets/secret.yaml")
    for path in (*components, "examples/gateway.yaml"):
        found += objects((REPOSITORY / "k8s" / path).read_text())
    return found


def judge(judged: list[Object], folder: Path) -> str:
    path = folder / "objects.json"
    path.write_text(json.dumps(judged))
    done = run("node", "k8s/custom.mjs", path)
    assert (done.returncode == 0) == ("no faults" in done.stdout), done.stderr
    return done.stdout


def test_all_are_as_their_definitions_want_them(custom: list[Object], tmp_path: Path) -> None:
    kinds = {"ScaledObject", "TriggerAuthentication", "HTTPRoute", "Gateway", "ExternalSecret"}
    assert {each["kind"] for each in custom} == {*kinds, "PodMonitor", "PrometheusRule"}

    assert "no faults" in judge(custom, tmp_path)


def first(found: list[Object], kind: str) -> Object:
    return next(each["spec"] for each in found if each["kind"] == kind)


def _seconds(found: list[Object]) -> None:
    first(found, "HTTPRoute")["rules"][0]["timeouts"]["request"] = "a minute"


def _no_triggers(found: list[Object]) -> None:
    del first(found, "ScaledObject")["triggers"]


def _number_of_a_port(found: list[Object]) -> None:
    first(found, "PodMonitor")["podMetricsEndpoints"][0]["port"] = 8080


def _minutes(found: list[Object]) -> None:
    first(found, "PrometheusRule")["groups"][0]["rules"][0]["for"] = "3 minutes"


def _other_version(found: list[Object]) -> None:
    found[0]["apiVersion"] = "keda.sh/v1"


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
    spoilt = json.loads(json.dumps(custom))
    spoil(spoilt)

    assert error_text in judge(spoilt, tmp_path)


def test_the_operators_rules_are_the_plain_ones(custom: list[Object]) -> None:
    plain = yaml.safe_load((REPOSITORY / "k8s/observe/rules.yaml").read_text())

    assert first(custom, "PrometheusRule") == plain

"""Manifests and images as far as they can be judged without a cluster and a builder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mentor_local.provision import SERVICES, service_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_local.provision import Stack

REPOSITORY = Path(__file__).parents[2]
TOOLS = REPOSITORY / ".venv-deploy" / "bin"
STAGES = ("dev", "qa", "prod")
SECRETS = {"JWT_SECRET": "a" * 32, "API_SECRET": "b"}


def run(*command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        **more,
    )


def judge(text: str, *options: str) -> str:
    done = run(TOOLS / "python", "k8s/check.py", *options, input=text)
    assert done.stderr == ""
    assert (done.returncode == 0) == ("no fault" in done.stdout)
    return done.stdout


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    if not (TOOLS / "kustomize").exists():
        pytest.skip("no kustomize: install kubectl 1.27 or later, remove .venv-deploy, try again")
    texts = {}
    for stage in STAGES:
        done = run(TOOLS / "kustomize", f"k8s/overlays/{stage}")
        assert (done.returncode, done.stderr) == (0, "")
        texts[stage] = done.stdout
    return texts


def objects(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text) if each]


def pick(text: str, kind: str, name: str) -> dict[str, Any]:
    (found,) = (
        each for each in objects(text) if each["kind"] == kind and each["metadata"]["name"] == name
    )
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_manifests_keep_kubernetes_schemas_and_our_rules(
    rendered: dict[str, str], stage: str
) -> None:
    assert "no fault" in judge(rendered[stage])
    for each in objects(rendered[stage]):
        if each["kind"] != "Namespace":
            assert each["metadata"]["namespace"] == f"mentor-upload-{stage}"


def container(manifests: list[dict[str, Any]], deployment: str) -> dict[str, Any]:
    (found,) = (
        each
        for each in manifests
        if each["kind"] == "Deployment" and each["metadata"]["name"] == deployment
    )
    pod: dict[str, Any] = found["spec"]["template"]["spec"]
    return {"pod": pod, "container": pod["containers"][0], "deployment": found}


def first(manifests: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(each for each in manifests if each["kind"] == kind)


def _privileged(m: list[dict[str, Any]]) -> None:
    container(m, "transcoder")["container"]["securityContext"]["privileged"] = True


def _writable(m: list[dict[str, Any]]) -> None:
    del container(m, "notifier")["container"]["securityContext"]["readOnlyRootFilesystem"]


def _unlimited(m: list[dict[str, Any]]) -> None:
    del container(m, "api-web")["container"]["resources"]["limits"]["memory"]


def _above_limit(m: list[dict[str, Any]]) -> None:
    container(m, "api-web")["container"]["resources"]["requests"]["cpu"] = "8"


def _lost_probe(m: list[dict[str, Any]]) -> None:
    container(m, "api-web")["container"]["livenessProbe"]["httpGet"]["port"] = 9999


def _impatient(m: list[dict[str, Any]]) -> None:
    container(m, "transcoder")["pod"]["terminationGracePeriodSeconds"] = 30


def _lost_selector(m: list[dict[str, Any]]) -> None:
    first(m, "Service")["spec"]["selector"] = {"app.kubernetes.io/name": "nobody"}


def _lost_budget(m: list[dict[str, Any]]) -> None:
    m.remove(first(m, "PodDisruptionBudget"))


def _two_scalers(m: list[dict[str, Any]]) -> None:
    first(m, "ScaledObject")["spec"]["scaleTargetRef"]["name"] = "api-web"


def _forgetful(m: list[dict[str, Any]]) -> None:
    first(m, "ScaledObject")["spec"]["triggers"][0]["metadata"]["scaleOnInFlight"] = "false"


def _no_settings(m: list[dict[str, Any]]) -> None:
    m.remove(first(m, "ConfigMap"))


def _unfilled(m: list[dict[str, Any]]) -> None:
    annotations = first(m, "ServiceAccount")["metadata"]["annotations"]
    annotations["eks.amazonaws.com/role-arn"] = "from-api-settings"


def _unknown_field(m: list[dict[str, Any]]) -> None:
    container(m, "notifier")["pod"]["terminationGraceSeconds"] = 60


def _removed_api(m: list[dict[str, Any]]) -> None:
    first(m, "PodDisruptionBudget")["apiVersion"] = "policy/v1beta1"


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_privileged, "may raise its privileges"),
        (_writable, "root file system can be written"),
        (_unlimited, "no limit of memory"),
        (_above_limit, "requests more cpu"),
        (_lost_probe, "asks port 9999"),
        (_impatient, "is killed after 30 s"),
        (_lost_selector, "selects nothing"),
        (_lost_budget, "no PodDisruptionBudget"),
        (_two_scalers, "has 2 autoscalers"),
        (_forgetful, "forgets messages in work"),
        (_no_settings, "there is no ConfigMap"),
        (_unfilled, "a stage's value is missing"),
    ],
)
def test_a_spoilt_manifest_is_found(
    rendered: dict[str, str], spoil: Callable[[list[dict[str, Any]]], None], complaint: str
) -> None:
    manifests = objects(rendered["qa"])
    spoil(manifests)

    said = judge(yaml.safe_dump_all(manifests), "--rules-only")

    assert complaint in said


def test_fields_and_versions_that_kubernetes_does_not_know_are_found(
    rendered: dict[str, str],
) -> None:
    manifests = objects(rendered["qa"])
    _unknown_field(manifests)
    _removed_api(manifests)

    said = judge(yaml.safe_dump_all(manifests))

    assert "terminationGraceSeconds" in said
    assert "PodDisruptionBudget" in said


def environment(text: str, deployment: str) -> tuple[str, list[str], dict[str, str]]:
    """Return service, arguments and environment of a Deployment's container as a pod gets it."""
    manifests = objects(text)
    box = container(manifests, deployment)["container"]
    settings: dict[str, str] = {}
    for source in box["envFrom"]:
        settings |= pick(text, "ConfigMap", source["configMapRef"]["name"])["data"]
    for variable in box["env"]:
        if "value" in variable:
            settings[variable["name"]] = variable["value"]
        else:
            reference = variable["valueFrom"]["secretKeyRef"]
            if not reference.get("optional"):
                settings[variable["name"]] = SECRETS[reference["key"]]
    service = deployment.partition("-")[0]
    return service, box.get("args", []), settings


@pytest.mark.parametrize(
    "deployment", ["api-web", "api-ingest", "transcoder", "transcriber", "notifier"]
)
def test_each_process_accepts_the_settings_that_its_pod_gets(
    rendered: dict[str, str], deployment: str
) -> None:
    service, arguments, settings = environment(rendered["prod"], deployment)

    done = run(
        sys.executable,
        *("-m", f"mentor_{service}", *arguments, "--check-config"),
        env={"PATH": os.environ["PATH"], **settings},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert SECRETS["JWT_SECRET"] not in done.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_pods_are_told_what_the_local_stacks_processes_are_told(
    rendered: dict[str, str], cloud: Any, service: str
) -> None:
    stack: Stack = cloud.stack
    local = {
        "AWS_ACCESS_KEY_ID",  # IRSA's part
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL",  # the emulator's
        "S3_PUBLIC_ENDPOINT_URL",
    }
    told: set[str] = set()
    for each in objects(rendered["qa"]):
        name = each["metadata"]["name"]
        if each["kind"] == "ConfigMap" and name.startswith(f"{service}-settings"):
            told |= set(each["data"])

    assert set(service_environment(stack, service)) - local <= told


def test_pods_say_where_they_are_scraped(rendered: dict[str, str]) -> None:
    for each in objects(rendered["prod"]):
        if each["kind"] != "Deployment":
            continue
        pod = each["spec"]["template"]
        (box,) = pod["spec"]["containers"]
        told = pod["metadata"]["annotations"]
        assert told["prometheus.io/scrape"] == "true"
        assert told["prometheus.io/path"] == "/metrics"
        ports = {str(port["containerPort"]) for port in box["ports"]}
        assert told["prometheus.io/port"] in ports, each["metadata"]["name"]


def test_dashboards_and_rules_become_configmaps() -> None:
    if not (TOOLS / "kustomize").exists():
        pytest.skip("no kustomize: install kubectl 1.27 or later, remove .venv-deploy, try again")
    done = run(TOOLS / "kustomize", "k8s/observe")
    assert (done.returncode, done.stderr) == (0, "")
    boards, rules = objects(done.stdout)
    assert boards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert set(boards["data"]) == {"business.json", "pipeline.json", "service.json"}
    assert {json.loads(text)["uid"] for text in boards["data"].values()} == {
        *("mentor-upload-business", "mentor-upload-pipeline", "mentor-upload-service"),
    }
    # kubectl apply keeps the whole object in an annotation, and those are bounded.
    assert len(done.stdout) < 256 * 1024
    assert yaml.safe_load(rules["data"]["mentor-upload.rules.yaml"])["groups"]
    assert "grafana_dashboard" not in rules["metadata"]["labels"]


def test_dockerfiles_compose_file_and_yaml_keep_their_tools_rules(tmp_path: Path) -> None:
    dockerfiles = sorted((REPOSITORY / "docker").glob("*.Dockerfile"))
    assert len(dockerfiles) == len(SERVICES) + 1

    linted = run(TOOLS / "hadolint", *dockerfiles)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
    yamllint = run(TOOLS / "yamllint", "--strict", "k8s", "docker", "infra", ".github")
    assert (yamllint.returncode, yamllint.stdout) == (0, "")
    # Reading the file needs no podman, but podman-compose asks one for its version first.
    podman = tmp_path / "podman"
    podman.write_text("#!/bin/sh\necho podman version 4.3.1\n")
    podman.chmod(0o700)
    compose = run(
        *(TOOLS / "podman-compose", "--podman-path", podman),
        *("-f", "docker/compose.yaml", "config"),
    )
    assert compose.returncode == 0, compose.stderr
    services = yaml.safe_load(compose.stdout)["services"]
    assert set(services) >= {*SERVICES, "ingest", "emulator", "graphql", "provision"}


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_made_for_one_service_by_any_builder(service: str) -> None:
    text = (REPOSITORY / "docker" / f"{service}.Dockerfile").read_text()
    others = [name for name in SERVICES if name != service]

    assert "--link" not in text
    assert "<<" not in text
    assert "ARG BASE=" in text
    assert 'ENTRYPOINT ["python", "-m"' in text
    assert "\nUSER 10001:10001\n" in text
    assert "MENTOR_UPLOAD_VERSION=${VERSION}" in text, "logs and reports name the release"
    assert not [name for name in others if f"services/{name}" in text]
    assert ("ffmpeg" in text) == (service in {"transcoder", "transcriber"})

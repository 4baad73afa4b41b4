"""The dry run on a Kubernetes API server: what it finds beyond schemas, where one can be had."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import api_server
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).parents[2]
Object = dict[str, Any]


def program(folder: Path, name: str, does: str = "echo it does not start >&2; exit 1") -> str:
    """Put a program into a folder; return its path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o700)
    return str(path)


def test_programs_are_those_of_the_folder_that_is_named_then_those_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets, path = tmp_path / "assets", tmp_path / "path"
    assets.mkdir()
    path.mkdir()
    ours = program(assets, "etcd")
    others = {name: program(path, name) for name in ("etcd", "kubectl")}
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    assert api_server.programs() == others

    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    assert api_server.programs() == {"etcd": ours, "kubectl": others["kubectl"]}
    with (
        pytest.raises(api_server.MissingError, match="no kube-apiserver, openssl: put kube-api"),
        api_server.api_server(),
    ):
        pass


def test_a_server_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    for name in ("etcd", "kubectl", "kube-apiserver"):
        program(tmp_path, name)
    program(tmp_path, "openssl", "exit 0")

    with (
        pytest.raises(api_server.ApiServerError, match="does not start: it does not start"),
        api_server.api_server(),
    ):
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[api_server.ApiServer]:
    try:
        with api_server.api_server() as server:
            yield server
    except api_server.MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def stage() -> list[Object]:
    done = subprocess.run(
        [REPOSITORY / ".venv-deploy/bin/kustomize", "k8s/overlays/qa"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [each for each in yaml.safe_load_all(done.stdout) if each]


@pytest.mark.usefixtures("deploy_tools")
def test_a_stage_is_accepted_but_for_kinds_that_others_define(
    server: api_server.ApiServer, stage: list[Object]
) -> None:
    accepted, others = server.dry_run(stage)

    assert accepted == sum(each["apiVersion"] in server.served for each in stage)
    assert "keda.sh/v1alpha1" in others
    assert {"apps/v1", "networking.k8s.io/v1", "v1"}.isdisjoint(others)


def pod(stage: list[Object]) -> Object:
    """Return the template of the web process's pods."""
    for each in stage:
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "api-web":
            template: Object = each["spec"]["template"]
            return template
    raise LookupError("api-web")


def _lost_label(stage: list[Object]) -> None:
    del pod(stage)["metadata"]["labels"]["app.kubernetes.io/name"]


def _unknown_volume(stage: list[Object]) -> None:
    pod(stage)["spec"]["containers"][0]["volumeMounts"][0]["name"] = "elsewhere"


def _long_port(stage: list[Object]) -> None:
    pod(stage)["spec"]["containers"][0]["ports"][0]["name"] = "the-port-of-http"


def _no_host(stage: list[Object]) -> None:
    ingress = next(each for each in stage if each["kind"] == "Ingress")
    ingress["spec"]["rules"][0]["host"] = "uploads_qa.example.org"


@pytest.mark.usefixtures("deploy_tools")
@pytest.mark.parametrize(
    ("spoil", "error_text"),
    [
        (_lost_label, "`selector` does not match template `labels`"),
        (_unknown_volume, 'Not found: "elsewhere"'),
        (_long_port, "must be no more than 15 characters"),
        (_no_host, "a lowercase RFC 1123 subdomain must consist of"),
    ],
)
def test_what_the_server_alone_knows_is_found(
    server: api_server.ApiServer,
    stage: list[Object],
    spoil: Callable[[list[Object]], None],
    error_text: str,
) -> None:
    objects = yaml.safe_load(yaml.safe_dump(stage))
    spoil(objects)

    with pytest.raises(api_server.ApiServerError, match=error_text):
        server.dry_run(objects)

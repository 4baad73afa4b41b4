"""The checks of ``make verify-deploy`` that start no container: by tests, tools and rules."""

from __future__ import annotations

import os
import shutil
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

import api_server
import check
import nodes
import yaml
from report import REPOSITORY, SCRATCH, CheckError, SkippedError, need, run

import deploy_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STAGES = ("dev", "qa", "prod")


@lru_cache
def rendered(stage: str) -> str:
    """Return a stage's manifests."""
    return run(".venv-deploy/bin/kustomize", f"k8s/overlays/{stage}")


def manifests(stage: str) -> check.Manifests:
    """Return the objects of a stage."""
    return check.Manifests(documents(rendered(stage)))


def of_rule(rule: Callable[[check.Manifests], Iterator[str]]) -> None:
    """Raise :class:`CheckError` with what a rule finds in any stage."""
    found = [f"{stage}: {fault}" for stage in STAGES for fault in rule(manifests(stage))]
    need(not found, "; ".join(found))


def pods_fit_nodes() -> str:
    """Place each pod on the documented nodes; tell how many of a kind one holds."""
    of_rule(check.placement)
    held: dict[str, str] = {}
    for stage in STAGES:
        for name, template in manifests(stage).pods():
            for pool in nodes.documented():
                if pool.takes(template["spec"]):
                    count = pool.pods_a_node(template["spec"])
                    held[f"{name} on {pool.name}"] = f"{count} a node"
    return ", ".join(f"{where}: {count}" for where, count in sorted(held.items()))


def ways_in() -> str:
    """See that what leads to the api ends no stream, and asks no sick pod."""
    of_rule(check.ways_in)
    kinds = {
        stage: sorted(
            {
                each["kind"]
                for kind in ("Ingress", "HTTPRoute")
                for each in manifests(stage).of(kind)
            }
        )
        for stage in STAGES
    }
    return ", ".join(f"{stage}: {', '.join(found)}" for stage, found in kinds.items())


def scaling() -> str:
    """See that queues scale workers with those in work counted, and that nobody ends busy ones."""
    for rule in (check.scaling, check.queues, check.endings):
        of_rule(rule)
    return tests("tests/observe/test_autoscaler.py")()


def tests(*paths: str) -> Callable[[], str]:
    """Return a check that runs tests of the repository."""

    def run_them() -> str:
        done = run(".venv/bin/pytest", "-q", *paths).splitlines()
        skipped = [line for line in done if line.startswith("SKIPPED")]
        need(not skipped, f"not all could be run: {'; '.join(skipped)}")
        return done[-1].rpartition(" in ")[0]

    return run_them


def custom_resources() -> str:
    """Judge KEDA's, the gateway's and Prometheus's objects by their definitions' schemas."""
    if not shutil.which("npm"):
        raise SkippedError("the definitions' schemas come by npm: install nodejs and npm")
    return run("make", "--silent", "custom-resources").splitlines()[-1].rpartition(" in ")[0]


def dry_run() -> str:
    """Let a Kubernetes API server judge each stage, and type the page's commands at it."""
    files = ("k8s/cluster/priorities.yaml", "k8s/deployers.yaml")
    beside = [each for path in files for each in documents((REPOSITORY / path).read_text())]
    stages = [each for stage in STAGES for each in manifests(stage).objects]
    typed = deploy_page.walked(deploy_page.API_SERVER)
    try:
        with api_server.api_server() as server:
            accepted, others = server.dry_run([*stages, *beside])
            for command in typed:
                run("bash", "-c", command, env={**os.environ, "KUBECONFIG": server.configuration})
    except api_server.MissingError as missing:
        raise SkippedError(str(missing)) from None
    seen = (
        f"{accepted} objects accepted by {server.version}, {len(typed)} commands of the page typed"
    )
    return f"{seen}; not served there: {', '.join(others)}"


def documents(text: str) -> list[check.Object]:
    """Return the objects of YAML documents."""
    return [each for each in yaml.safe_load_all(text) if each]


def iam_policies() -> str:
    """Hold each statement of each policy against the service authorization reference."""
    templates = sorted((REPOSITORY / "infra").glob("*/*.yaml"))
    stage = ("stateful", "roles", "alarms", "cdn", "chat", "ci")  # each after what it is given
    ordered = [REPOSITORY / f"infra/stage/{name}.yaml" for name in stage]
    ordered += [path for path in templates if path not in ordered]
    return run(".venv-deploy/bin/python", "infra/policies.py", *ordered).splitlines()[-1]


def cloudformation() -> str:
    """Hold the templates against CloudFormation's own definitions of resources, by cfn-lint."""
    templates = sorted((REPOSITORY / "infra").glob("*/*.yaml"))
    regions = ("us-east-1", "eu-central-1")
    run(".venv-deploy/bin/cfn-lint", "--regions", *regions, "--", *templates)
    return f"{len(templates)} templates in {' and '.join(regions)}"


def checkov() -> str:
    """Install and run checkov over the rendered stages, the Dockerfiles and the templates."""
    home = REPOSITORY / ".venv-checkov"
    stamp = home / ".installed"
    lock = REPOSITORY / "k8s/checkov.lock"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        run(sys.executable, "-m", "venv", home)
        run(home / "bin/pip", "install", "--quiet", "--require-hashes", "-r", lock)
        stamp.touch()
    folder = SCRATCH / "checkov"
    folder.mkdir(parents=True, exist_ok=True)
    stages: list[str | Path] = []  # named one by one: it passes over folders that begin with a dot
    for stage in STAGES:
        path = folder / f"{stage}.yaml"
        path.write_text(rendered(stage))
        stages += ["-f", path]
    ours = ("--config-file", "k8s/checkov.yaml")
    judged = {
        "manifests": (*stages, "--framework", "kubernetes", *ours),
        "Dockerfiles": ("-d", "docker", "--framework", "dockerfile", *ours),
        "templates": (
            *("-d", "infra", "--framework", "cloudformation"),
            *("--config-file", "infra/checkov.yaml"),
        ),
    }
    return "; ".join(f"{what}: {_passed(home, *arguments)}" for what, arguments in judged.items())


def _passed(home: Path, *arguments: str | Path) -> str:
    said = run(home / "bin/checkov", *arguments)
    passed = [line for line in said.splitlines() if line.startswith("Passed")]
    if not passed:
        raise CheckError("checkov judged nothing")
    return passed[0].partition(",")[0].lower()


CHECKS: dict[str, Callable[[], str]] = {
    "pods-fit-nodes": pods_fit_nodes,
    "whole-in-code": tests("tests/contract/test_infra.py"),
    "templates-on-emulator": tests("local/tests/provision/test_template.py"),
    "ways-in": ways_in,
    "first-install": tests("local/tests/provision/test_deploy.py"),
    "cdn": tests("tests/contract/test_cdn.py"),
    "page-walked": tests("local/tests/provision/test_deploy_page.py"),
    "deploy-proves": tests("tests/contract/test_deploy.py", "tests/integration/test_preflight.py"),
    "releases-alone": tests(
        "tests/contract/test_releases_alone.py", "tests/contract/test_event_compatibility.py"
    ),
    "scaling": scaling,
    "from-the-old-service": tests(
        "tests/integration/test_migration.py", "local/tests/provision/test_buckets.py"
    ),
    "costs": tests("tests/contract/test_costs.py"),
    "manifests": tests("tests/contract/test_deployment.py"),
    "custom-resources": custom_resources,
    "api-server": dry_run,
    "iam-policies": iam_policies,
    "cloudformation": cloudformation,
    "policy-checks": checkov,
    "permissions": tests("tests/e2e/test_permissions.py"),
}
"""In the order of what a first deployment needs."""

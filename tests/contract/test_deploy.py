"""``k8s/deploy.sh`` against a stand-in for kubectl and the registry, with real manifests."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import check
import pytest

from deployed import REPOSITORY, objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("deploy_tools")
DIGEST = f"sha256:{'1a' * 32}"
NAMESPACE = "mentor-upload-qa"
LINES = "preflight: sqs: ok: queue\npreflight: canary: ok: handled\n"
KUBECTL = """#!/bin/bash
# Notes its arguments, and the kinds it is given; answers as the files beside it say.
cd "$STAND_IN"
echo "$*" >> calls
case "$*" in
    *"get namespace"*) [ -f namespace ] ;;
    *"get job"*) cat job ;;
    *"logs job"*) cat logs ;;
    *"get deployment"*) cat revision ;;
    *"get events"*) echo "1m Warning FailedScheduling pod/preflight-transcoder-x7k 0/3 nodes" ;;
    *"rollout status"*) if [ -f broken ] && [ ! -f undone ]; then echo "deadline" >&2; exit 1; fi ;;
    *"rollout undo"*) touch undone ;;
    "apply -f - -l "*)
        cat >> applied
        [ ! -f refused ] || exit 1
        [ ! -f next ] || mv next revision
        ;;
    "apply -f -") cat > proving ;;
esac
"""
AWS = """#!/bin/bash
echo "$*" >> "$STAND_IN/asked"
cat "$STAND_IN/digest"
"""


class Deployed(NamedTuple):
    """Exit code and output of the script, and the calls of kubectl."""

    code: int
    said: str
    calls: list[str]


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """The folder that says how kubectl and the registry answer: all is well."""
    folder = tmp_path / "stand-in"
    folder.mkdir()
    for name, text in {"cluster": KUBECTL, "aws": AWS, "skopeo": AWS}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o700)
    for name, text in {
        "calls": "",
        "digest": DIGEST,
        "job": "SuccessCriteriaMet Complete",
        "logs": f'{{"event": "starting"}}\n{LINES}',
        "namespace": "",
        "revision": "3",
        "next": "4",
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def k8s(tmp_path: Path) -> Path:
    """A copy of what the script reads, so that overlays can be changed."""
    for name in ("base", "components", "overlays"):
        shutil.copytree(REPOSITORY / "k8s" / name, tmp_path / "k8s" / name)
    for name in ("deploy.sh", "preflight.py"):
        shutil.copy(REPOSITORY / "k8s" / name, tmp_path / "k8s" / name)
    (tmp_path / ".venv-deploy").symlink_to(REPOSITORY / ".venv-deploy")
    if not (tmp_path / ".venv-deploy/bin/kustomize").exists():
        pytest.skip("no kustomize: install kubectl 1.27 or later, remove .venv-deploy, try again")
    return tmp_path / "k8s"


@pytest.fixture
def deploy(k8s: Path, stand_in: Path) -> Callable[..., Deployed]:
    """Return a function that runs ``make deploy``'s script, and tells what it did."""

    def run(service: str = "api", tag: str = "v1", verb: str = "apply") -> Deployed:
        done = subprocess.run(
            [k8s / "deploy.sh", verb],
            env={
                "PATH": f"{stand_in}:{os.environ['PATH']}",
                "KUBECTL": str(stand_in / "cluster"),
                "STAND_IN": str(stand_in),
                "STAGE": "qa",
                "SERVICE": service,
                "TAG": tag,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        calls = (stand_in / "calls").read_text().splitlines()
        return Deployed(done.returncode, done.stdout + done.stderr, calls)

    return run


def test_a_version_that_proves_itself_is_rolled_out_by_its_digest(
    deploy: Callable[..., Deployed], stand_in: Path, k8s: Path
) -> None:
    code, said, calls = deploy()

    assert code == 0, said
    assert LINES.splitlines()[1] in said
    asked = (stand_in / "asked").read_text().split()
    assert asked[:6] == [
        *("ecr", "describe-images", "--registry-id", "123456789012", "--region", "us-east-1")
    ]
    assert {"mentor-upload/api", "imageTag=v1"} <= set(asked)
    own = f"-n {NAMESPACE}"
    steps = [call.split(" -o ")[0] for call in calls]
    assert steps == [
        f"get namespace {NAMESPACE}",
        f"{own} delete job preflight-api-web --ignore-not-found",
        f"{own} delete job preflight-api-ingest --ignore-not-found",
        "apply -f -",
        f"{own} get job preflight-api-web",
        f"{own} logs job/preflight-api-web --tail=-1",
        f"{own} get job preflight-api-ingest",
        f"{own} logs job/preflight-api-ingest --tail=-1",
        f"{own} get deployment api-web --ignore-not-found",
        f"{own} get deployment api-ingest --ignore-not-found",
        "apply -f - -l app.kubernetes.io/component in (api, shared)",
        f"{own} rollout status deployment/api-web --timeout=10m",
        f"{own} rollout status deployment/api-ingest --timeout=10m",
    ]
    applied = objects((stand_in / "applied").read_text())
    images = {
        each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in applied
        if each["kind"] == "Deployment" and each["metadata"]["name"].startswith("api-")
    }
    assert {each.name for each in (k8s / "overlays").iterdir()} == {"dev", "prod", "qa"}
    assert images == {f"123456789012.dkr.ecr.us-east-1.amazonaws.com/mentor-upload/api@{DIGEST}"}


@pytest.mark.parametrize(
    ("job", "logs", "shown"),
    [
        ("FailureTarget Failed", "preflight: s3: FAILED: none: it is not there", "s3: FAILED"),
        ("Failed", "configuration: AWS_REGION: Field required", "AWS_REGION: Field required"),
        ("Failed", "ImportError: no such module", "ImportError: no such module"),
        ("Failed", "", "FailedScheduling"),  # or an image that cannot be fetched
    ],
)
def test_a_version_that_cannot_do_its_work_changes_nothing_that_runs(
    deploy: Callable[..., Deployed], stand_in: Path, job: str, logs: str, shown: str
) -> None:
    (stand_in / "job").write_text(job)
    (stand_in / "logs").write_text(logs)

    code, said, _ = deploy("transcoder")

    assert code == 1
    assert shown in said
    assert "cannot work here: transcoder; what runs was not changed" in said
    assert not (stand_in / "applied").exists()


def test_a_version_that_does_not_become_ready_is_taken_back(
    deploy: Callable[..., Deployed], stand_in: Path
) -> None:
    (stand_in / "broken").touch()

    code, said, calls = deploy()

    assert code == 1
    assert "api-web runs what it ran before" in said
    assert "api did not become ready" in said
    undone = [call for call in calls if "rollout undo" in call]
    assert undone == [
        f"-n {NAMESPACE} rollout undo deployment/{name} --to-revision=3"
        for name in ("api-web", "api-ingest")
    ]


def test_what_the_cluster_refuses_in_part_is_taken_back(
    deploy: Callable[..., Deployed], stand_in: Path
) -> None:
    (stand_in / "refused").touch()

    code, said, calls = deploy("notifier")

    assert code == 1, said
    assert not [call for call in calls if "rollout undo" in call], "it had changed nothing"


def test_a_deployment_that_was_not_changed_is_not_taken_further_back(
    deploy: Callable[..., Deployed], stand_in: Path
) -> None:
    (stand_in / "broken").touch()
    (stand_in / "next").unlink()

    code, _, calls = deploy("notifier")

    assert code == 1
    assert not [call for call in calls if "rollout undo" in call]


def test_a_first_install_has_nothing_to_go_back_to(
    deploy: Callable[..., Deployed], stand_in: Path
) -> None:
    (stand_in / "namespace").unlink()
    (stand_in / "revision").write_text("")
    (stand_in / "broken").touch()

    code, said, calls = deploy("notifier")

    assert code == 1
    assert "apply -f overlays/qa/namespace.yaml" in calls
    assert "notifier ran nothing before" in said
    assert not [call for call in calls if "rollout undo" in call]


@pytest.mark.parametrize(("verb", "digest"), [("apply", ""), ("diff", "None"), ("render", "v1")])
def test_a_tag_without_an_image_stops_before_the_cluster_is_asked(
    deploy: Callable[..., Deployed], stand_in: Path, digest: str, verb: str
) -> None:
    (stand_in / "digest").write_text(digest)

    code, said, calls = deploy(verb=verb)

    assert code == 2
    assert "mentor-upload/api:v1: push it (make images), or mend the tag" in said
    assert calls == []


def test_a_digest_asks_no_registry_and_another_registry_is_asked_by_skopeo(
    deploy: Callable[..., Deployed], stand_in: Path, k8s: Path
) -> None:
    assert f"api@{DIGEST}" in deploy(tag=DIGEST, verb="render").said
    assert not (stand_in / "asked").exists()
    overlay = k8s / "overlays/qa/kustomization.yaml"
    ours = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    overlay.write_text(overlay.read_text().replace(ours, "registry.example.org:5000"))

    assert f"registry.example.org:5000/mentor-upload/api@{DIGEST}" in deploy(verb="render").said
    assert (stand_in / "asked").read_text().split()[-1] == (
        "docker://registry.example.org:5000/mentor-upload/api:v1"
    )


def test_rollback_goes_to_what_ran_before(deploy: Callable[..., Deployed]) -> None:
    code, _, calls = deploy("notifier", tag="", verb="rollback")

    assert code == 0
    assert calls[0] == f"-n {NAMESPACE} rollout undo deployment/notifier"


SERVICES = ("api", "transcoder", "transcriber", "notifier")


@pytest.mark.parametrize("service", SERVICES)
def test_the_pod_that_proves_a_version_is_the_deployments_own(
    deploy: Callable[..., Deployed], stand_in: Path, deploy_tools: Path, service: str
) -> None:
    assert deploy(service).code == 0
    deployed = check.Manifests(objects((stand_in / "applied").read_text()))
    proving = check.Manifests(objects((stand_in / "proving").read_text()))
    validated = subprocess.run(
        [
            *(deploy_tools / "kubernetes-validate", "-k", check.KUBERNETES, "--strict", "--quiet"),
            stand_in / "proving",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (validated.returncode, validated.stdout + validated.stderr) == (0, "")
    kinds = {each["kind"] for each in proving.objects}
    assert kinds == {"ConfigMap", "ServiceAccount", "NetworkPolicy", "Job"}
    pods = dict(deployed.pods())
    for job in proving.of("Job"):
        name = job["metadata"]["name"].removeprefix("preflight-")
        ours, theirs = job["spec"]["template"]["spec"], pods[name]["spec"]
        (container,), (deployments,) = ours["containers"], theirs["containers"]
        assert container["args"] == [*deployments.get("args", []), "--preflight"]
        for field in ("image", "env", "envFrom", "resources", "securityContext", "volumeMounts"):
            assert container[field] == deployments[field]
        for field in (
            *("serviceAccountName", "automountServiceAccountToken", "securityContext", "volumes"),
            *("priorityClassName", "nodeSelector", "tolerations", "affinity"),
        ):
            assert ours.get(field) == theirs.get(field)
        assert job["spec"]["backoffLimit"] == 0
    assert {each["metadata"]["name"] for each in proving.of("Job")} == {
        f"preflight-{name}" for name in pods if name.partition("-")[0] == service
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_pod_that_proves_a_version_is_nobodys_but_the_jobs(
    deploy: Callable[..., Deployed], stand_in: Path, service: str
) -> None:
    assert deploy(service).code == 0
    deployed = objects((stand_in / "applied").read_text())
    proving = check.Manifests(objects((stand_in / "proving").read_text()))
    monitors = objects((REPOSITORY / "k8s/observe/operator/pods.yaml").read_text())

    for job in proving.of("Job"):
        template = job["spec"]["template"]
        labels = template["metadata"]["labels"].items()
        for each in (*deployed, *monitors):
            spec = each.get("spec", {})
            selector = spec.get("selector") or spec.get("podSelector") or {}
            wanted = selector.get("matchLabels", selector)
            assert not wanted or not wanted.items() <= labels, each["metadata"]["name"]
        assert "prometheus.io/scrape" not in template["metadata"]["annotations"]
        (policy,) = proving.of("NetworkPolicy")
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels
        (own,) = (
            each
            for each in deployed
            if each["kind"] == "NetworkPolicy" and each["metadata"]["name"] == service
        )
        assert policy["spec"]["egress"] == own["spec"]["egress"]

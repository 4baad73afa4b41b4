"""Manifests and images as far as they can be judged without a cluster and a builder."""

from __future__ import annotations

import importlib
import ipaddress
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import check
import nodes
import pytest
import slim_botocore
import trial
import wiring
import yaml

from deployed import REPOSITORY, STAGES, TOOLS, objects, printed, render, run
from mentor_api.settings import WebSettings
from mentor_local.provision import SERVICES, service_environment
from mentor_transcoder.settings import TranscoderSettings
from mentor_transcriber.engines.registry import ENGINES
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from mentor_local.provision import Stack

pytestmark = pytest.mark.usefixtures("deploy_tools")
SECRETS = {"JWT_SECRET": "a" * 32, "API_SECRET": "b"}


def judge(text: str) -> str:
    done = run(TOOLS / "python", "k8s/check.py", input=text)
    assert done.stderr == ""
    assert (done.returncode == 0) == ("no fault" in done.stdout)
    return done.stdout


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return {stage: render(f"k8s/overlays/{stage}") for stage in STAGES}


def faults(manifests: list[dict[str, Any]]) -> str:
    """Return what our rules find, without the schemas."""
    return "\n".join(check.faults(check.Manifests(manifests)))


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


def _open_metadata(m: list[dict[str, Any]]) -> None:
    for each in first(m, "NetworkPolicy")["spec"]["egress"]:
        for to in each["to"]:
            to.get("ipBlock", {}).pop("except", None)


def _anywhere(m: list[dict[str, Any]]) -> None:
    del first(m, "NetworkPolicy")["spec"]["egress"][0]["to"]


def _two_scalers(m: list[dict[str, Any]]) -> None:
    scaler(m, "api-ingest")["scaleTargetRef"]["name"] = "api-web"


def _forgetful(m: list[dict[str, Any]]) -> None:
    scaler(m, "api-ingest")["triggers"][0]["metadata"]["scaleOnInFlight"] = "false"


def scaler(manifests: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        each["spec"]
        for each in manifests
        if each["kind"] == "ScaledObject" and each["metadata"]["name"] == name
    )
    return found


def _two_cores(m: list[dict[str, Any]]) -> None:
    container(m, "transcoder")["container"]["resources"]["requests"]["cpu"] = "2"


def _more_memory_than_the_node(m: list[dict[str, Any]]) -> None:
    container(m, "transcoder")["container"]["resources"]["limits"]["memory"] = "8Gi"


def _without_toleration(m: list[dict[str, Any]]) -> None:
    del container(m, "transcoder")["pod"]["tolerations"]


def _more_replicas_than_nodes(m: list[dict[str, Any]]) -> None:
    scaler(m, "transcoder")["maxReplicaCount"] = 100


def _unknown_priority(m: list[dict[str, Any]]) -> None:
    container(m, "api-web")["pod"]["priorityClassName"] = "high"


def _moving_tag(m: list[dict[str, Any]]) -> None:
    container(m, "api-web")["container"]["image"] = "mentor-upload/api:dev"


def _slow_to_leave_spot(m: list[dict[str, Any]]) -> None:
    container(m, "transcoder")["pod"]["terminationGracePeriodSeconds"] = 150


def _takes_busy_pods(m: list[dict[str, Any]]) -> None:
    del scaler(m, "transcoder")["advanced"]


def _wakes_late(m: list[dict[str, Any]]) -> None:
    scaler(m, "transcriber")["pollingInterval"] = 30


def _no_pause_before_the_end(m: list[dict[str, Any]]) -> None:
    container(m, "api-web")["pod"]["terminationGracePeriodSeconds"] = 40


def _unreachable(m: list[dict[str, Any]]) -> None:
    m.remove(first(m, "Ingress"))


def _retired_controller(m: list[dict[str, Any]]) -> None:
    first(m, "Ingress")["spec"]["ingressClassName"] = "nginx"


def told_alb(manifests: list[dict[str, Any]]) -> dict[str, str]:
    annotations: dict[str, str] = first(manifests, "Ingress")["metadata"]["annotations"]
    return annotations


def _impatient_load_balancer(m: list[dict[str, Any]]) -> None:
    told_alb(m)["alb.ingress.kubernetes.io/load-balancer-attributes"] = (
        "idle_timeout.timeout_seconds=30"
    )


def _other_health(m: list[dict[str, Any]]) -> None:
    del told_alb(m)["alb.ingress.kubernetes.io/healthcheck-path"]


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
    ("spoil", "error_text"),
    [
        (_privileged, "may raise its privileges"),
        (_writable, "root file system can be written"),
        (_unlimited, "no limit of memory"),
        (_above_limit, "requests more cpu"),
        (_lost_probe, "asks port 9999"),
        (_impatient, "is killed after 30 s"),
        (_lost_selector, "selects nothing"),
        (_lost_budget, "no PodDisruptionBudget"),
        (_open_metadata, "may reach the node's metadata"),
        (_anywhere, "names no destination"),
        (_two_scalers, "has 2 autoscalers"),
        (_forgetful, "forgets messages in work"),
        (_no_settings, "there is no ConfigMap"),
        (_unfilled, "a stage's value is missing"),
        (_two_cores, "requests 2 of cpu; a node of encoders-spot has 1.73 free"),
        (_more_memory_than_the_node, "limits 8589934592 of memory; a node of encoders-spot has"),
        (_without_toleration, "no documented node pool takes its pods"),
        (_more_replicas_than_nodes, "pool encoders-spot: all replicas need 103 nodes of 60"),
        (_unknown_priority, "has no priority class"),
        (_moving_tag, "names its image by a tag"),
        (_slow_to_leave_spot, "is not done when its spot node ends, after 150 s"),
        (_takes_busy_pods, "replicas are taken away in the middle of work"),
        (_wakes_late, "wakes its pods late"),
        (_no_pause_before_the_end, "is killed after 40 s; its drain takes up to 45 s"),
        (_unreachable, "nothing leads to the api"),
        (_retired_controller, "only class alb is supported"),
        (_impatient_load_balancer, "ends what is silent for a while"),
        (_other_health, "health is not asked at /readyz"),
    ],
)
def test_a_spoilt_manifest_is_found(
    rendered: dict[str, str], spoil: Callable[[list[dict[str, Any]]], None], error_text: str
) -> None:
    manifests = objects(rendered["qa"])
    spoil(manifests)

    assert error_text in faults(manifests)


def test_on_demand_a_worker_that_would_be_ended_in_the_middle_of_its_work_is_found(
    rendered: dict[str, str],
) -> None:
    manifests = objects(rendered["prod"])
    container(manifests, "transcoder")["container"]["env"][0]["value"] = "120"

    assert "Deployment transcoder: is ended before 1200 s" in faults(manifests)


def test_rules_count_with_what_the_services_do() -> None:
    for settings in (TranscoderSettings, TranscriberSettings):
        longest = settings.model_fields["max_duration_seconds"].default
        assert longest == check.LONGEST_WORK["transcoder"]
    streams = WebSettings.model_fields["events_max_seconds"].default
    assert streams == check.EVENT_STREAM_SECONDS


@pytest.mark.parametrize(
    ("cores", "pods", "free_cores", "reserved_mebibytes"),
    [(2, 29, 1.93, 674), (4, 58, 3.92, 993), (8, 58, 7.91, 993)],
)
def test_what_eks_reserves_of_a_node(
    cores: int, pods: int, free_cores: float, reserved_mebibytes: int
) -> None:
    """As ``kubectl describe node`` shows for large, xlarge and 2xlarge nodes."""
    left = nodes.allocatable(cores, 0, 100, pods)

    assert left["cpu"] == pytest.approx(free_cores)
    assert left["memory"] == -reserved_mebibytes * 2**20


def with_components(folder: Path, *names: str) -> Path:
    """Return the overlay qa of a copy of ``k8s`` in which it has these components too."""
    ignored = shutil.ignore_patterns("node_modules", "__pycache__")
    shutil.copytree(REPOSITORY / "k8s", folder / "k8s", ignore=ignored)
    (folder / TOOLS.parent.name).symlink_to(TOOLS.parent)
    overlay = folder / "k8s/overlays/qa"
    kustomization = overlay / "kustomization.yaml"
    written = yaml.safe_load(kustomization.read_text())
    wanted = {*written["components"], *(f"../../components/{name}" for name in names)}
    kustomization.write_text(yaml.safe_dump({**written, "components": sorted(wanted)}))
    return overlay


def _a_minute(route: dict[str, Any]) -> None:
    route["rules"][0]["timeouts"]["request"] = "60s"


def _elsewhere(route: dict[str, Any]) -> None:
    route["rules"][0]["backendRefs"][0]["name"] = "web"


def test_a_gateways_routes_keep_the_rules(tmp_path: Path) -> None:
    text = render(with_components(tmp_path, "gateway"))
    assert "no fault" in judge(text)
    for spoil, error_text in (
        (_a_minute, "HTTPRoute api: ends event streams and slow uploads"),
        (_elsewhere, "HTTPRoute api: there is no Service web"),
    ):
        manifests = objects(text)
        spoil(first(manifests, "HTTPRoute")["spec"])
        assert error_text in faults(manifests)


KUBECTL = """#!/bin/sh
echo "# $*"
cat
"""
"""Prints what it is asked for, as a comment, and the objects that it is given."""


def shown(overlay: Path, service: str) -> Iterator[tuple[str, str]]:
    """Yield kind and name of what ``k8s/deploy.sh`` has kubectl look at for a service."""
    kubectl = overlay / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o700)
    told = {"KUBECTL": str(kubectl), "STAGE": "qa", "SERVICE": service}
    environment = {"PATH": os.environ["PATH"], "TAG": f"sha256:{'0' * 64}", **told}
    text = printed(overlay.parents[1] / "deploy.sh", "diff", env=environment)
    asked, _, _ = text.partition("\n")
    selector = re.fullmatch(r"# diff -f - -l (\S+) in \((.+)\)", asked)
    assert selector, asked
    label, among = selector.groups()
    for each in objects(text):
        if each["metadata"].get("labels", {}).get(label) in among.split(", "):
            yield each["kind"], each["metadata"]["name"]


def test_each_object_of_each_component_is_deployed_with_a_service(
    rendered: dict[str, str], tmp_path: Path
) -> None:
    """``k8s/deploy.sh`` applies what has the service's label or is shared, and nothing else."""
    assert rendered
    components = [path.name for path in (REPOSITORY / "k8s/components").iterdir()]
    overlay = with_components(tmp_path, *components)
    text = render(overlay)
    assert "no fault" in judge(text)
    every = {(each["kind"], each["metadata"]["name"]) for each in objects(text)}

    deployed = {service: set(shown(overlay, service)) for service in SERVICES}

    assert set().union(*deployed.values()) == every - {("Namespace", "mentor-upload-qa")}
    shared = ("ExternalSecret", "mentor-upload")
    assert set.intersection(*deployed.values()) == {shared}
    assert pick(text, *shared)["spec"]["dataFrom"] == [{"extract": {"key": "mentor-upload-qa"}}]


def test_what_stands_beside_the_stages_keeps_kubernetes_schemas() -> None:
    done = run(
        *(TOOLS / "kubernetes-validate", "-k", check.KUBERNETES, "--strict", "--quiet"),
        *("k8s/cluster/priorities.yaml", "k8s/examples/ingress-nginx.yaml"),
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


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


def test_with_endpoints_in_the_vpc_those_who_decode_reach_no_public_address(
    rendered: dict[str, str], tmp_path: Path
) -> None:
    text = render(with_components(tmp_path, "vpc-endpoints"))
    assert "no fault" in judge(text)
    for name in ("transcoder", "transcriber"):
        blocks = blocks_of(pick(text, "NetworkPolicy", name))
        assert blocks
        assert all(ipaddress.ip_network(each["cidr"]).is_global is False for each in blocks)
        for other in ("api", "notifier"):
            as_it_was = pick(rendered["qa"], "NetworkPolicy", other)["spec"]
            assert pick(text, "NetworkPolicy", other)["spec"] == as_it_was


def blocks_of(policy: dict[str, Any]) -> list[dict[str, Any]]:
    rules = policy["spec"]["egress"]
    return [to["ipBlock"] for rule in rules for to in rule["to"] if "ipBlock" in to]


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
    text = render("k8s/observe")
    boards, rules = objects(text)
    assert boards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert set(boards["data"]) == {"business.json", "pipeline.json", "service.json"}
    assert {json.loads(text)["uid"] for text in boards["data"].values()} == {
        *("mentor-upload-business", "mentor-upload-pipeline", "mentor-upload-service"),
    }
    # kubectl apply keeps the whole object in an annotation, and those are bounded.
    assert len(text) < 256 * 1024
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


def test_images_for_several_platforms_are_built_and_pushed_in_one_step(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$1" = info ] || echo "$@" >> "$CALLS"\n')
    docker.chmod(0o700)
    platforms = "linux/amd64,linux/arm64"
    calls = tmp_path / "calls"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls)}

    one = run("docker/images.sh", "transcoder", env={**environment, "REGISTRY": "r", "TAG": "t"})
    both = run("docker/images.sh", "transcoder", env={**environment, "PLATFORMS": platforms})
    other = run(
        "docker/images.sh", env={**environment, "PLATFORMS": platforms, "BUILDER": "buildah"}
    )

    first_call, second_call = calls.read_text().splitlines()
    assert (one.returncode, both.returncode, other.returncode) == (0, 0, 1)
    assert first_call.startswith("build -f docker/transcoder.Dockerfile -t r/transcoder:t ")
    assert second_call.startswith(
        f"buildx build --platform {platforms} --push -f docker/transcoder"
    )
    assert other.stderr == "PLATFORMS needs docker buildx\n"


def slimmable(folder: Path) -> Path:
    """Return a folder with botocore and boto3 as they are installed, whose models can be removed.

    Files are links; what is removed are folders, and the models in them are links as well.
    """
    for package in ("botocore", "boto3"):
        installed = Path(str(importlib.import_module(package).__file__)).parent
        copy = folder / package
        (copy / "data").mkdir(parents=True)
        for part in installed.iterdir():
            if part.name != "data":
                (copy / part.name).symlink_to(part)
        for part in (installed / "data").iterdir():
            target = copy / "data" / part.name
            if not part.is_dir():
                target.symlink_to(part)
                continue
            target.mkdir()
            for version in part.iterdir():
                (target / version.name).symlink_to(version)
    return folder


def in_image(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the image build against the models in ``folder``."""
    return run(
        *(sys.executable, f"docker/{script}", *arguments),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)},
    )


def models(folder: Path) -> set[str]:
    return {part.name for part in (folder / "botocore/data").iterdir() if part.is_dir()}


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_what_its_service_asks_for_with_every_switch_on(
    tmp_path: Path, service: str
) -> None:
    folder = slimmable(tmp_path)

    slimmed = in_image(folder, "slim_botocore.py", "mentor_common", f"mentor_{service}")
    wired = in_image(folder, "wiring.py", service)

    assert (slimmed.returncode, slimmed.stderr) == (0, "")
    assert {"dynamodb", "s3", "sns", "sqs", "sts"} <= models(folder)
    assert len(models(folder)) < 10
    assert wired.returncode == 0, wired.stdout + wired.stderr
    assert "a role was asked for" in wired.stdout


def test_an_image_without_the_model_that_the_operators_console_needs_is_not_built(
    tmp_path: Path,
) -> None:
    folder = slimmable(tmp_path)
    shutil.rmtree(folder / "botocore/data/cloudwatch")

    wired = in_image(folder, "wiring.py", "api")

    assert wired.returncode != 0
    assert "Unknown service: 'cloudwatch'" in wired.stdout + wired.stderr


def wiring_says(folder: Path, call: str) -> str:
    """Return how one step of the wiring fails with the packages in ``folder``."""
    done = run(
        *(sys.executable, "-c", f"import wiring; wiring.{call}"),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}:{REPOSITORY / 'docker'}"},
    )
    assert done.returncode != 0
    return done.stderr


def test_an_image_that_cannot_take_on_its_role_is_not_built(tmp_path: Path) -> None:
    folder = slimmable(tmp_path)
    shutil.rmtree(folder / "botocore/data/sts")

    assert "Unknown service: 'sts'" in wiring_says(folder, "take_on_a_role()")


def test_an_image_that_lacks_what_only_a_child_process_imports_is_not_built(
    tmp_path: Path,
) -> None:
    (tmp_path / "pocketsphinx.py").write_text("raise ImportError('no pocketsphinx here')")

    said = wiring_says(tmp_path, "import_all('mentor_transcriber')")

    assert "no pocketsphinx here" in said


def test_every_switch_and_choice_is_taken() -> None:
    web = list(wiring.environments(WebSettings))

    assert {each["CONSOLE_ENABLED"] for each in web} == {"true"}
    assert {each["PRESIGN_SIGNATURE"] for each in web} == {"v4", "v2"}
    assert {each["RATE_LIMIT_STORAGE"].partition(":")[0] for each in web} == {"memory", "redis"}
    assert all(each["TRACE_URL_TEMPLATE"] and each["SENTRY_DSN_MENTOR_UPLOAD"] for each in web)
    profiles = {each["ENCODING_PROFILE"] for each in wiring.environments(TranscoderSettings)}
    assert profiles == {"balanced", "fast", "compat"}
    engines = {each["TRANSCRIBE_ENGINE"] for each in wiring.environments(TranscriberSettings)}
    assert engines == {"auto", *ENGINES}


def test_pods_are_tried_with_every_switch_on() -> None:
    on = trial.switches()

    assert set(on.values()) == {"true"}
    assert on.keys() >= {"CONSOLE_ENABLED", "STUDIO_ENABLED", "IS_SENTRY_ENABLED"}


def package(folder: Path, source: str) -> str:
    (folder / "shipped").mkdir()
    (folder / "shipped/__init__.py").write_text(source)
    return "shipped"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("aws.client('ses', region)", {"ses"}),
        ("session.create_client(service_name='kinesis')", {"kinesis"}),
        ("boto3.resource(\n    'dynamodb',\n)", {"dynamodb"}),
        ("def made(name):\n    return client(name)\nmade('sns')\nmade(name='x')", {"sns"}),
        ("sentry_sdk.get_client().close()\nself._client()", set()),
    ],
)
def test_the_models_of_an_image_are_read_from_the_clients_that_its_code_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, found: set[str]
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))

    assert slim_botocore.services([package(tmp_path, source)]) == found


def test_a_client_of_a_service_that_is_not_written_out_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(slim_botocore.UnreadableError, match=r"__init__.py:2: which service"):
        slim_botocore.services([package(tmp_path, "name = 's' + '3'\naws.client(name)")])

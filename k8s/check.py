"""Judge rendered manifests: ``k8s/check.py FILE …`` (or standard input), a line for each fault.

Kubernetes' schemas (``kubernetes-validate``, offline) see the shape of each object. What they do
not see is here: selectors that select nothing, limits below requests, probes of ports that nobody
opens, two autoscalers that fight over one Deployment, pods that may do more than they need, that
fit no documented node, or that are ended in the middle of their work. Kinds that Kubernetes itself
lacks are judged by ``k8s/custom.mjs``.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from nodes import SPOT_SECONDS, documented, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Object = dict[str, Any]
FOREIGN = frozenset(
    {
        "external-secrets.io/v1",
        "gateway.networking.k8s.io/v1",
        "keda.sh/v1alpha1",
        "monitoring.coreos.com/v1",
    }
)
"""Versions whose kinds Kubernetes itself lacks."""
KUBERNETES = "1.34.0"
DRAIN_SECONDS = 25
"""Beside the handlers' grace: the last long poll (20 s) and the process's own end. The web process
takes as long for what it has begun."""
LONGEST_WORK = {"transcoder": 1200, "transcriber": 300}
"""Seconds for the longest video (``MAX_DURATION_SECONDS``): as long as it plays to encode it, a
quarter of that to recognise it (``t`` and ``a`` of docs/deploy.md)."""
EVENT_STREAM_SECONDS = 60
"""Life of an event stream (``EVENTS_MAX_SECONDS``)."""
WAKE_SECONDS = 5
"""Within which a message for a worker at zero replicas is seen."""

_METADATA = ipaddress.ip_address("169.254.169.254")
_SELECTORS = {
    "Service": "selector",
    "PodDisruptionBudget": "selector",
    "NetworkPolicy": "podSelector",
}
_PRIORITIES = Path(__file__).with_name("cluster") / "priorities.yaml"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_ALB = "alb.ingress.kubernetes.io/"


class Manifests:
    """All objects of one overlay, and how they refer to each other."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self.objects = list(objects)

    def of(self, kind: str) -> Iterator[Object]:
        """Yield the objects of a kind."""
        return (each for each in self.objects if each["kind"] == kind)

    def names(self, kind: str) -> set[str]:
        """Return the names of all objects of a kind."""
        return {each["metadata"]["name"] for each in self.of(kind)}

    def pods(self) -> Iterator[tuple[str, Object]]:
        """Yield each Deployment's name and pod template."""
        for each in self.of("Deployment"):
            yield each["metadata"]["name"], each["spec"]["template"]

    def scaler(self, deployment: str) -> Object:
        """Return the specification of a Deployment's ScaledObject, or nothing."""
        for each in self.of("ScaledObject"):
            if each["spec"]["scaleTargetRef"]["name"] == deployment:
                return dict(each["spec"])
        return {}

    def most(self, deployment: str) -> int:
        """Return a Deployment's largest number of replicas."""
        return int(self.scaler(deployment).get("maxReplicaCount", 100))

    def scales_down(self, deployment: str) -> bool:
        """Return whether replicas are taken away one by one while others work."""
        autoscaler = (
            self.scaler(deployment).get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
        )
        down = autoscaler.get("behavior", {}).get("scaleDown", {})
        return bool(down.get("selectPolicy") != "Disabled")

    def selects(self, labels: Object) -> list[str]:
        """Return the Deployments whose pods carry the labels."""
        return [
            name
            for name, pod in self.pods()
            if labels.items() <= pod["metadata"].get("labels", {}).items()
        ]


def faults(manifests: Manifests) -> Iterator[str]:
    """Yield what is wrong, a line each."""
    rules = (selection, network, pods, placement, endings, ways_in)
    for rule in (*rules, scaling, queues, references, blanks):
        yield from rule(manifests)


def selection(manifests: Manifests) -> Iterator[str]:
    """Selectors match the pods they are meant for."""
    for each in manifests.of("Deployment"):
        name, labels = each["metadata"]["name"], each["spec"]["selector"]["matchLabels"]
        if manifests.selects(labels) != [name]:
            yield f"Deployment {name}: its selector must match its own pods and no others"
    for kind, field in _SELECTORS.items():
        for each in manifests.of(kind):
            selector = each["spec"].get(field, {})
            wanted = selector if kind == "Service" else selector.get("matchLabels", {})
            if not wanted or not manifests.selects(wanted):
                yield f"{kind} {each['metadata']['name']}: selects nothing"
    for name, pod in manifests.pods():
        labels = pod["metadata"]["labels"]
        for kind in ("PodDisruptionBudget", "NetworkPolicy"):
            covered = any(
                each["spec"][_SELECTORS[kind]]["matchLabels"].items() <= labels.items()
                for each in manifests.of(kind)
            )
            if not covered:
                yield f"Deployment {name}: no {kind} covers it"


def network(manifests: Manifests) -> Iterator[str]:
    """Pods reach what is named, port by port, and never the node's metadata."""
    for policy in manifests.of("NetworkPolicy"):
        where = f"NetworkPolicy {policy['metadata']['name']}"
        if "Egress" not in policy["spec"].get("policyTypes", []):
            yield f"{where}: its pods may reach everything"
        for rule in policy["spec"].get("egress", []):
            if not rule.get("to") or not rule.get("ports"):
                yield f"{where}: a rule names no destination, or no port"
            blocks = [each["ipBlock"] for each in rule.get("to", []) if "ipBlock" in each]
            if any(_reaches_metadata(block) for block in blocks):
                yield f"{where}: its pods may reach the node's metadata"


def _reaches_metadata(block: Object) -> bool:
    excepted = (_METADATA in ipaddress.ip_network(each) for each in block.get("except", []))
    return _METADATA in ipaddress.ip_network(block["cidr"]) and not any(excepted)


def pods(manifests: Manifests) -> Iterator[str]:
    """Pods ask for little, may do little, and can be probed and ended in order."""
    for name, template in manifests.pods():
        pod = template["spec"]
        security = pod.get("securityContext", {})
        if pod.get("automountServiceAccountToken") is not False:
            yield f"Deployment {name}: mounts a service account token that nothing needs"
        if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
            yield f"Deployment {name}: must run as a user that is not root"
        if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"Deployment {name}: needs the seccomp profile RuntimeDefault"
        if pod.get("hostNetwork") or pod.get("hostPID") or pod.get("hostIPC"):
            yield f"Deployment {name}: shares a namespace with its host"
        if any("hostPath" in volume for volume in pod.get("volumes", [])):
            yield f"Deployment {name}: mounts a folder of its host"
        if not pod.get("topologySpreadConstraints"):
            yield f"Deployment {name}: its pods may all land on one node"
        for container in pod["containers"]:
            if not _DIGEST.search(container["image"]):
                yield f"Deployment {name}: names its image by a tag, which may move"
            yield from _container(f"Deployment {name}", container)
            yield from _grace(f"Deployment {name}", pod, container)


def _container(where: str, container: Object) -> Iterator[str]:
    security = container.get("securityContext", {})
    if security.get("privileged") or security.get("allowPrivilegeEscalation") is not False:
        yield f"{where}: may raise its privileges"
    if security.get("readOnlyRootFilesystem") is not True:
        yield f"{where}: its root file system can be written"
    if security.get("capabilities", {}).get("drop") != ["ALL"]:
        yield f"{where}: keeps capabilities"
    resources = container.get("resources", {})
    for what in ("cpu", "memory", "ephemeral-storage"):
        request = resources.get("requests", {}).get(what)
        limit = resources.get("limits", {}).get(what)
        if request is None or limit is None:
            yield f"{where}: has no request or no limit of {what}"
        elif quantity(request) > quantity(limit):
            yield f"{where}: requests more {what} than its limit"
    ports = {port.get("name") for port in container.get("ports", [])}
    ports |= {port["containerPort"] for port in container.get("ports", [])}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        port = container.get(probe, {}).get("httpGet", {}).get("port")
        if port is None:
            yield f"{where}: has no {probe}"
        elif port not in ports:
            yield f"{where}: its {probe} asks port {port}, which it does not declare"


def _grace(where: str, pod: Object, container: Object) -> Iterator[str]:
    given = pod.get("terminationGracePeriodSeconds", 30)
    needed = DRAIN_SECONDS + _grace_of(container) + _pause_before(container)
    if given < needed:
        yield f"{where}: is killed after {given} s; its drain takes up to {needed:.0f} s"


def _grace_of(container: Object) -> float:
    """Return a worker's ``GRACE_SECONDS``; 0 where it has none."""
    environment = {each["name"]: each.get("value") for each in container.get("env", [])}
    return float(environment.get("GRACE_SECONDS") or 0)


def _pause_before(container: Object) -> float:
    """Return for how long the container goes on before it is told to end, seconds."""
    command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
    return float(command[1]) if command[:1] == ["sleep"] else 0


def placement(manifests: Manifests) -> Iterator[str]:
    """Each pod fits the documented nodes that may take it, and a pool holds all its replicas."""
    classes = {each["metadata"]["name"] for each in yaml.safe_load_all(_PRIORITIES.read_text())}
    pools = documented()
    needed = dict.fromkeys((pool.name for pool in pools), 0)
    for name, template in manifests.pods():
        pod = template["spec"]
        if pod.get("priorityClassName") not in classes:
            yield f"Deployment {name}: has no priority class of k8s/cluster"
        takers = [pool for pool in pools if pool.takes(pod)]
        if not takers:
            yield f"Deployment {name}: no documented node pool takes its pods"
        for pool in takers:
            yield from (f"Deployment {name}: {lack}" for lack in pool.lacks(pod))
            needed[pool.name] += math.ceil(manifests.most(name) / max(1, pool.pods_a_node(pod)))
    for pool in pools:
        if needed[pool.name] > pool.nodes:
            yield f"pool {pool.name}: all replicas need {needed[pool.name]} nodes of {pool.nodes}"


def endings(manifests: Manifests) -> Iterator[str]:
    """Workers that are ended finish their work; on a spot node they hand it back in time."""
    pools = documented()
    for name, template in manifests.pods():
        pod = template["spec"]
        given = pod.get("terminationGracePeriodSeconds", 30)
        if any(pool.spot for pool in pools if pool.takes(pod)):
            if given > SPOT_SECONDS:
                yield f"Deployment {name}: is not done when its spot node ends, after {given} s"
            if manifests.scales_down(name):
                yield f"Deployment {name}: replicas are taken away in the middle of work"
        elif any(_grace_of(each) < LONGEST_WORK.get(name, 0) for each in pod["containers"]):
            yield f"Deployment {name}: is ended before {LONGEST_WORK[name]} s, its longest work"


def ways_in(manifests: Manifests) -> Iterator[str]:
    """Something leads to the api, ends no stream or upload on the way, and asks no sick pod."""
    routes = [*manifests.of("Ingress"), *manifests.of("HTTPRoute")]
    if not routes:
        yield "nothing leads to the api: add components/alb or components/gateway"
    for each in manifests.of("Ingress"):
        name, annotations = each["metadata"]["name"], each["metadata"].get("annotations", {})
        if each["spec"].get("ingressClassName") != "alb":
            yield f"Ingress {name}: only class alb is supported; ingress-nginx was retired"
            continue
        load_balancer = _attributes(annotations.get(f"{_ALB}load-balancer-attributes", ""))
        if int(load_balancer.get("idle_timeout.timeout_seconds", 0)) < EVENT_STREAM_SECONDS:
            yield f"Ingress {name}: the load balancer ends what is silent for a while"
        if annotations.get(f"{_ALB}healthcheck-path") != "/readyz":
            yield f"Ingress {name}: health is not asked at /readyz"
    for each in manifests.of("HTTPRoute"):
        for rule in each["spec"]["rules"]:
            if rule.get("backendRefs") and rule.get("timeouts", {}).get("request") != "0s":
                yield f"HTTPRoute {each['metadata']['name']}: ends event streams and slow uploads"


def _attributes(text: str) -> dict[str, str]:
    return dict(each.strip().split("=", 1) for each in text.split(",") if each.strip())


def scaling(manifests: Manifests) -> Iterator[str]:
    """Each Deployment has exactly one autoscaler."""
    scalers: Counter[str] = Counter()
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for each in manifests.of(kind):
            target = each["spec"]["scaleTargetRef"]["name"]
            scalers[target] += 1
            if target not in manifests.names("Deployment"):
                yield f"{kind} {each['metadata']['name']}: there is no Deployment {target}"
    for name in sorted(manifests.names("Deployment")):
        if scalers[name] != 1:
            yield f"Deployment {name}: has {scalers[name]} autoscalers, and needs one"
    for each in manifests.of("Deployment"):
        if "replicas" in each["spec"]:
            yield f"Deployment {each['metadata']['name']}: its replicas would undo the autoscaler's"


def queues(manifests: Manifests) -> Iterator[str]:
    """Each queue scales one Deployment, with the messages in work counted."""
    triggers = manifests.names("TriggerAuthentication")
    looked_at: Counter[str] = Counter()
    for each in manifests.of("ScaledObject"):
        name = each["metadata"]["name"]
        sleeps = each["spec"].get("minReplicaCount", 0) == 0
        if sleeps and each["spec"].get("pollingInterval", 30) > WAKE_SECONDS:
            yield f"ScaledObject {name}: wakes its pods late"
        for trigger in each["spec"]["triggers"]:
            if trigger["type"] != "aws-sqs-queue":
                continue
            looked_at[trigger["metadata"]["queueURL"]] += 1
            if trigger["authenticationRef"]["name"] not in triggers:
                yield f"ScaledObject {name}: lacks its TriggerAuthentication"
            if trigger["metadata"].get("scaleOnInFlight") != "true":
                yield f"ScaledObject {name}: forgets messages in work"
    for queue, count in looked_at.items():
        if count > 1:
            yield f"ScaledObjects: {count} look at {queue}"


def references(manifests: Manifests) -> Iterator[str]:
    """Whatever a pod or an ingress names is there."""
    accounts, settings = manifests.names("ServiceAccount"), manifests.names("ConfigMap")
    for name, template in manifests.pods():
        pod = template["spec"]
        if pod["serviceAccountName"] not in accounts:
            yield f"Deployment {name}: there is no ServiceAccount {pod['serviceAccountName']}"
        sources = [each for box in pod["containers"] for each in box.get("envFrom", [])]
        for wanted in {each["configMapRef"]["name"] for each in sources} - settings:
            yield f"Deployment {name}: there is no ConfigMap {wanted}"
    for each in manifests.of("Ingress"):
        paths = [path for rule in each["spec"]["rules"] for path in rule["http"]["paths"]]
        for service in {path["backend"]["service"]["name"] for path in paths}:
            if service not in manifests.names("Service"):
                yield f"Ingress {each['metadata']['name']}: there is no Service {service}"
    for each in manifests.of("HTTPRoute"):
        backends = [ref for rule in each["spec"]["rules"] for ref in rule.get("backendRefs", [])]
        for service in {ref["name"] for ref in backends} - manifests.names("Service"):
            yield f"HTTPRoute {each['metadata']['name']}: there is no Service {service}"


def blanks(manifests: Manifests) -> Iterator[str]:
    """Whatever a stage must fill in has been filled in."""
    for each in manifests.objects:
        if "from-" in json.dumps(each.get("metadata", {}).get("annotations", {})) or (
            each["apiVersion"] in FOREIGN and '"from-' in json.dumps(each)
        ):
            yield f"{each['kind']} {each['metadata']['name']}: a stage's value is missing"


def schema_faults(manifests: Manifests) -> Iterator[str]:
    """Yield what Kubernetes' own schemas refuse, unknown kinds and fields included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifests.yaml"
        native = [each for each in manifests.objects if each["apiVersion"] not in FOREIGN]
        path.write_text(yaml.dump_all(native, Dumper=yaml.CSafeDumper))
        tool = Path(sys.executable).with_name("kubernetes-validate")
        done = subprocess.run(
            [tool, "-k", KUBERNETES, "--strict", "--quiet", path],
            capture_output=True,
            text=True,
            check=False,
        )
    # It warns of kinds it does not know; for us that is a fault like any other.
    output = (done.stdout + done.stderr).strip()
    if done.returncode or output:
        yield from output.splitlines() or [f"kubernetes-validate ended with {done.returncode}"]


def main(arguments: list[str]) -> int:
    """Judge all files together, as one overlay; return the exit code."""
    texts = [Path(path).read_text() for path in arguments] or [sys.stdin.read()]
    objects = [each for text in texts for each in yaml.load_all(text, yaml.CSafeLoader) if each]
    manifests = Manifests(objects)
    found = [*faults(manifests), *schema_faults(manifests)]
    print("\n".join(found) or f"{len(objects)} objects, no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Render what proves a service's new version: ``k8s/preflight.py SERVICE``, overlay on stdin.

For each of the service's Deployments a Job that runs its pod once with ``--preflight``: the same
image, settings, secrets, role, limits and nodes. Beside it what such a pod stands on, and the
network policy once more for the Jobs alone. Nothing here touches a pod that runs: ConfigMaps are
named after their content, and the Jobs' pods have labels of their own, so that no Service sends
them requests, nobody scrapes them, and no disruption budget counts them.
"""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Object = dict[str, Any]
FIRST = frozenset({"ConfigMap", "ExternalSecret", "ServiceAccount"})
"""Kinds that a pod cannot start without."""
COMPONENT = "app.kubernetes.io/component"
NAME = "app.kubernetes.io/name"
DEADLINE_SECONDS = 600
"""A pool at zero has to begin with a node, which then fetches the image."""
KEPT_SECONDS = 24 * 3600
"""For so long a Job stays to be looked at, unless the next deployment takes its place."""
_DISRUPTED = {"type": "DisruptionTarget", "status": "True"}
_SERVERS = ("lifecycle", "livenessProbe", "ports", "readinessProbe", "startupProbe")


def rendered(objects: Iterable[Object], service: str) -> Iterator[Object]:
    """Yield what is to be applied for a service, the Jobs last."""
    own = [each for each in objects if _component(each) in {service, "shared"}]
    yield from (each for each in own if each["kind"] in FIRST)
    yield from (_policy(each, service) for each in own if each["kind"] == "NetworkPolicy")
    yield from (_job(each, service) for each in own if each["kind"] == "Deployment")


def _component(each: Object) -> str | None:
    label: str | None = each["metadata"].get("labels", {}).get(COMPONENT)
    return label


def _policy(policy: Object, service: str) -> Object:
    """Return a network policy for the Jobs' pods, which nobody calls."""
    spec = policy["spec"] | {"podSelector": {"matchLabels": _labels(service)}}
    spec.pop("ingress", None)
    return policy | {"metadata": _named(policy), "spec": spec}


def _job(deployment: Object, service: str) -> Object:
    template = copy.deepcopy(deployment["spec"]["template"])
    annotations = template["metadata"].get("annotations", {})
    template["metadata"] = {
        "labels": _labels(service),
        "annotations": {
            name: value for name, value in annotations.items() if "prometheus.io" not in name
        },
    }
    pod = template["spec"]
    pod.pop("topologySpreadConstraints", None)
    pod |= {"restartPolicy": "Never", "terminationGracePeriodSeconds": 30}
    (container,) = pod["containers"]
    for field in _SERVERS:
        container.pop(field, None)
    container["args"] = [*container.get("args", []), "--preflight"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _named(deployment),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            # One whose node is taken away says nothing about the version: it is started again.
            "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [_DISRUPTED]}]},
            "template": template,
        },
    }


def _labels(service: str) -> dict[str, str]:
    return {NAME: f"preflight-{service}"}


def _named(of: Object) -> Object:
    metadata = of["metadata"]
    kept = {name: metadata[name] for name in ("labels", "namespace") if name in metadata}
    return {"name": f"preflight-{metadata['name']}", **kept}


if __name__ == "__main__":
    given = [each for each in yaml.safe_load_all(sys.stdin) if each]
    print(yaml.safe_dump_all(rendered(given, sys.argv[1]), sort_keys=False), end="")

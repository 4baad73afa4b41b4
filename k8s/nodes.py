"""What the documented node pools (``k8s/nodes.yaml``) leave for pods, and which pods they take."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]
SPOT_SECONDS = 100
"""What is left of a spot node's two minutes of notice when its pods are told."""

_MI, _GI = 2**20, 2**30
_UNITS = {"": 1, "m": 0.001, "Ki": 2**10, "Mi": _MI, "Gi": _GI, "k": 1e3, "M": 1e6, "G": 1e9}
_HYPERVISOR = 0.075
_CORE_SHARES = (0.06, 0.01, 0.005, 0.005)
_FURTHER_CORES = 0.0025


def quantity(text: object) -> float:
    """Return a resource quantity as a number: cores or bytes."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{text!r} is no quantity")
    return float(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True)
class Pool:
    """A node pool; ``free`` is what one of its nodes leaves for our pods: cores, bytes."""

    name: str
    free: Object
    nodes: int
    spot: bool = False
    labels: Object = field(default_factory=dict)
    taints: tuple[Object, ...] = ()

    def takes(self, pod: Object) -> bool:
        """Return whether the scheduler may put a pod here: its selector and the pool's taints."""
        return pod.get("nodeSelector", {}).items() <= self.labels.items() and all(
            any(_tolerates(toleration, taint) for toleration in pod.get("tolerations", []))
            for taint in self.taints
        )

    def pods_a_node(self, pod: Object) -> int:
        """Return how many pods of a kind a node holds."""
        requests = _total(pod, "requests")
        return min((int(self.free[what] // amount) for what, amount in requests.items()), default=0)

    def lacks(self, pod: Object) -> Iterator[str]:
        """Yield what a node has not for a pod, a line each.

        What it requests has to be free, and what it may take at most: only cores can be shared.
        """
        for kind in ("requests", "limits"):
            for what, amount in _total(pod, kind).items():
                if amount > self.free[what] and (kind, what) != ("limits", "cpu"):
                    free = f"a node of {self.name} has {self.free[what]:.10g} free"
                    yield f"{kind} {amount:.10g} of {what}; {free}"


def _total(pod: Object, kind: str) -> dict[str, float]:
    """Return the requests or limits of all containers of a pod together."""
    each = [container.get("resources", {}).get(kind, {}) for container in pod["containers"]]
    names = {what for amounts in each for what in amounts}
    return {what: sum(quantity(amounts.get(what, 0)) for amounts in each) for what in names}


def _tolerates(toleration: Object, taint: Object) -> bool:
    same_value = toleration.get("operator") == "Exists" or (
        toleration.get("value") == taint["value"]
    )
    same_effect = toleration.get("effect") in {None, taint["effect"]}
    return toleration.get("key") in {None, taint["key"]} and same_value and same_effect


def allocatable(cpu: int, memory: float, disk: float, pods: int) -> dict[str, float]:
    """Return what EKS leaves of a node for pods: cores, bytes of memory and of disk.

    EKS's own formula, "Calculates the amount of CPU (memory) to reserve for kubeReserved" in
    https://github.com/awslabs/amazon-eks-ami (``bootstrap.sh``, and nodeadm, which took it over):
    6 % of the first core, 1 % of the second, 0.5 % of the third and fourth, 0.25 % of the others;
    255 MiB and 11 MiB for each pod that may run there; 1 GiB of disk. Pods are evicted when 100 MiB
    of memory or 10 % of the disk are left. Of an instance's memory the hypervisor and the kernel
    keep up to 7.5 %, which is what Karpenter expects by default (``VM_MEMORY_OVERHEAD_PERCENT``).
    """
    shares = [*_CORE_SHARES[:cpu], *[_FURTHER_CORES] * (cpu - len(_CORE_SHARES))]
    return {
        "cpu": cpu - sum(shares),
        "memory": memory * (1 - _HYPERVISOR) - (255 + 11 * pods) * _MI - 100 * _MI,
        "ephemeral-storage": disk * 0.9 - _GI,
    }


def documented() -> list[Pool]:
    """Return the pools of the documented cluster."""
    written = yaml.safe_load(Path(__file__).with_name("nodes.yaml").read_text())
    taken = {
        what: sum(quantity(each.get(what, 0)) for each in written["daemonsets"].values())
        for what in ("cpu", "memory", "ephemeral-storage")
    }
    return [_pool(name, pool, taken) for name, pool in written["pools"].items()]


def _pool(name: str, written: Object, taken: dict[str, float]) -> Pool:
    memory, disk = quantity(written["memory"]), quantity(written["disk"])
    left = allocatable(written["cpu"], memory, disk, written["pods"])
    return Pool(
        name=name,
        free={what: amount - taken[what] for what, amount in left.items()},
        nodes=written["nodes"],
        spot=written.get("spot", False),
        labels=written["labels"],
        taints=tuple(written["taints"]),
    )

"""Containers started by podman as rendered Kubernetes manifests describe them.

``podman kube play`` loses probes, readiness and secrets on the way. Here the flags of ``podman
run`` are read from the manifests that a cluster gets, so that what is tried is what is deployed.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CONFIGURATION = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"

[network]
network_backend = "netavark"

[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
"""
"""Works without systemd, which a build machine may lack."""

_UNITS = {"Ki": "k", "Mi": "m", "Gi": "g"}


class PodmanError(Exception):
    """Podman could not do what was asked; the message is its own."""


class Podman:
    """Podman with a configuration and names of its own.

    ``prefix`` stands before every name, so that nobody else's containers are touched.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "containers.conf"
        configuration.write_text(CONFIGURATION)
        self._environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Run podman; return what it printed.

        Raises
        ------
        PodmanError
            When it fails and ``check`` is set.
        """
        done = subprocess.run(
            ["podman", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise PodmanError(f"podman {arguments[0]}: {(done.stderr or done.stdout).strip()}")
        return done.stdout.strip()

    def name(self, container: str) -> str:
        """Return the full name of one of our containers."""
        return f"{self.prefix}-{container}"

    def logs(self, container: str) -> str:
        """Return everything that a container has written."""
        done = subprocess.run(
            ["podman", "logs", self.name(container)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def state(self, container: str) -> dict[str, Any]:
        """Return the engine's view of a container."""
        (found,) = json.loads(self("inspect", self.name(container)))
        return dict(found)

    def stop(self, container: str, seconds: int) -> float:
        """End a container with SIGTERM, and SIGKILL after ``seconds``; return how long it took."""
        started = time.monotonic()
        self("stop", "--time", str(seconds), self.name(container))
        return time.monotonic() - started

    def remove(self, containers: Sequence[str]) -> None:
        """Remove our containers, their volumes and our network."""
        for container in containers:
            self("rm", "--force", "--volumes", "--time", "0", self.name(container), check=False)
        self("network", "rm", "--force", self.prefix, check=False)


@dataclass(frozen=True)
class Pod:
    """The one container of a Deployment or a Job, ready to be started.

    ``grace`` is the time between SIGTERM and SIGKILL, seconds.
    """

    name: str
    image: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    grace: int
    flags: tuple[str, ...]
    disks: Mapping[str, str] = field(default_factory=dict)

    def start(
        self, podman: Podman, image: str, more: Mapping[str, str], publish: Sequence[str] = ()
    ) -> None:
        """Start the container in our network.

        Parameters
        ----------
        image
            The local image that stands in for the registry's.
        more
            Environment beside the manifest's: where the stand-ins for AWS and GraphQL are.
        publish
            Ports for the machine, as ``podman run --publish`` wants them.
        """
        mounts = []
        for disk, path in self.disks.items():
            folder = podman.folder / "disks" / f"{self.name}-{disk}"
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, 10001, 10001)
            mounts += ["--volume", f"{folder}:{path}"]
        podman(
            *("run", "--detach", "--name", podman.name(self.name), "--hostname", self.name),
            *("--network", podman.prefix, "--network-alias", self.name),
            *self.flags,
            *mounts,
            *(flag for port in publish for flag in ("--publish", port)),
            *(f"--env={name}={value}" for name, value in {**self.environment, **more}.items()),
            image,
            *self.arguments,
        )


def read(text: str, secrets: Mapping[str, str]) -> dict[str, Pod]:
    """Return the pods of rendered manifests by their Deployment's or Job's name."""
    objects = [each for each in yaml.safe_load_all(text) if each]
    settings = {
        each["metadata"]["name"]: each["data"] for each in objects if each["kind"] == "ConfigMap"
    }
    return {
        each["metadata"]["name"]: _pod(each["metadata"]["name"], each["spec"], settings, secrets)
        for each in objects
        if each["kind"] in {"Deployment", "Job"}
    }


def _pod(
    name: str,
    spec: dict[str, Any],
    settings: Mapping[str, Mapping[str, str]],
    secrets: Mapping[str, str],
) -> Pod:
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    flags, disks = _volumes(pod, container)
    return Pod(
        name=name,
        image=container["image"],
        arguments=tuple(container.get("args", ())),
        environment=_environment(container, settings, secrets),
        grace=pod["terminationGracePeriodSeconds"],
        flags=(*_confinement(pod, container), *flags),
        disks=disks,
    )


def _environment(
    container: dict[str, Any], settings: Mapping[str, Mapping[str, str]], secrets: Mapping[str, str]
) -> dict[str, str]:
    environment: dict[str, str] = {}
    for source in container.get("envFrom", []):
        environment |= settings[source["configMapRef"]["name"]]
    for variable in container.get("env", []):
        if "value" in variable:
            environment[variable["name"]] = variable["value"]
            continue
        reference = variable["valueFrom"]["secretKeyRef"]
        if reference["key"] in secrets or not reference.get("optional"):
            environment[variable["name"]] = secrets[reference["key"]]
    return environment


def _confinement(pod: dict[str, Any], container: dict[str, Any]) -> list[str]:
    whole, own = pod["securityContext"], container["securityContext"]
    limits = container["resources"]["limits"]
    flags = ["--user", f"{whole['runAsUser']}:{whole['runAsGroup']}", "--read-only-tmpfs=false"]
    if own["readOnlyRootFilesystem"]:
        flags.append("--read-only")
    if not own["allowPrivilegeEscalation"]:
        flags += ["--security-opt", "no-new-privileges"]
    flags += [f"--cap-drop={each}" for each in own["capabilities"]["drop"]]
    memory = limits["memory"]
    flags += ["--memory", memory[:-2] + _UNITS[memory[-2:]]]
    cores = str(limits["cpu"])
    flags += ["--cpus", str(int(cores[:-1]) / 1000) if cores.endswith("m") else cores]
    return flags


def _volumes(pod: dict[str, Any], container: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    flags: list[str] = []
    disks: dict[str, str] = {}
    kinds = {volume["name"]: volume["emptyDir"] for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        kind = kinds[mount["name"]]
        if kind.get("medium") == "Memory":
            size = kind["sizeLimit"][:-2] + _UNITS[kind["sizeLimit"][-2:]]
            flags += ["--tmpfs", f"{mount['mountPath']}:rw,size={size},mode=1777"]
        else:
            disks[mount["name"]] = mount["mountPath"]
    return flags, disks

"""``make verify-deploy``: what is deployed, for real, as far as one machine without a cloud can.

Installs what it needs (as root on Debian or Ubuntu), builds the images, looks into them, starts the
pods of a rendered overlay with every switch on, sends an answer through them, ends them. Meanwhile
it judges manifests and templates (:mod:`judged`), and shows that the faults of a first deployment
are found (:mod:`faults`). Prints a line a check, ``ok``, ``skipped`` or ``FAILED``, its name and
what was seen; the exit code is 0 only without a FAILED. Everything it makes is in .verify/ and in
podman's storage. ``python docker/verify.py judged|faults|pods …`` makes some of the checks alone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import faults
import judged
from preflights import preflights
from report import REPOSITORY, SCRATCH, TAG, Report, SkippedError, local, need, run
from trial import Trial

from mentor_local import pods
from mentor_local.provision import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

PORTS = int(os.environ.get("MENTOR_UPLOAD_PORT_BASE") or 8000)
NETWORK = f"mentor-upload-verify-{PORTS}"
PACKAGES = (
    "buildah podman runc netavark aardvark-dns skopeo uidmap catatonit iptables nftables mmdebstrap"
)
WITH_FFMPEG = {"transcoder", "transcriber"}
LOOK = """
import importlib.metadata, json, os, re, shutil
names = [each.name.lower() for each in importlib.metadata.distributions()]
print(json.dumps({
    "packages": [re.sub("[-_.]+", "-", name) for name in names],  # as locks write them
    "ffmpeg": bool(shutil.which("ffmpeg")) and bool(shutil.which("ffprobe")),
    "uid": os.getuid(),
}))
"""
UNREACHABLE = {
    "cluster": "needs an account: that EKS, nodes, NAT, charts and certificates come up",
    "cloudfront": "needs an account: that CloudFront keeps its documented rules",
    "stack-policy": "needs an account: that an update that replaces data is refused",
    "keda-scaling": "needs a cluster with KEDA: that queues scale the workers, from zero and back",
    "network-policies": "needs a cluster whose network enforces them",
    "irsa": "needs an EKS cluster: that pods take on their roles by web identity",
    "alarms-of-aws": "needs an account: SQS's own metrics, and Slack through AWS Chatbot",
    "prices": "needs AWS's current price list: docs/costs.md names those that were reckoned with",
}
PARTS = frozenset({"judged", "faults", "pods"})


def container_tools() -> str:
    """Install what builds and runs containers."""
    wanted = [] if all(map(shutil.which, ("buildah", "podman", "mmdebstrap"))) else [PACKAGES]
    if not shutil.which("npm"):
        wanted.append("nodejs npm")
    if os.geteuid() or not shutil.which("apt-get"):
        raise SkippedError("containers are built and run here as root on Debian or Ubuntu only")
    if wanted:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "update", "-qq", env=quiet)
        packages = " ".join(wanted).split()
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=quiet)
    return run("podman", "--version").strip()


def image(service: str) -> Callable[[], str]:
    """Return a check that builds an image and tells its size."""

    def build() -> str:
        run("docker/images.sh", service, env={**os.environ, "TAG": TAG, "BUILDER": "buildah"})
        (found,) = json.loads(run("buildah", "images", "--json", local(service)))
        return str(found["size"])

    return build


def alone(podman: pods.Podman, service: str) -> Callable[[], str]:
    """Return a check that an image holds its own locked packages and no others."""

    def look() -> str:
        seen = json.loads(
            podman(
                "run", "--rm", "--network=none", "--entrypoint=python", local(service), "-c", LOOK
            )
        )
        locks = (REPOSITORY / f"services/{service}").glob("*.lock")
        lines = [line for lock in locks for line in lock.read_text().splitlines()]
        locked = {line.split("==")[0] for line in lines if "==" in line[:60]}
        ours = {"mentor-common", f"mentor-{service}"}
        foreign = set(seen["packages"]) - locked - ours
        need(not foreign, f"holds what it does not import: {sorted(foreign)}")
        need(ours <= set(seen["packages"]), f"lacks its own code: {seen['packages']}")
        need(seen["ffmpeg"] == (service in WITH_FFMPEG), f"ffmpeg: {seen['ffmpeg']}")
        need(seen["uid"] != 0, "runs as root")
        return f"{len(seen['packages'])} packages"

    return look


def check_offline(report: Report, wanted: AbstractSet[str]) -> None:
    """All checks that need no container."""
    if "judged" in wanted:
        for name, do in judged.CHECKS.items():
            report.check(name, do)
    if "faults" in wanted:
        for name, several in faults.FAULTS.items():
            report.check(f"fault-{name}", faults.found(several))


def start_pods(report: Report) -> None:
    """All checks that need containers."""
    podman = pods.Podman(SCRATCH / f"pods-{PORTS}", NETWORK)
    if not report.check("base-image", lambda: run("docker/base.sh")):
        return
    built = [
        report.check(f"image-{service}", image(service))
        and (service == "local" or report.check(f"image-{service}-alone", alone(podman, service)))
        for service in (*SERVICES, "local")
    ]
    if not all(built):
        return
    trial = Trial(podman, PORTS)
    everything = ["api-web", "api-ingest", "transcoder", "transcriber", "notifier"]
    everything += ["emulator", "graphql", "collector"]
    podman.remove(everything)
    try:
        if (
            report.check("stand-ins", trial.stand_ins)
            and report.check("pods-preflight", partial(preflights, trial))
            and report.check("pods-start", trial.start)
        ):
            report.check("pods-confined", trial.confined)
            report.check("pods-pipeline", trial.pipeline)
            report.check("pods-switched-on", trial.switched_on)
            report.check("pods-drain-and-resume", trial.drain)
            if report.check("pods-sigterm", trial.stop_all):
                report.check("pods-sigterm-at-start", trial.early_end)
    finally:
        podman.remove(everything)
        shutil.rmtree(podman.folder, ignore_errors=True)


def main(wanted: AbstractSet[str]) -> int:
    """Make all checks, or those of the parts that are wanted; return the exit code."""
    if unknown := wanted - PARTS:
        print(f"no part {', '.join(unknown)}; there are: {', '.join(sorted(PARTS))}")
        return 2
    os.environ.pop("PYTHONPATH", None)  # it is this program's, and not of what it starts
    SCRATCH.mkdir(exist_ok=True)
    report = Report()
    ready = "pods" in wanted and report.check("container-tools", container_tools)
    with ThreadPoolExecutor() as pool:  # what computes and what waits share two cores
        offline = pool.submit(check_offline, report, wanted)
        if ready:
            start_pods(report)
        offline.result()
    for name, why in UNREACHABLE.items():
        report.skip(name, why)
    return report.close()


if __name__ == "__main__":
    sys.exit(main({*sys.argv[1:]} or PARTS))

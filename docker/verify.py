"""``make verify-deploy``: what is deployed, for real, as far as one machine without a cloud can.

Installs what it needs (as root on Debian or Ubuntu), builds the images, looks into them, starts the
pods of a rendered overlay, sends an answer through them, ends them, and judges manifests and
template. Prints a line a check: ``ok NAME``, ``FAIL NAME why`` or ``skipped NAME why``; the exit
code is 0 only without a FAIL. Everything it makes is in .verify/ and in podman's storage.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING

from preflights import preflights
from report import REPOSITORY, SCRATCH, TAG, Report, SkippedError, local, need, run
from trial import Trial

from mentor_local import pods
from mentor_local.provision import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    "cdn": "needs an account: that CloudFront keeps its documented rules",
    "stack-policy": "needs an account: that an update that replaces data is refused",
    "keda-scaling": "needs a cluster with KEDA: that queues scale the workers, from zero and back",
    "network-policies": "needs a cluster whose network enforces them",
    "irsa": "needs an EKS cluster: that pods take on their roles by web identity",
    "alarms-of-aws": "needs an account: SQS's own metrics, and Slack through AWS Chatbot",
    "prices": "needs AWS's current price list: docs/deploy.md gives the formula",
}


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
    for stage in ("dev", "qa", "prod"):
        path = folder / f"{stage}.yaml"
        path.write_text(rendered(stage))
        stages += ["-f", path]
    options = ("--config-file", "k8s/checkov.yaml")
    manifests = run(home / "bin/checkov", *stages, "--framework", "kubernetes", *options)
    files = run(home / "bin/checkov", "-d", "docker", "--framework", "dockerfile", *options)
    options = ("--config-file", "infra/checkov.yaml")
    aws = run(home / "bin/checkov", "-d", "infra", "--framework", "cloudformation", *options)
    said = (manifests + files + aws).splitlines()
    passed = [line for line in said if line.startswith("Passed")]
    need(len(passed) == 3, "checkov judged nothing")  # noqa: PLR2004 -- one for each framework
    return "; ".join(passed)


def rendered(stage: str) -> str:
    """Return a stage's manifests."""
    return run(".venv-deploy/bin/kustomize", f"k8s/overlays/{stage}")


def custom_resources() -> str:
    """Judge KEDA's, the gateway's and Prometheus's objects by their definitions' schemas."""
    return run("make", "--silent", "custom-resources").splitlines()[-1]


def tests(*paths: str) -> Callable[[], str]:
    """Return a check that runs tests of the repository."""
    return lambda: run(".venv/bin/pytest", "-q", *paths).splitlines()[-1]


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


def containers(report: Report) -> None:
    """All checks that need containers."""
    podman = pods.Podman(SCRATCH / f"pods-{PORTS}", NETWORK)
    if not report.check("base-image", lambda: run("docker/base.sh")[:0] or None):
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
    everything += ["emulator", "graphql"]
    podman.remove(everything)
    try:
        if (
            report.check("stand-ins", trial.stand_ins)
            and report.check("pods-preflight", partial(preflights, trial))
            and report.check("pods-start", trial.start)
        ):
            report.check("pods-confined", trial.confined)
            report.check("pods-pipeline", trial.pipeline)
            report.check("pods-drain-and-resume", trial.drain)
            if report.check("pods-sigterm", trial.stop_all):
                report.check("pods-sigterm-at-start", trial.early_end)
    finally:
        podman.remove(everything)
        shutil.rmtree(podman.folder, ignore_errors=True)


def main() -> int:
    """Make all checks; return the exit code."""
    SCRATCH.mkdir(exist_ok=True)
    report = Report()
    ready = report.check("container-tools", container_tools)
    report.check("manifests-and-events", tests("tests/contract/test_deployment.py"))
    report.check("event-compatibility", tests("tests/contract/test_event_compatibility.py"))
    report.check("custom-resources", custom_resources)
    report.check("checkov", checkov)
    report.check(
        "templates-and-cdn", tests("tests/contract/test_infra.py", "tests/contract/test_cdn.py")
    )
    report.check("templates-on-emulator", tests("local/tests/provision"))
    report.check("permissions", tests("tests/e2e/test_permissions.py"))
    if ready:
        containers(report)
    for name, why in UNREACHABLE.items():
        print(f"skipped {name} {why}")
    return int(report.failed)


if __name__ == "__main__":
    sys.exit(main())

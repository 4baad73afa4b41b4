"""Each process of a stage proves itself in its pod, as ``make deploy`` has it do first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report import CheckError, local, need, run
from trial import SECRETS

from mentor_local import pods
from mentor_local.provision import SERVICES, service_credentials

if TYPE_CHECKING:
    from trial import Trial


def preflights(trial: Trial) -> str:
    """Run the pods that prove a version; one with another service's role must fail."""
    overlay = trial.overlay()
    keys = {service: service_credentials(trial.stack, service) for service in SERVICES}
    proved: list[str] = []
    for service in SERVICES:
        for pod in _proving(overlay, service):
            code, said = _run(trial, pod, keys[service])
            need(code == 0, f"{pod.name} ended with {code}: {said}")
            proved.append(pod.name)
    (pod,) = _proving(overlay, "notifier")
    code, said = _run(trial, pod, keys["transcoder"])
    need(code == 1 and "is refused; see what its role may do" in said, f"unproved, yet: {said}")
    return f"{', '.join(proved)}; with another's role the notifier fails"


def _proving(overlay: str, service: str) -> list[pods.Pod]:
    """Return the pods of a service's Jobs."""
    jobs = run(".venv-deploy/bin/python", "k8s/preflight.py", service, input=overlay)
    secrets = {"JWT_SECRET": SECRETS.jwt_secret, "API_SECRET": SECRETS.api_secret}
    return list(pods.read(jobs, secrets).values())


def _run(trial: Trial, pod: pods.Pod, keys: dict[str, str]) -> tuple[int, str]:
    """Run a pod to its end; return its exit code and its lines."""
    podman, port = trial.podman, trial.first_port
    outside = {
        "AWS_ENDPOINT_URL": f"http://emulator:{port + 1}",
        "GRAPHQL_ENDPOINT": f"http://graphql:{port + 2}/graphql",
    }
    service = pod.name.removeprefix("preflight-").partition("-")[0]
    try:
        pod.start(podman, local(service), {**outside, **keys})
        code = int(podman("wait", podman.name(pod.name)))
        lines = podman.logs(pod.name).splitlines()
    except (pods.PodmanError, ValueError) as error:
        raise CheckError(str(error)) from None
    finally:
        podman("rm", "--force", "--volumes", "--time", "0", podman.name(pod.name), check=False)
    return code, "; ".join(line for line in lines if "FAILED" in line or not line.startswith("{"))

"""A stage's pods on this machine: started from rendered manifests, used, and ended."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

import requests
import wiring
from report import REPOSITORY, CheckError, answers, local, need, run

from mentor_local import pods, stack
from mentor_local.config import Config
from mentor_local.graphql.seed import SEED_QUESTION_ID, SEED_SECOND_QUESTION_ID
from mentor_local.home import Secrets
from mentor_local.provision import SERVICES, Stack, client, provision, service_credentials
from mentor_local.ui import UploadUI
from mentor_local.waiting import wait_until

STAGE = "qa"
# What this kernel cannot keep tools from, and how two that try end.
ESCAPES = """
import asyncio, json, sys
from mentor_common.confinement import Files, missing
from mentor_common.media import run

async def ends(code):
    argv = (sys.executable, "-I", "-S", "-c", code)
    return (await run(argv, timeout_s=30, files=Files.of_python())).returncode

tries = ("open('/etc/passwd')", "import socket; socket.socket()")
print(json.dumps([missing(), *(asyncio.run(ends(code)) for code in tries)]))
"""
SECRETS = Secrets("made-up-here-to-sign-tokens-with", "made-up-here-for-services")
OPTIONAL = {  # keys of the Secret that a stage may leave out
    "SECRET_HEADER_NAME": "X-Made-Up",
    "SECRET_HEADER_VALUE": "made-up-here-for-graphql",
    "SENTRY_DSN_MENTOR_UPLOAD": "http://key@collector:4318/1",  # which drops reports
}
PAGES = ("studio", "ops")
SEEN_SECONDS = 60
"""Within which a process has sent its spans away."""


def switches() -> dict[str, str]:
    """Return each switch of each process, on."""
    found: dict[str, str] = {}
    for service, processes in wiring.PROCESSES.items():
        module = importlib.import_module(f"mentor_{service}.settings")
        for settings in processes:
            fields = getattr(module, settings).model_fields.items()
            found |= {name.upper(): "true" for name, field in fields if field.annotation is bool}
    return found


class Trial:
    """A trial of a stage's pods beside the stand-ins for AWS and for GraphQL."""

    def __init__(self, podman: pods.Podman, ports: int) -> None:
        self.podman = podman
        self.first_port = ports
        self.emulator = f"http://localhost:{ports + 1}"
        self.collector = f"http://127.0.0.1:{ports + 3}"
        self.pods: dict[str, pods.Pod] = {}
        self.stack: Stack
        self.ui: UploadUI

    def stand_ins(self) -> None:
        """Start the emulator, GraphQL and a collector of traces as containers; apply templates."""
        self.podman("network", "create", self.podman.prefix)
        port = str(self.first_port + 1)
        self._stand_in("emulator", f"{port}:{port}", "emulator", port)
        wait_until(
            lambda: answers(f"{self.emulator}/_ministack/health"), seconds=60, what="the emulator"
        )
        self.stack = provision(self.emulator, stage=STAGE)
        environment = {
            "GRAPHQL_HOST": "0.0.0.0",  # noqa: S104 -- a container's own network
            "GRAPHQL_PORT": str(self.first_port + 2),
            "GRAPHQL_DB": "/data/graphql.db",
            "JWT_SECRET": SECRETS.jwt_secret,
            "API_SECRET": SECRETS.api_secret,
            "STATIC_URL_BASE": self.stack.static_url_base,
        }
        flags = [f"--env={name}={value}" for name, value in environment.items()]
        flags += ['--entrypoint=["python","-m","mentor_local.graphql"]']
        self._stand_in("graphql", f"{self.first_port + 2}:{self.first_port + 2}", flags=flags)
        health = f"http://127.0.0.1:{self.first_port + 2}/healthz"
        wait_until(lambda: answers(health), seconds=60, what="the GraphQL server")
        self._collector()

    def _collector(self) -> None:
        environment = {
            "OBSERVE_HOST": "0.0.0.0",  # noqa: S104 -- a container's own network
            "OBSERVE_PORT": "4318",
            "OBSERVE_DB": "/data/traces.db",
            "PROMETHEUS_URL": "http://127.0.0.1:9",
        }
        flags = [f"--env={name}={value}" for name, value in environment.items()]
        flags += ['--entrypoint=["python","-m","mentor_local.observe"]']
        self._stand_in("collector", f"{self.first_port + 3}:4318", flags=flags)
        health = f"{self.collector}/healthz"
        wait_until(lambda: answers(health), seconds=60, what="the collector of traces")

    def _stand_in(self, name: str, ports: str, *arguments: str, flags: list[str] = []) -> None:  # noqa: B006 -- only read
        self.podman(
            *("run", "--detach", "--name", self.podman.name(name), "--network-alias", name),
            *("--network", self.podman.prefix, "--publish", f"127.0.0.1:{ports}"),
            *flags,
            local("local"),
            *arguments,
        )

    def overlay(self) -> str:
        """Render the stage with what its stack says, and with every switch on."""
        folder = REPOSITORY / "k8s/overlays" / f".verify-{self.first_port}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(REPOSITORY / "k8s/overlays" / STAGE, folder)
        try:
            answer = client("cloudformation", self.emulator).describe_stacks()
            # The emulator's CDN serves nothing; its static bucket is public.
            url = {"OutputKey": "StaticUrlBase", "OutputValue": self.stack.static_url_base}
            answer["Stacks"].append({"StackName": f"mentor-upload-{STAGE}-cdn", "Outputs": [url]})
            description = json.dumps(answer, default=str)
            run(sys.executable, "infra/settings.py", folder, STAGE, input=description)
            on = switches() | {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
                "TRACE_URL_TEMPLATE": f"{self.collector}/traces/{{trace_id}}",
            }
            settings = folder / "stage.env"
            given = dict(line.split("=", 1) for line in settings.read_text().split())
            lines = [f"{name}={value}\n" for name, value in (given | on).items()]
            settings.write_text("".join(lines))
            return run(".venv-deploy/bin/kustomize", folder)
        finally:
            shutil.rmtree(folder)

    def start(self) -> str:
        """Start every Deployment of the overlay and wait until each is ready."""
        secrets = {"JWT_SECRET": SECRETS.jwt_secret, "API_SECRET": SECRETS.api_secret, **OPTIONAL}
        self.pods = pods.read(self.overlay(), secrets)
        keys = {service: service_credentials(self.stack, service) for service in SERVICES}
        for pod in self.pods.values():
            service = pod.name.partition("-")[0]
            more = {
                "AWS_ENDPOINT_URL": f"http://emulator:{self.first_port + 1}",
                "S3_PUBLIC_ENDPOINT_URL": self.emulator,
                "GRAPHQL_ENDPOINT": f"http://graphql:{self.first_port + 2}/graphql",
                **keys[service],
            }
            publish = [f"127.0.0.1:{self.first_port}:8000"] if pod.name == "api-web" else []
            pod.start(self.podman, local(service), more, publish)
        for name in self.pods:
            wait_until(partial(self.ready, name), seconds=90, what=f"{name} to be ready")
        config = Config(Path(), self.first_port, None)
        where = stack.endpoints(config, SECRETS, self.stack)
        self.ui = UploadUI(where["api"], where["graphql"], where["token"])
        self.mentor, self.operator = where["mentor"], where["operator_token"]
        return f"{', '.join(sorted(self.pods))}; on: {', '.join(sorted(switches()))}"

    def ready(self, name: str) -> bool:
        """Ask a pod as its readiness probe does."""
        port = 8000 if name == "api-web" else 8080
        code = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/readyz', timeout=5)"
        state = self.podman.state(name)["State"]
        if not state["Running"]:
            raise CheckError(f"{name} ended: {self.podman.logs(name)[-500:]}")
        try:
            self.podman("exec", self.podman.name(name), "python", "-c", code)
        except pods.PodmanError:
            return False
        return True

    def confined(self) -> str:
        """Inspect each container as it runs: health, user, root file system, capabilities."""
        for name in self.pods:
            container = self.podman.name(name)
            self.podman("healthcheck", "run", container)
            need(self.podman("exec", container, "id", "-u") == "10001", f"{name} is not 10001")
            for path in ("/probe", "/opt/venv/probe", "/usr/probe"):
                code = f"open({path!r}, 'w')"
                done = self.podman("exec", container, "python", "-c", code, check=False)
                need(not done, f"{name}: {done}")
                writable = self.podman("exec", container, "sh", "-c", f"ls {path}", check=False)
                need(not writable, f"{name}: {path} can be written")
            status = self.podman("exec", container, "cat", "/proc/1/status")
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            need(int(fields["CapEff"], 16) == 0, f"{name} has capabilities {fields['CapEff']}")
            need(fields["NoNewPrivs"] == "1", f"{name} may gain privileges")
            need(fields["Seccomp"] == "2", f"{name} runs without seccomp")
            first = self.podman("exec", container, "cat", "/proc/1/cmdline")
            need(first.startswith("python\0-m\0mentor_"), f"{name}: process 1 is {first!r}")
        for name in ("transcoder", "transcriber"):
            done = json.loads(self.podman("exec", self.podman.name(name), "python", "-c", ESCAPES))
            need(done == [[], 1, 1], f"{name}: of files and network a tool keeps {done}")
        return f"{len(self.pods)} containers"

    def upload(self, question: str) -> str:
        """Send the sample answer, with a trim, as the upload UI does; return the upload's id."""
        body = {"mentor": self.mentor, "question": question, "isVbgVideo": False}
        body["trim"] = {"start": 0.5, "end": 11}
        data = self.ui.upload(REPOSITORY / "local/sample/answer.mp4", body)
        return str(data["upload_id"])

    def finished(self, upload: str) -> dict[str, Any]:
        """Wait for the upload's end; it must be a good one."""
        wait_until(
            lambda: self.ui.status(upload)["finished_at"] is not None,
            seconds=300,
            what=f"the end of {upload}",
        )
        status = self.ui.status(upload)
        need(status["state"] == "READY", f"ended as {json.dumps(status)[:400]}")
        return status

    def pipeline(self) -> str:
        """Follow an answer from the upload to its playable end."""
        status = self.finished(self.upload(SEED_QUESTION_ID))
        for url in status["urls"].values():
            need(answers(url), f"{url} cannot be read")
        return f"{len(status['urls'])} files readable"

    def switched_on(self) -> str:
        """See that what the switches bring is there: pages, the console's figures, traces."""
        for page in PAGES:
            need(answers(f"{self.ui.api}/{page}"), f"/{page} is not there")
        asked = requests.get(
            f"{self.ui.api}/ops/api/queues",
            headers={"Authorization": f"Bearer {self.operator}"},
            timeout=30,
        )
        need(asked.ok, f"the console answers {asked.status_code}: {asked.text[:200]}")
        watched = [queue["service"] for queue in asked.json()["data"]["queues"]]
        need(set(watched) == {*SERVICES}, f"the console shows the queues of {watched}")
        traced = {*self.pods} - {"api-ingest"}  # which had nothing to do for the upload
        spans = ", ".join(sorted(traced))
        wait_until(
            lambda: self._traced() >= traced, seconds=SEEN_SECONDS, what=f"the spans of {spans}"
        )
        return f"pages {', '.join(PAGES)}; the console's figures of 4 queues; spans of {spans}"

    def _traced(self) -> set[str]:
        """Return the processes whose spans the collector holds."""
        asked = {"all": "1", "limit": "500"}
        traces = requests.get(f"{self.collector}/api/traces", params=asked, timeout=10).json()
        return {service for trace in traces for service in trace["services"]}

    def drain(self) -> str:
        """End every worker in the middle of an upload; start them again; it is finished."""
        upload = self.upload(SEED_SECOND_QUESTION_ID)

        def working() -> bool:
            tasks = self.ui.status(upload)["tasks"]
            return any(task["status"] == "IN_PROGRESS" for task in tasks)

        wait_until(working, seconds=60, what="the work to begin")
        took = self.end(["transcoder", "transcriber", "notifier", "api-ingest"])
        for name in took:
            self.podman("start", self.podman.name(name))
        self.finished(upload)
        for name in took:
            wait_until(partial(self.ready, name), seconds=90, what=f"{name} to be ready again")
        self._no_dead_letters()
        return ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items())

    def early_end(self) -> str:
        """End a worker while it still starts: process 1 of a container ignores what it can."""
        self.podman("start", self.podman.name("notifier"))
        took = self.podman.stop("notifier", self.pods["notifier"].grace)
        code = self.podman.state("notifier")["State"]["ExitCode"]
        need(code in {0, 143}, f"ended with {code} after {took:.0f} s")
        return f"{took:.0f} s"

    def end(self, names: list[str]) -> dict[str, float]:
        """End containers by SIGTERM; each must go by itself, in time and with exit code 0."""
        took: dict[str, float] = {}
        for name in names:
            took[name] = self.podman.stop(name, self.pods[name].grace)
            state = self.podman.state(name)["State"]
            need(
                state["ExitCode"] == 0,
                f"{name} ended with {state['ExitCode']} after {took[name]:.0f} s: "
                f"{self.podman.logs(name)[-400:]}",
            )
            if name != "api-web":
                need('"stopped"' in self.podman.logs(name).splitlines()[-1], f"{name} broke off")
        return took

    def _no_dead_letters(self) -> None:
        sqs = client("sqs", self.emulator)
        for service in self.stack.services.values():
            url = sqs.get_queue_url(QueueName=service.dead_letter_queue_name)["QueueUrl"]
            held = sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]["ApproximateNumberOfMessages"]
            need(held == "0", f"{service.dead_letter_queue_name} holds {held} messages")

    def stop_all(self) -> str:
        """End what still runs; the api's web process too."""
        took = self.end([name for name in self.pods if self._runs(name)])
        return ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items())

    def _runs(self, name: str) -> bool:
        return bool(self.podman.state(name)["State"]["Running"])

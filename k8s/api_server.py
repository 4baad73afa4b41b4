"""A Kubernetes API server of this machine's own, for a dry run of what is to be applied.

Schemas know the shape of an object; what the server itself refuses (a selector that fits no label
of its pods, two ports of one name, a value out of range) only a server tells. It is kube-apiserver
with etcd, as controllers' tests have them (``setup-envtest``), without nodes: nothing is started.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAMS = ("kube-apiserver", "etcd", "kubectl", "openssl")
HOW_TO_GET = (
    "put kube-apiserver and etcd on PATH, or their folder into KUBEBUILDER_ASSETS "
    "(`setup-envtest use 1.34` brings both)"
)
START_SECONDS = 60
_TOKEN = "made-up-for-a-dry-run"  # noqa: S105 -- of a server that nobody else reaches


class ApiServerError(Exception):
    """The server cannot be started, or refuses something; the message says why."""


class MissingError(ApiServerError):
    """A program is not there; the message says how to get it."""


def programs() -> dict[str, str]:
    """Return the paths of the programs that are there, by name."""
    path = os.pathsep.join(filter(None, (os.environ.get("KUBEBUILDER_ASSETS"), os.environ["PATH"])))
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    return {name: where for name, where in found.items() if where}


class ApiServer:
    """A server that runs.

    Attributes
    ----------
    version
        As it says itself, such as ``v1.34.0``.
    served
        Each ``apiVersion`` that it knows.
    configuration
        Kubeconfig of its administrator.
    """

    def __init__(self, kubectl: str, configuration: Path) -> None:
        self.configuration = configuration
        self._kubectl = (kubectl, "--kubeconfig", str(configuration))
        self.version = str(
            json.loads(self.run("version", "-o", "json"))["serverVersion"]["gitVersion"]
        )
        self.served = frozenset(self.run("api-versions").split())

    def run(self, *arguments: str, objects: Sequence[Any] = ()) -> str:
        """Run kubectl, with ``objects`` as its standard input; return what it prints.

        Raises
        ------
        ApiServerError
            With what it says instead.
        """
        done = subprocess.run(
            [*self._kubectl, *arguments],
            input=yaml.safe_dump_all(objects),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ApiServerError((done.stderr or done.stdout).strip())
        return done.stdout

    def dry_run(self, objects: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
        """Let the server judge objects as if they were applied.

        Returns
        -------
        tuple
            How many it has accepted, and the versions among the others, which it does not serve.

        Raises
        ------
        ApiServerError
            Naming what it refuses.
        """
        judged = [each for each in objects if each["apiVersion"] in self.served]
        for each in judged:
            if each["kind"] == "Namespace":  # without which it refuses all that is in there
                self.run("apply", "-f", "-", objects=[each])
        self.run("apply", "--dry-run=server", "-f", "-", objects=judged)
        others = {each["apiVersion"] for each in objects} - self.served
        return len(judged), sorted(others)


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Start a server; it ends with the context.

    Raises
    ------
    MissingError
        A program is not there.
    ApiServerError
        The server does not start.
    """
    there = programs()
    if missing := [name for name in PROGRAMS if name not in there]:
        raise MissingError(f"there is no {', '.join(missing)}: {HOW_TO_GET}")
    with tempfile.TemporaryDirectory() as name, ExitStack() as started:
        folder = Path(name)
        store, peers, port = (free_port() for _ in range(3))
        started.enter_context(_process(folder / "etcd.log", *_etcd(there, folder, store, peers)))
        server = _process(folder / "server.log", *_kube_apiserver(there, folder, store, port))
        process = started.enter_context(server)
        _wait(process, port, folder / "server.log")
        yield ApiServer(there["kubectl"], _configuration(folder, port))


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _etcd(there: dict[str, str], folder: Path, store: int, peers: int) -> list[str]:
    here, others = f"http://127.0.0.1:{store}", f"http://127.0.0.1:{peers}"
    return [
        there["etcd"],
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls={here}",
        f"--advertise-client-urls={here}",
        f"--listen-peer-urls={others}",
        f"--initial-advertise-peer-urls={others}",
        f"--initial-cluster=default={others}",
    ]


def _kube_apiserver(there: dict[str, str], folder: Path, store: int, port: int) -> list[str]:
    key = folder / "accounts.key"
    subprocess.run(
        [there["openssl"], "genrsa", "-out", key, "2048"], check=True, capture_output=True
    )
    tokens = folder / "tokens.csv"
    tokens.write_text(f"{_TOKEN},admin,admin,system:masters\n")
    return [
        there["kube-apiserver"],
        f"--etcd-servers=http://127.0.0.1:{store}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}/certificates",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
    ]


@contextmanager
def _process(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()  # what it holds goes with it
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server is ready."""
    context = ssl._create_unverified_context()  # noqa: S323, SLF001 -- made by itself a moment ago
    asked = Request(
        f"https://127.0.0.1:{port}/readyz", headers={"Authorization": f"Bearer {_TOKEN}"}
    )
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(asked, context=context, timeout=5):  # noqa: S310 -- https
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise ApiServerError(f"kube-apiserver does not start: {log.read_text()[-600:]}")


def _configuration(folder: Path, port: int) -> Path:
    """Write the kubeconfig of the server's administrator."""
    path = folder / "kubeconfig"
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority": str(folder / "certificates/apiserver.crt"),
    }
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "dry-run",
                "clusters": [{"name": "dry-run", "cluster": cluster}],
                "users": [{"name": "admin", "user": {"token": _TOKEN}}],
                "contexts": [
                    {"name": "dry-run", "context": {"cluster": "dry-run", "user": "admin"}}
                ],
            }
        )
    )
    return path

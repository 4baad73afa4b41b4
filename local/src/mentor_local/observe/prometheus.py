"""``python -m mentor_local observe``: a Prometheus beside the running stack, until Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mentor_local.config import Config, ConfigError
from mentor_local.home import Home, NoStackError
from mentor_local.leftovers import PortTakenError, check_ports
from mentor_local.observe.app import ROOT
from mentor_local.process import http_status
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RULES = ROOT / "k8s" / "observe" / "rules.yaml"
_UNPACKED = ROOT / ".venv-observe" / "bin"
_SCRAPE_SECONDS = 5
_START_SECONDS = 30.0
_OK = 200


class ObserveError(Exception):
    """There is nothing to measure, or nothing to measure with; the message says what to do."""


def find(program: str) -> Path | None:
    """Return the path of ``prometheus`` or ``promtool``: from PATH, or as unpacked."""
    found = shutil.which(program) or shutil.which(_UNPACKED / program)
    return Path(found) if found else None


def targets_of(config: Config) -> dict[str, str]:
    """Return host and port to scrape by job, the name of a process in metrics."""
    ports = {"api-web": config.port("api"), "api-ingest": config.port("ingest")}
    ports |= {name: config.port(name) for name in ("transcoder", "transcriber", "notifier")}
    return {job: f"127.0.0.1:{port}" for job, port in ports.items()}


def scrape_config(
    targets: Mapping[str, str], rules: Path, seconds: int = _SCRAPE_SECONDS
) -> dict[str, Any]:
    """Return Prometheus's configuration.

    ``targets`` has host and port by job; ``seconds`` is how often to scrape, and to look at the
    rules.
    """
    return {
        "global": {
            "scrape_interval": f"{seconds}s",
            "scrape_timeout": f"{seconds}s",
            "evaluation_interval": f"{seconds}s",
        },
        "rule_files": [str(rules)],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [target]}]}
            for job, target in targets.items()
        ],
    }


@contextmanager
def prometheus(
    folder: Path, port: int, configuration: Mapping[str, Any]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Prometheus on loopback, ready when the context begins, ended in order after it.

    What was measured before is in ``folder`` again.

    Raises
    ------
    ObserveError
        There is none, or it does not start.
    """
    program = find("prometheus")
    if program is None:
        raise ObserveError("Prometheus is missing: local/scripts/ensure-prometheus.sh")
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "prometheus.yml"
    written.write_text(yaml.safe_dump(dict(configuration), sort_keys=False))
    command = [
        *(str(program), f"--config.file={written}", f"--storage.tsdb.path={folder / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=7d"),
        "--log.level=warn",
    ]
    # In a session of its own: Ctrl-C reaches us alone, and we end it.
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            _wait_ready(process, port)
            yield process
        finally:
            process.terminate()


def _wait_ready(process: subprocess.Popen[bytes], port: int) -> None:
    url = f"http://127.0.0.1:{port}/-/ready"
    wait_until(
        lambda: process.poll() is not None or http_status(url) == _OK,
        seconds=_START_SECONDS,
        what="Prometheus to be ready",
    )
    if process.poll() is not None:
        raise ObserveError("Prometheus did not start; it says why above")


def main() -> int:
    """Measure the stack that runs until SIGINT or SIGTERM; return the exit code."""
    try:
        config = Config.from_environment()
        page = _page(Home(config.home))
        check_ports({"prometheus": config.port("prometheus")})
        folder = config.home / "prometheus"
        configuration = scrape_config(targets_of(config), RULES)
        with prometheus(folder, config.port("prometheus"), configuration) as process:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: process.terminate())
            print(f"dashboards on {page}/, alerts on {page}/alerts, traces on {page}/traces")
            print(f"Prometheus itself on {config.prometheus_url}; Ctrl-C stops it", flush=True)
            process.wait()
    except (ConfigError, NoStackError, ObserveError, PortTakenError, TimeoutError) as error:
        print(f"observe: {error}", file=sys.stderr)
        return 1
    return 0


def _page(home: Home) -> str:
    """Return the URL of the running stack's page."""
    page = home.read_endpoints().get("observe")
    if not page or http_status(f"{page}/healthz") != _OK:
        raise NoStackError("no stack runs here; start one with `make run` first")
    return page

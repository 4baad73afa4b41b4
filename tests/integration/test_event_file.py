"""``--event FILE``: each service handles one event with its real wiring and says how it went."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.events import __main__ as schemas
from mentor_common.work.single_event import EXIT_CODES, FAILED

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess

    from module_processes import Processes

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = schemas.SCHEMAS.parent / "samples"
COMMANDS = {
    "api": ["mentor_api", "ingest"],
    "transcoder": ["mentor_transcoder"],
    "transcriber": ["mentor_transcriber"],
    "notifier": ["mentor_notifier"],
}


@pytest.fixture
def start(
    cloud: Any, graphql_environment: dict[str, str], processes: Processes, tmp_path: Path
) -> Callable[..., tuple[ForkServerProcess, Path]]:
    def run(service: str, file: Path, **changes: str) -> tuple[ForkServerProcess, Path]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment |= cloud.environment(service) | graphql_environment
        environment |= {"WORK_DIR": str(tmp_path / service)} | changes
        module, *arguments = COMMANDS[service]
        output = tmp_path / f"output-{uuid.uuid4()}"
        arguments += ["--event", str(file)]
        return processes.start(module, environment, arguments, output), output

    return run


def test_each_service_handles_a_sample_and_its_exit_code_says_the_outcome(
    start: Callable[..., tuple[ForkServerProcess, Path]], processes: Processes, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.json"
    junk.write_text("{}")
    accepted = SAMPLES / "upload.accepted.v1.json"
    aligned = tmp_path / "aligned.json"
    asked = (SAMPLES / "alignment.requested.v1.json").read_text()
    aligned.write_text(asked.replace("7a0cb5e5-91ab", "7a0cb5e5-91ac"))  # an upload of its own
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    runs = {
        "api": (start("api", SAMPLES / "media.copy_requested.v1.json"), os.EX_OK),
        "notifier": (start("notifier", accepted), os.EX_OK),
        "transcoder": (start("transcoder", accepted), FAILED),  # its object is not there
        "transcriber": (start("transcriber", accepted), FAILED),
        "aligner": (start("transcriber", aligned), os.EX_OK),  # no alignment fails an upload
        "dead letter": (start("notifier", junk), os.EX_DATAERR),
        "not its own": (start("transcoder", SAMPLES / "answer.ready.v1.json"), os.EX_DATAERR),
        "no file": (start("notifier", tmp_path / "none"), os.EX_NOINPUT),
        "outage": (start("notifier", accepted, **nowhere), os.EX_UNAVAILABLE),
    }
    for name, ((process, output), expected) in runs.items():
        assert processes.wait(process, seconds=90) == expected, name
        assert json.loads(output.read_text().splitlines()[-1])["outcome"] == EXIT_CODES[expected], (
            name
        )


def test_the_editor_can_launch_each_service_with_an_event() -> None:
    launch = json.loads((ROOT / ".vscode" / "launch.json").read_text())
    found = {
        tuple([entry["module"], *entry["args"]][: len(command)])
        for entry in launch["configurations"]
        for command in COMMANDS.values()
        if "--event" in entry["args"]
        and [entry["module"], *entry["args"]][: len(command)] == command
    }
    assert found == {tuple(command) for command in COMMANDS.values()}
    (event,) = launch["inputs"]
    default = event["default"].removeprefix("${workspaceFolder}/")
    assert (ROOT / default).is_file()

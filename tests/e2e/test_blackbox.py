"""What the original's own integration test asks for, over HTTP and nothing else."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests

from mentor_local.demo import SAMPLE
from mentor_local.graphql.seed import SEED_SECOND_QUESTION_ID
from mentor_local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_local.running import RunningStack

PICTURE = SAMPLE.with_name("picture.png")
SUBTASKS = ("trimUploadTask", "transcodeWebTask", "transcodeMobileTask", "transcribeTask")


@contextmanager
def web_process(running: RunningStack, **settings: str) -> Iterator[str]:
    """Run one more web process beside the stack's; give its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = (running.home / "env" / "api.env").read_text()
    environment = dict(entry.split("=", 1) for entry in shlex.split(told))
    environment = {**os.environ, **environment, **settings, "WEB_PORT": str(port)}
    command = [sys.executable, "-m", "mentor_api", "web"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/livez", timeout=5).ok
        except requests.ConnectionError:
            return False

    try:
        wait_until(answers, seconds=60, what="the web process")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_presign_answers_url_and_with_v2_the_access_key_and_s3_takes_both_with_204(
    running: RunningStack,
) -> None:
    form = running.ui.presign()
    assert form["url"].startswith("http")
    assert "x-amz-signature" in form["fields"]
    assert running.ui.send_file(form, SAMPLE) == 204
    with web_process(running, PRESIGN_SIGNATURE="v2", URL_PREFIX="/upload") as base:
        form = replace(running.ui, api=f"{base}/upload").presign()
        assert {"AWSAccessKeyId", "signature", "policy", "key"} <= set(form["fields"])
        assert running.ui.send_file(form, SAMPLE) == 204


def test_a_greyscale_png_of_10_by_10_becomes_the_thumbnail(running: RunningStack) -> None:
    mentor = running.endpoints["mentor"]
    headers = {"Authorization": f"bearer {running.ui.token}"}

    def post(content: bytes) -> requests.Response:
        return requests.post(
            f"{running.ui.api}/thumbnail",
            data={"body": f'{{"mentor":"{mentor}"}}'},
            files={"thumbnail": ("thumbnail.png", content, "image/png")},
            headers=headers,
            timeout=30,
        )

    answer = post(PICTURE.read_bytes())
    assert answer.status_code == 200, answer.text
    url = answer.json()["data"]["data"]["thumbnail"]
    assert f"thumbnails/{mentor}" in url
    served = requests.get(url, timeout=10)
    assert served.headers["Content-Type"] == "image/png"
    assert served.content.startswith(b"\x89PNG")
    shown = running.ui.query("query($m: ID) { mentor(id: $m) { thumbnail } }", {"m": mentor})
    assert shown["mentor"]["thumbnail"] == url
    assert post(b"\x00" * (9 << 20)).status_code == 413, "and it is told, not cut off"


def test_an_answer_with_trim_is_polled_to_done_as_the_ui_does(
    running: RunningStack, clip: Callable[[str], Path]
) -> None:
    mentor, question = running.endpoints["mentor"], SEED_SECOND_QUESTION_ID
    running.ui.delete_task(mentor, question)
    accepted = running.ui.upload(
        clip("six.mp4"), running.body(question, trim={"start": 1.0, "end": 5.0})
    )
    assert {task["status"] for task in accepted["taskList"]} == {"QUEUED"}

    def polled() -> dict[str, Any] | None:
        return running.document(question)

    def all_done() -> bool:
        document = polled() or {}
        statuses = {(document.get(name) or {}).get("status") for name in SUBTASKS}
        assert "FAILED" not in statuses
        return statuses == {"DONE"}

    wait_until(all_done, seconds=90, what="every subtask to be DONE")
    document = polled()
    assert document is not None
    for field in ("webMedia", "mobileMedia", "originalMedia"):
        assert requests.head(document[field]["url"], timeout=10).status_code == 200
    running.ui.delete_task(mentor, question)
    assert polled() is None

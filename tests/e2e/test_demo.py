"""Output of `make demo` beside a running stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from mentor_local.demo import SAMPLE
from mentor_local.graphql.seed import SEED_QUESTION_ID

if TYPE_CHECKING:
    from mentor_local.running import RunningStack


def test_demo_ends_with_one_line_of_json_and_copies_the_results(running: RunningStack) -> None:
    running.ui.delete_task(running.endpoints["mentor"], SEED_QUESTION_ID)
    environment = os.environ | {"MENTOR_UPLOAD_HOME": str(running.home)}
    command = [sys.executable, "-m", "mentor_local", "demo"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert set(result) == {"upload_id", "tasks", "urls", "transcript", "total_s", "overhead_s"}
    assert result["tasks"] == {
        "transcoding-web": "DONE",
        "transcoding-mobile": "DONE",
        "transcribing": "DONE",
        "trim-upload": "DONE",
    }
    assert result["transcript"]
    assert 0 < result["overhead_s"] < result["total_s"]
    copied = {path.name for path in (running.home / "demo").iterdir()}
    assert {"web.mp4", "mobile.mp4", "original.mp4", "thumbnail.jpg", "en.vtt"} <= copied
    assert running.ui.status(result["upload_id"])["state"] == "READY", "the stack goes on"


def test_sample_is_small_enough_to_commit() -> None:
    assert SAMPLE.stat().st_size < 500_000

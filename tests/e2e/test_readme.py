"""The curl examples of docs/endpoints.md: each endpoint has one, and all of them work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_local.graphql.seed import SEED_FOREIGN_MENTOR_ID, SEED_ORGANIZATION_ID, SEED_VIDEO

if TYPE_CHECKING:
    from mentor_local.running import RunningStack

ROOT = Path(__file__).parents[2]


def examples() -> str:
    """Return every line of the page's runnable blocks."""
    page = (ROOT / "docs" / "endpoints.md").read_text()
    return "".join(re.findall(r"^```bash\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


def requests_in(script: str) -> list[tuple[str, str]]:
    """Return method and path of each request that the script makes of the API."""
    found = []
    pattern = r'(?:call\s+"?|\$API)(/[^\s"?]*|\$\(field data\.statusUrl[^)]*\))((?:(?!&&)[^\n])*)'
    for path, options in re.findall(pattern, script):
        method = "GET"
        if "-X DELETE" in options:
            method = "DELETE"
        elif re.search(r"\s-[dF]\s", options):
            method = "POST"
        found.append((method, path))
    return found


def documented() -> list[tuple[str, str]]:
    document = json.loads((ROOT / "services" / "api" / "openapi.json").read_text())
    return [(method.upper(), path) for path, item in document["paths"].items() for method in item]


def test_every_endpoint_has_an_example() -> None:
    made = requests_in(examples())
    for method, path in documented():
        shape = re.compile(re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(path)))
        assert any(m == method and shape.fullmatch(p) for m, p in made), f"{method} {path}"


def test_all_examples_work_after_make_seed(running: RunningStack) -> None:
    environment = os.environ | {"MENTOR_UPLOAD_HOME": str(running.home)}
    seed = [sys.executable, "-m", "mentor_local", "seed"]
    subprocess.run(seed, env=environment, check=True, capture_output=True, timeout=60)
    script = examples().replace(".local/", f"{running.home}/")
    script = script.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "204" in done.stdout.splitlines(), "S3 takes the form's POST with 204"
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"data"')]
    assert len(answers) >= 15
    cancelled = [a["data"]["state"] for a in answers if "state" in a["data"]]
    assert "CANCELLING" in cancelled or "CANCELLED" in cancelled
    pictures = [a["data"]["data"] for a in answers if "data" in a["data"]]
    assert any(f"images/{SEED_ORGANIZATION_ID}/" in p.get("image", "") for p in pictures)
    transfer = json.loads((running.home / "seed" / "transfer.json").read_text())
    assert transfer["data"]["mentor"] == SEED_FOREIGN_MENTOR_ID
    assert running.ui.post_answer({"mentor": "x"}).status_code == 400, "the stack goes on"


def test_the_video_of_the_documentations_examples_is_there(running: RunningStack) -> None:
    document = json.loads((ROOT / "services" / "api" / "openapi.json").read_text())
    body = document["paths"]["/upload/answer"]["post"]["requestBody"]["content"]
    example = body["application/json"]["examples"]["example"]["value"]
    assert example["video"] == SEED_VIDEO
    running.ui.delete_task(example["mentor"], example["question"])
    answer = running.ui.post_answer(example)
    assert answer.status_code == 200, answer.text
    upload_id = answer.json()["data"]["upload_id"]
    assert answer.json()["data"]["statusUrl"] in json.dumps(document), "as the examples say"
    running.ui.cancel(upload_id)
    assert running.finish(upload_id)["state"] == "CANCELLED"

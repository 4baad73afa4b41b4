"""Each command that a runbook shows is run, in order, on a stage in the trouble it is about.

So is each of "Find out what is wrong" in the docs.

Blocks marked ``console`` hold a command after ``$``, its real output, and where it is not 0 the
exit code in a last line ``(exit code N)``. Its first line, a table's head say, has to be what the
tool prints now.
"""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from mentor_api import bootstrap
from mentor_api.settings import WebSettings
from mentor_common.clock import ManualClock
from mentor_common.errors import TransientError
from mentor_common.jobs import STALLED, Intake, Outcome, Write
from mentor_common.jobs.model import upload_pk
from mentor_local.accepting import accept, new_answer
from mentor_notifier.answers.outcome import STALLED_REASON
from mentor_ops.app import main
from serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mentor_common.jobs import Job
    from mentor_common.work.result import WorkDone
    from mentor_common.work.upload_work import Assignment

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = sorted(path.stem for path in RUNBOOKS.glob("*.md"))


def steps(text: str) -> list[tuple[str, str, int]]:
    """Return what a text tells to type: command, first line of its output, exit code."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            code = re.search(r"^\(exit code (\d+)\)$", shown, re.MULTILINE)
            lines = [line for line in shown.splitlines() if line and not line.startswith("(exit")]
            found.append((command, lines[0] if lines else "", int(code.group(1)) if code else 0))
    return found


@pytest.fixture
def api(
    line: Any, graphql_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The api's web process, in a thread."""
    for name, value in (line.cloud.environment("api") | graphql_environment).items():
        monkeypatch.setenv(name, value)
    server = make_server("127.0.0.1", 0, bootstrap.web(WebSettings()), threaded=True)
    with serving(server) as url:
        yield url


def dead_letter(line: Any) -> Job:
    """A job that was given up."""
    job: Job = line.accept()
    line.work(line.stumble)
    line.reconcile(job)
    return job


def backlog(line: Any) -> Job:
    """A job that nobody works on."""
    job: Job = line.accept()
    line.reconcile(job)
    return job


def stalled(line: Any) -> Job:
    """A job that got nowhere for a day."""
    job: Job = line.accept()
    names = ["transcoding-web", "transcoding-mobile"]
    outcome = Outcome(kind="failed", code=STALLED, reason=STALLED_REASON, failed=names, at=1.0)
    line.answers.put_outcome(job.upload_id, "1.1", outcome)
    line.answers.mark_published(job, "1.1")
    return job


def refused(line: Any) -> Job:
    """A job whose video is none."""
    job: Job = line.accept()
    line.work(line.refuse)
    line.reconcile(job)
    return job


def unreadable(line: Any) -> Job:
    """A job whose task cannot be read."""
    job: Job = line.accept()
    key = upload_pk(job.upload_id), "TASK#transcode"
    line.table.write(Write(*key, put={"status": "DONE", "percent": 101}))
    return job


TROUBLES: dict[str, Callable[[Any], Any]] = {
    "dead-letters": dead_letter,
    "oldest-message": backlog,
    "api-5xx": backlog,
    "stalled-jobs": stalled,
    "worker-down": backlog,
    "dependency-down": backlog,
    "release-breaker": dead_letter,
    "slow-uploads": backlog,
    "failing-uploads": refused,
    "api-slow": backlog,
    "unreadable-items": unreadable,
}
GRAPHQL_IS_DOWN = {"api-5xx", "dependency-down"}


def test_every_alarm_has_its_page() -> None:
    template = (ROOT / "infra" / "stage" / "alarms.yaml").read_text()
    rules = (ROOT / "k8s" / "observe" / "rules.yaml").read_text()
    pattern = r"(?:Runbook|runbook): docs/runbooks/([\w-]+)\.md"
    named = {*re.findall(pattern, template), *re.findall(pattern, rules)}
    assert named == set(PAGES) == set(TROUBLES)
    descriptions = re.findall(r"AlarmDescription: (.*)", template)
    assert all("Runbook: " in description for description in descriptions)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_runbook_tells_to_type_does_what_it_says(
    page: str,
    line: Any,
    api: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = TROUBLES[page](line)
    if page in GRAPHQL_IS_DOWN:
        line.graphql.set_fault("unavailable")
    monkeypatch.chdir(tmp_path)
    todo = steps((RUNBOOKS / f"{page}.md").read_text())
    assert len(todo) >= 3, "a runbook shows what to type"
    follow(todo, {"$UPLOAD": job.upload_id, "$API": api}, capsys)
    if page in {"dead-letters", "release-breaker"}:
        assert (line.dead, sum(line.count())) == (0, 1), "redriven"


def follow(
    todo: list[tuple[str, str, int]], names: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Type all that is told to type; check how each ends and how its output begins."""
    for command, first, code in todo:
        named = re.sub(r"\$[A-Z]+", lambda name: names[name.group()], command)
        words = shlex.split(named)
        assert words[0] == "mentor-ops", "the test runs no other program"
        capsys.readouterr()
        ended = main(["--aws", "--stage", "local", "--region", "us-east-1", *words[1:]])
        printed = capsys.readouterr()
        assert ended == code, f"{command}: {printed.out}{printed.err}"
        shown = [text for text in printed.out.splitlines() if text.strip()]
        now = shown[0] if shown else ""
        ids = r"[0-9a-f]{8}-[0-9a-f-]{27}"
        assert re.sub(ids, "", first).split() == re.sub(ids, "", now).split(), command


def no_worker_works(line: Any) -> Job:
    """The last of three jobs that nobody works on."""
    a_minute_ago = ManualClock(time.time() - 60)
    for _ in range(3):
        job = accept(line.table, new_answer(line.graphql.store), clock=a_minute_ago)
        Intake(line.table, a_minute_ago).mark_published(job)
        a_minute_ago.advance(1)
    return job


def disk_is_full(line: Any) -> Job:
    """A job that was given up because the work folder is full."""

    async def full(_assignment: Assignment) -> WorkDone:
        raise TransientError("work folder: File too large", retry_after=0)

    job: Job = line.accept()
    line.work(full)
    line.reconcile(job)
    return job


@pytest.mark.parametrize(
    ("title", "trouble"), [("No worker works", no_worker_works), ("It was given up", disk_is_full)]
)
def test_what_is_to_be_typed_to_find_out_what_is_wrong(
    title: str, trouble: Callable[[Any], Job], line: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "how-to" / "find-what-is-wrong.md").read_text()
    part = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
    job = trouble(line)
    names = {"$UPLOAD": job.upload_id, "$MENTOR": job.mentor, "$QUESTION": job.question}
    todo = steps(part)
    assert len(todo) >= 2
    follow(todo, names, capsys)
    if trouble is disk_is_full:
        assert (line.dead, sum(line.count())) == (0, 1), "redriven"

"""Take one safeguard away at a time and show that some test turns red: ``make planted-faults``.

Each fault is planted in a copy of the tree; the quick stories run first, the state machine next,
then the tests on the emulator. A fault that no test notices is a hole in the tests.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
COMMON = "libs/common/src/mentor_common"
API = "services/api/src/mentor_api"
NOTIFIER = "services/notifier/src/mentor_notifier"
_PACKAGES = ("libs/common", "services/api", "services/transcoder", "services/transcriber")
SOURCES = [f"{name}/src" for name in (*_PACKAGES, "services/notifier", "local", "ops")]
_PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=300")
_NOT_COPIED = (".venv*", ".git", ".local", ".verify", ".*_cache", "__pycache__", "node_modules")
_LINKED = (".venv-emulator", ".venv-deploy")
STAGES = (
    "tests/chaos/test_stories.py tests/chaos/test_poison.py",
    "tests/chaos/test_breakers.py tests/chaos/test_complaints.py",
    "tests/chaos/test_state_machine.py -k whatever",
    "tests/chaos/test_every_fail_point.py -k 'fine or given_up'",
    "tests/integration -k 'test_worker or test_notifier_'",
    "tests/integration/test_acceptance.py tests/integration/test_two_tabs.py",
)


@dataclass(frozen=True)
class Fault:
    """A safeguard and how it is taken away: ``old`` stands exactly once in ``file``.

    ``first`` are the tests most likely to notice; all others follow if they do not. ``says`` is
    what the red one prints among other things.
    """

    name: str
    file: str
    old: str
    new: str
    first: str
    says: str = ""


FAULTS = (
    Fault(
        "the conditional claim",
        f"{COMMON}/jobs/lease.py",
        "condition, values = (free, {}) if seen is None else _unchanged(seen)",
        'condition, values = (free, {}) if seen is None else ("attribute_exists(pk)", {})',
        first="tests/integration/test_worker.py -k simultaneous",
    ),
    Fault(
        "the living lease",
        f"{COMMON}/work/claims.py",
        "if seen and not seen.terminal and seen.lease_until > now:",
        "if seen and not seen.terminal and seen.lease_until > now + 9999:",
        first="tests/integration/test_worker.py -k 'repeated or living_lease'",
    ),
    Fault(
        "the fencing token",
        f"{COMMON}/jobs/lease.py",
        "_unchanged({self._fenced_by: lease.token, **(unchanged or {})})",
        "_unchanged(unchanged or {'pk': lease.pk})",
        first="tests/integration/test_worker.py -k zombie",
    ),
    Fault(
        "the attempt that a redriven message names",
        f"{COMMON}/work/claims.py",
        'seen.status == "DONE" or redriven != seen.attempt',
        "redriven is None",
        first="tests/integration/test_worker.py -k 'redriven or no_failed_attempt'",
    ),
    Fault(
        "the count of starts",
        f"{COMMON}/work/next_claim.py",
        "if seen.starts >= claimant.max_starts:",
        "if seen.starts >= claimant.max_starts + 9999:",
        first="tests/integration/test_worker.py -k five_starts",
    ),
    Fault(
        "a prefix for each claim",
        f"{COMMON}/work/upload_work.py",
        "{upload.upload_id}/{task.claim}",
        "{upload.upload_id}/{task.attempt}",
        first="tests/chaos/test_state_machine.py -k whatever",
    ),
    Fault(
        "the CURRENT check of the workers",
        f"{COMMON}/work/upload_work.py",
        'return None if validity == "current" else f"the upload was {validity}"',
        "return None",
        first="tests/integration/test_worker.py -k obsolete",
    ),
    Fault(
        "publish before delete",
        f"{COMMON}/work/runner.py",
        "        await asyncio.to_thread(self.topic.publish, event)\n",
        "",
        first="tests/chaos/test_complaints.py",
    ),
    Fault(
        "the lease's extension",
        f"{COMMON}/work/progress.py",
        "await asyncio.to_thread(self._renew, self._percent)",
        "pass",
        first="tests/integration/test_worker.py -k long_work",
    ),
    Fault(
        "the uncounted start of an outage",
        f"{COMMON}/work/runner.py",
        '    if isinstance(error, DependencyDownError):\n        return {"uncount": True}\n',
        '    if isinstance(error, DependencyDownError):\n        return {"uncount": False}\n',
        first="tests/chaos/test_breakers.py",
    ),
    Fault(
        "the dead letter before the delete",
        f"{COMMON}/consumer/settlement.py",
        'if await self._try(self._queue.dead_letter(message, reasons), "not dead-lettered"):',
        "if True:",
        first="tests/chaos/test_poison.py",
    ),
    Fault(
        "the delete after the work",
        f"{COMMON}/consumer/loop.py",
        "            ended_with = await self._end_of(work)\n",
        "            await self._settlement.settle(delivery, None)\n"
        "            ended_with = await self._end_of(work)\n",
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the fate of a batch that is lost",
        f"{COMMON}/consumer/batches.py",
        "failures = [error] * len(batch)",
        "failures = [None] * len(batch)",
        first="libs/common/tests/consumer/test_batches.py",
    ),
    Fault(
        "the fate of each entry of a batch",
        f"{COMMON}/consumer/queue.py",
        "None if name in successful else refusal_of_entry(failed.get(name, {})) for name in names",
        "None for _ in names",
        first="libs/common/tests/consumer/test_batches.py",
    ),
    Fault(
        "the deletes that wait at shutdown",
        f"{COMMON}/consumer/queue.py",
        "            await queue.flush()\n",
        "",
        first="tests/integration/test_deletes.py",
    ),
    Fault(
        "the visibility until the delete",
        f"{COMMON}/consumer/loop.py",
        "            if ended_with is not None:\n                await heartbeat.stop()\n",
        "            await heartbeat.stop()\n",
        first="libs/common/tests/consumer/test_beat.py",
    ),
    Fault(
        "the dependency breaker",
        f"{COMMON}/consumer/breaker.py",
        "not self._denied[name].half_open for name in self.down",
        "False for name in ()",
        first="tests/chaos/test_breakers.py",
    ),
    Fault(
        "the release breaker",
        f"{COMMON}/consumer/breaker.py",
        "if enough and len(set(failures)) >= self._mentors and not self.is_open:",
        "if False:",
        first="tests/chaos/test_breakers.py",
    ),
    Fault(
        "the answer's lock",
        f"{COMMON}/jobs/intake.py",
        'condition="#upload_id = :id AND #seq = :seq AND #accepted = :accepted",',
        'condition="#upload_id = :id OR #seq = :seq OR #accepted = :accepted OR'
        ' attribute_exists(pk)",',
        first="tests/integration/test_acceptance.py -k simultaneous_uploads",
    ),
    Fault(
        "the preparation's token",
        f"{COMMON}/jobs/intake.py",
        'update="SET #status = :accepted, #accepted_at = :now, #due_at = :due",\n'
        '                condition="#status = :preparing AND #token = :token",',
        'update="SET #status = :accepted, #accepted_at = :now, #due_at = :due",\n'
        '                condition="attribute_exists(pk) OR'
        ' (#status = :preparing AND #token = :token)",',
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the other look at what a request lost to",
        f"{COMMON}/jobs/intake.py",
        "            raise UnsettledError from error\n",
        "            raise InProgressError from error\n",
        first="tests/integration/test_two_tabs.py -k several_times_at_once",
    ),
    Fault(
        "the replaced upload's outcome in the acceptance",
        f"{COMMON}/jobs/intake.py",
        "transact(*self._accepting(job, now), *superseding)",
        "transact(*self._accepting(job, now))",
        first="tests/integration/test_acceptance.py -k replaced",
    ),
    Fault(
        "the recording that no trim replaces",
        f"{COMMON}/jobs/admission.py",
        "if job.request.from_answer and not active.request.from_answer:",
        "if False:",
        first="tests/integration/test_two_tabs.py -k trim",
    ),
    Fault(
        "the person whose upload is replaced",
        f"{COMMON}/jobs/admission.py",
        "if active.user != job.user:",
        "if False:",
        first="tests/integration/test_two_tabs.py -k managers",
    ),
    Fault(
        "the running upload that an aborted one gives way to",
        f"{API}/uploads/sweep.py",
        "if mine and self.reader.displaced(job) is None:",
        "if mine:",
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the document that is written anew",
        f"{NOTIFIER}/answers/decide.py",
        "if _end_was_shown(observed) and (document is None or view.shows_end(document)):",
        "if document is None or view.shows_end(document):",
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the note of whose end was shown",
        f"{NOTIFIER}/answers/decide.py",
        "    return ended or any(outcome.said for outcome in observed.upload.outcomes.values())\n",
        "    return False\n",
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the api's sweep",
        f"{API}/uploads/sweep.py",
        "            self.intake.due(),\n",
        "            self.intake.due()[:0],\n",
        first="tests/integration/test_acceptance.py -k could_not_be_announced",
    ),
    Fault(
        "the notifier's sweep",
        f"{NOTIFIER}/handlers.py",
        "        answers.due(),\n",
        "        answers.due()[:0],\n",
        first="tests/integration/test_notifier_recovery.py -k 'takes_over or without_progress'",
    ),
    Fault(
        "the NOTIFY loop",
        f"{COMMON}/jobs/answers.py",
        'unchanged={"wanted": held.observed},',
        "unchanged=None,",
        first="tests/integration/test_notifier_recovery.py",
    ),
    Fault(
        "the second look where another notifier came between",
        f"{NOTIFIER}/answers/reconciler.py",
        "        return before.model_copy(update=_OWN_REQUEST) == after\n",
        "        return after is not None\n",
        first="services/notifier/tests/test_look_before_the_lease.py",
    ),
    Fault(
        "the NOTIFY lease",
        f"{COMMON}/jobs/lease.py",
        'free = "(attribute_not_exists(#lease_until) OR #lease_until <= :now)"',
        'free = "(attribute_not_exists(#lease_until) OR #lease_until <> :now)"',
        first="tests/integration/test_notifier_recovery.py",
    ),
    Fault(
        "the CURRENT check of the notifier",
        f"{COMMON}/jobs/answers.py",
        'condition="#upload_id = :newest",',
        'condition="attribute_exists(pk) OR #upload_id = :newest",',
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the one switch",
        f"{NOTIFIER}/answers/observe.py",
        "return switches(self.outcome) and self.answer_state.switched != self.pair_id",
        "return switches(self.outcome)",
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the outcome that stands",
        f"{COMMON}/jobs/answers.py",
        'condition = "attribute_not_exists(pk)"\n',
        'condition = ""\n',
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the read-back",
        f"{NOTIFIER}/answers/decide.py",
        "if observed.read_back_is_due and not any(step.to_graphql for step in steps):",
        "if False:",
        first="tests/integration/test_notifier_read_back.py",
    ),
    Fault(
        "the freshness of what was observed",
        f"{NOTIFIER}/answers/apply.py",
        "return self.ports.clock.now() - self.observed.at <= _FRESH_SECONDS",
        "return True",
        first="tests/chaos/test_stories.py -k held_up_before_the_switch",
    ),
    Fault(
        "what stood before the switch",
        f"{NOTIFIER}/answers/decide.py",
        "BeforeSwitch(of=observed.pair_id, shown=kept)",
        "None",
        first="tests/integration/test_notifier_read_back.py",
    ),
    Fault(
        "another writer's value",
        f"{NOTIFIER}/answers/field_ownership.py",
        'return "earlier" if earlier.upload_in(content, name) else "other"',
        'return "earlier"',
        first="services/notifier/tests/test_field_ownership.py",
    ),
    Fault(
        "the switch that was already applied",
        f"{NOTIFIER}/answers/decide.py",
        "writes.SwitchAnswer({} if applied else content, before=None)",
        "writes.SwitchAnswer(content, before=None)",
        first="tests/chaos/test_stories.py",
    ),
    Fault(
        "the mentor's own picture",
        f"{NOTIFIER}/answers/apply.py",
        "picture = step.picture.picture if",
        "picture = step.picture.source if",
        first="tests/integration/test_notifier_superseded.py -k picture",
    ),
    Fault(
        "the mentor's own picture, set alone",
        f"{NOTIFIER}/answers/apply.py",
        "update_thumbnail(answer.mentor, step.picture)",
        "update_thumbnail(answer.mentor, step.source)",
        first="tests/integration/test_notifier_superseded.py -k picture",
    ),
    Fault(
        "the pictures that earlier releases showed",
        f"{NOTIFIER}/answers/superseded_objects.py",
        '        and not (left.picture_was_shown and match["file"] == _PICTURE)\n',
        "",
        first="tests/integration/test_notifier_superseded.py -k picture",
    ),
    Fault(
        "what GraphQL still names",
        f"{NOTIFIER}/answers/superseded_objects.py",
        "        and key not in named\n",
        "",
        first="tests/integration/test_notifier_superseded.py -k named",
    ),
    Fault(
        "publishing how an upload ended that a newer one follows",
        f"{NOTIFIER}/answers/reconciler.py",
        "        self._ports.publisher.publish(upload, upload.job, outcome)\n",
        "",
        first="tests/chaos/test_stories.py",
    ),
)


def plant(fault: Fault, tree: Path) -> None:
    """Take a safeguard away in a copy of the tree."""
    path = tree / fault.file
    text = path.read_text()
    if text.count(fault.old) != 1:
        raise ValueError(f"{fault.name}: its text stands {text.count(fault.old)} times in {path}")
    path.write_text(text.replace(fault.old, fault.new))


@contextmanager
def tree_with(fault: Fault) -> Iterator[Path]:
    """Yield a copy of the tree in which a safeguard is taken away."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        plant(fault, tree)
        for environment in _LINKED:
            (tree / environment).symlink_to(ROOT / environment)
        yield tree


def run_tests(tree: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests in a tree, up to the first that is red."""
    python_path = os.pathsep.join(str(tree / source) for source in SOURCES)
    return subprocess.run(
        [sys.executable, *_PYTEST, *shlex.split(tests)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": python_path, "CHAOS_RUNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def red_test(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the test that was red."""
    red = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return red[0].split(" - ")[0] if red else f"exit {ended.returncode}"


def first_red(tree: Path, first: str) -> str | None:
    """Return the first test that fails in a tree, or ``None``."""
    for tests in (first, *STAGES):
        if (ended := run_tests(tree, tests)).returncode:
            return red_test(ended)
    return None


def main() -> int:
    """Plant each fault whose name contains an argument (all without one); print a table."""
    wanted = [f for f in FAULTS if not sys.argv[1:] or any(a in f.name for a in sys.argv[1:])]
    unnoticed = 0
    for fault in wanted:
        began = time.monotonic()
        with tree_with(fault) as tree:
            red = first_red(tree, fault.first)
        unnoticed += red is None
        _print(f"{fault.name:45} {red or 'NOT NOTICED'} ({time.monotonic() - began:.0f} s)")
    _print(f"planted: {len(wanted)}, noticed: {len(wanted) - unnoticed}")
    return 1 if unnoticed else 0


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- a tool for the terminal


if __name__ == "__main__":
    sys.exit(main())

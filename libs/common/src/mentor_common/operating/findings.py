"""Findings: all that was read about one upload, and what follows for people on call. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from mentor_common.explain import why_not_ready
from mentor_common.jobs import EXHAUSTED, KINDS, STALLED, is_over, state
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mentor_common.events.models import TaskKind
    from mentor_common.explain import Backlog
    from mentor_common.explain.queue_estimate import Halted
    from mentor_common.jobs import AnswerState, Job, Task, Upload, Validity
    from mentor_common.operating.dead_letter_queue import QueueDepth
    from mentor_common.work.registry import Worker

_LATE_SECONDS: Final = 60.0
"""Time in which a sweep does what it can; what is left then needs a person."""
_RUNBOOKS: Final[dict[Halted, str]] = {
    "absent": "worker-down",
    "outage": "dependency-down",
    "failing": "release-breaker",
}


class Advice(NamedTuple):
    """Advice: a command, the runbook about it, and whether it needs a person."""

    command: str | None
    runbook: str | None
    attention: bool


class Depths(NamedTuple):
    """The messages of a service's queue, and its dead letters."""

    source: QueueDepth
    dead: QueueDepth


@dataclass(frozen=True)
class Findings:
    """Everything that was read about an upload, and what follows from it.

    Parameters
    ----------
    now
        Epoch seconds.
    answer_state, validity
        What the notifier knows of its answer, and whether work for it still counts.
    backlog, workers
        Who else waits, and which workers there are.
    depths
        The queues of each unit of work that it needs.
    dead
        The units of work whose message is a dead letter.
    """

    upload: Upload
    job: Job
    now: float
    answer_state: AnswerState | None
    validity: Validity
    backlog: Backlog
    workers: Sequence[Worker]
    depths: Mapping[TaskKind, Depths]
    dead: Sequence[TaskKind]

    def why(self) -> str:
        """Return in a sentence why it is not ready, or since when it is."""
        return "; ".join(self._clauses())

    def _clauses(self) -> Iterator[str]:
        outcome = self.upload.outcome
        if self._exhausted and self.validity == "current":
            yield from (self._gave_up(kind, task) for kind, task in self._exhausted.items())
            if outcome is None:
                yield "the answer will say so shortly"
            return
        yield why_not_ready(self.upload, self.now, self.backlog, self.validity) or (
            f"it is ready since {iso(outcome.said_at if outcome else None)}"
        )
        if self._unannounced:
            yield "its announcement was not published yet"
        if state(self.upload) in {"QUEUED", "IN_PROGRESS"} and self.validity == "current":
            yield from (note for kind in self.job.kinds for note in self._notes(kind))
        if self._only_notifier_left:
            yield f"GraphQL does not show it yet: {self._notifier()}"

    @property
    def _exhausted(self) -> dict[TaskKind, Task]:
        """The tasks of which every start was in vain."""
        return {
            kind: task
            for kind in self.job.kinds
            if (task := self.upload.task(kind)) and is_exhausted(self.upload, kind)
        }

    def _gave_up(self, kind: TaskKind, task: Task) -> str:
        tries = f"the {KINDS[kind].service} gave it up after {task.starts} tries: {task.last_error}"
        if kind in self.dead:
            return f"{tries}; its dead letter lies in the queue of {KINDS[kind].service}"
        return f"{tries}; its dead letter is gone: it was sent again or discarded"

    def _notes(self, kind: TaskKind) -> Iterator[str]:
        """Yield what a person on call needs of a unit of work that has not ended."""
        task = self.upload.task(kind)
        if kind in self.dead:
            yield f"its message lies in the dead-letter queue of {KINDS[kind].service}"
        if task is None or task.terminal:
            return
        if task.last_error and (task.retry_at or 0) > self.now:
            yield f"the error was: {task.last_error}"
        if task.status == "WAITING":
            looked, ends = iso(task.check_at), iso(task.lease_until)
            yield f"job {task.job} is checked again at {looked} and given up at {ends}"
        elif task.lease_until > self.now and self._silent(task):
            yield (
                f"{task.owner} has not reported for a while; if it went away, another takes over"
                f" when its lease ends at {iso(task.lease_until)}"
            )

    def _silent(self, task: Task) -> bool:
        """Return whether the worker that holds a task does not report any more."""
        owners = [one for one in self.workers if one.process == task.owner]
        return bool(owners) and all(one.liveness(self.now) != "alive" for one in owners)

    @property
    def _unannounced(self) -> bool:
        return self.job.status == "ACCEPTED" and not self.job.published and not self._over

    @property
    def _over(self) -> bool:
        return is_over(self.upload)

    @property
    def _only_notifier_left(self) -> bool:
        """Whether GraphQL alone is left to be written; of a superseded upload it is not."""
        if self.upload.outcome is not None and self.upload.outcome.kind == "superseded":
            return False
        tasks = [self.upload.task(kind) for kind in self.job.kinds]
        made = all(task is not None and task.status == "DONE" for task in tasks)
        return (made or self.upload.outcome is not None) and not self._over

    def _notifier(self) -> str:
        """Return how far the notifier is with the answer."""
        answer_state = self.answer_state
        if answer_state is None:
            return "no notifier has a record of it"
        if answer_state.lease_until > self.now:
            return "a notifier is at it now"
        if answer_state.last_error:
            return f"{answer_state.last_error}; tried again {self._when(answer_state.due_at)}"
        return f"a notifier reconciles it {self._when(answer_state.due_at)}"

    def advice(self) -> Advice:
        """Return what to do about it."""
        upload_id = self.upload.upload_id
        for kind in self.dead:
            redrive = f"mentor-ops dlq redrive --queue {KINDS[kind].service} --upload {upload_id}"
            return Advice(redrive, "dead-letters", attention=True)
        if self.validity == "current" and self._exhausted:
            return Advice(f"mentor-ops jobs retry {upload_id}", "dead-letters", attention=True)
        if self._over:
            outcome = self.upload.outcome
            runbook = "stalled-jobs" if outcome and outcome.code == STALLED else None
            return Advice(None, runbook, attention=state(self.upload) == "FAILED")
        runbook = self._stuck()
        if runbook is not None:
            return Advice("mentor-ops doctor", runbook, attention=True)
        return Advice(f"mentor-ops jobs show --watch {upload_id}", None, attention=False)

    def _stuck(self) -> str | None:
        """Return the runbook about what should go on by itself and does not."""
        late = self.now - _LATE_SECONDS
        prepared = self.job.status == "PREPARING" and self.job.prepared_at + PREPARING_SECONDS
        unannounced = self._unannounced and self.job.accepted_at
        if 0 < (prepared or unannounced or 0) < late:
            return "worker-down"
        if (
            self._only_notifier_left
            and self.answer_state is not None
            and self.answer_state.last_error
        ):
            return "dependency-down"
        overdue = self.answer_state is None or (self.answer_state.due_at or 0) < late
        if self._only_notifier_left and overdue:
            return "worker-down"
        queues = [self.backlog.estimate(kind) for kind in self.job.kinds if self._waits(kind)]
        halted = [each.halted for each in queues if each is not None and each.halted is not None]
        return _RUNBOOKS[halted[0]] if halted else None

    def _waits(self, kind: TaskKind) -> bool:
        task = self.upload.task(kind)
        if task is None:
            return True
        return task.status == "IN_PROGRESS" and task.lease_until <= self.now

    def evidence(self) -> Iterator[tuple[str, str]]:
        """Yield what all that was concluded from, name and value."""
        job = self.job
        yield "state", f"{state(self.upload)} ({self.validity})"
        yield "mentor, question", f"{job.mentor}, {job.question}"
        yield "accepted", self._when(job.accepted_at)
        for kind in job.kinds:
            yield kind, self._task(self.upload.task(kind))
        for kind in job.kinds:
            task = self.upload.task(kind)
            if kind not in self.dead and (self._over or (task is not None and task.terminal)):
                continue
            source, dead = self.depths[kind]
            waiting = f"{source.visible} waiting, {source.hidden} in work or hidden"
            yield f"queue of {KINDS[kind].service}", f"{waiting}, dead letters: {dead.total}"
            yield f"{KINDS[kind].service}s", self._workers_of(KINDS[kind].service)
        if not self._over:
            yield "GraphQL", self._notifier()

    def _task(self, task: Task | None) -> str:
        if task is None:
            return "not claimed yet"
        text = f"{task.status} {task.percent} %, attempt {task.attempt}"
        text += f", try {task.starts} of {task.max_starts}"
        if task.code:
            text += f", {task.code}"
        if task.lease_until:
            text += f"; lease of {task.owner} ends {self._when(task.lease_until)}"
        if task.retry_at:
            text += f"; tried again {self._when(task.retry_at)}"
        return text + (f"; last error: {task.last_error}" if task.last_error else "")

    def _workers_of(self, service: str) -> str:
        texts = []
        for one in self.workers:
            if one.service == service:
                down = "".join(f", waits for {error}" for error in one.down.values())
                work = f"{one.in_flight} of {one.slots} in work{down}"
                texts.append(f"{one.process} {one.liveness(self.now)}, {work}")
        return "; ".join(texts) or "none has been there within the hour"

    def _when(self, at: float | None) -> str:
        if at is None:
            return "never"
        seconds = at - self.now
        length = _length(abs(seconds))
        return f"{iso(at)} (in {length})" if seconds > 0 else f"{iso(at)} ({length} ago)"


def is_exhausted(upload: Upload, kind: TaskKind) -> bool:
    """Return whether a task failed with its last start, and no other attempt was requested."""
    task = upload.task(kind)
    failed = task is not None and task.code == EXHAUSTED
    return failed and kind not in upload.retries_requested


def may_be_dead(upload: Upload, kind: TaskKind) -> bool:
    """Return whether the message of a unit of work may be a dead letter."""
    if upload.task(kind) is None:
        return not is_over(upload)  # it may never have been delivered
    return is_exhausted(upload, kind)


def _length(seconds: float) -> str:
    """Return a time in its largest unit of which there are two."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"

"""What was read about one upload, and what follows from it for people on call. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from mentor_common.events.models import TaskKind
from mentor_common.explain import Backlog, why
from mentor_common.jobs import EXHAUSTED, KINDS, STALLED, is_over, state
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.operating.history import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mentor_common.explain.queue_estimate import Halted
    from mentor_common.jobs import Job, Notify, Standing, Task, Upload
    from mentor_common.operating.dead_letters import DeadLetter
    from mentor_common.work.registry import Worker

_LATE_SECONDS: Final = 60.0
"""What a sweep has not done by then, it will not do by itself."""
_HALTED: Final[dict[Halted, str]] = {
    "absent": "worker-down",
    "outage": "dependency-down",
    "failing": "release-breaker",
}


class Advice(NamedTuple):
    """What to type, the runbook about it, and whether it needs a person."""

    command: str | None
    runbook: str | None
    attention: bool


@dataclass(frozen=True)
class Look:
    """Everything that was read about an upload, and what follows from it."""

    upload: Upload
    job: Job
    now: float
    notify: Notify | None
    standing: Standing
    backlog: Backlog
    workers: Sequence[Worker]
    figures: dict[TaskKind, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    letters: dict[TaskKind, DeadLetter] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[TaskKind, ...]:
        """The units of work that the upload needs."""
        return get_args(TaskKind) if self.job.needs_transcriber else ("transcode",)

    def may_be_dead(self, kind: TaskKind) -> bool:
        """Tell whether the message of a unit of work may be a dead letter."""
        task = self.upload.task(kind)
        if task is None:
            return not is_over(self.upload)  # it may never have been delivered
        return task.code == EXHAUSTED and kind not in self.upload.retries_requested

    def sentence(self) -> str:
        """Return why it is not ready, or since when it is."""
        return "; ".join(self._clauses())

    def _clauses(self) -> Iterator[str]:
        given_up = [kind for kind in self.kinds if self._given_up(kind)]
        if given_up and self.standing == "current":
            yield from (self._in_vain(kind) for kind in given_up)
            return
        said = why(self.upload, self.now, self.backlog, self.standing)
        outcome = self.upload.outcome
        yield said or f"it is ready since {iso(outcome.said_at if outcome else None)}"
        if self._unannounced:
            yield "its announcement was not published yet"
        if state(self.upload) in {"QUEUED", "IN_PROGRESS"} and self.standing == "current":
            yield from (note for kind in self.kinds for note in self._notes(kind))
        if self._untold:
            yield f"GraphQL is not told yet: {self._telling()}"

    def _given_up(self, kind: TaskKind) -> bool:
        task = self.upload.task(kind)
        failed = task is not None and task.code == EXHAUSTED
        return failed and kind not in self.upload.retries_requested

    def _in_vain(self, kind: TaskKind) -> str:
        task = self.upload.task(kind)
        assert task is not None  # noqa: S101 -- _given_up saw to it; this tells mypy
        tries = f"the {KINDS[kind].service} gave it up after {task.starts} tries: {task.last_error}"
        if kind in self.letters:
            return f"{tries}; its dead letter lies in the queue of {KINDS[kind].service}"
        return f"{tries}; its dead letter is gone: it was sent again or discarded"

    def _notes(self, kind: TaskKind) -> Iterator[str]:
        """Yield what a person on call wants to know of a unit that has not ended."""
        task = self.upload.task(kind)
        if kind in self.letters:
            yield f"its message lies in the dead-letter queue of {KINDS[kind].service}"
        if task is None or task.terminal:
            return
        if task.last_error and (task.retry_at or 0) > self.now:
            yield f"the error was: {task.last_error}"
        if task.status == "WAITING":
            looked, ends = iso(task.check_at), iso(task.lease_until)
            yield f"job {task.job} is looked at again at {looked} and given up at {ends}"
        elif task.lease_until > self.now and self._silent(task):
            yield (
                f"{task.owner} has said nothing for a while; if it went away, another takes over"
                f" when its lease ends at {iso(task.lease_until)}"
            )

    def _silent(self, task: Task) -> bool:
        """Tell whether the worker that holds a task does not speak any more."""
        owners = [one for one in self.workers if one.process == task.owner]
        return bool(owners) and all(one.seen(self.now) != "alive" for one in owners)

    @property
    def _unannounced(self) -> bool:
        return self.job.status == "ACCEPTED" and not self.job.published and not self._over

    @property
    def _over(self) -> bool:
        return is_over(self.upload)

    @property
    def _untold(self) -> bool:
        """Whether nothing but telling GraphQL is left to do; of a superseded upload it is not."""
        if self.upload.outcome is not None and self.upload.outcome.kind == "superseded":
            return False
        tasks = [self.upload.task(kind) for kind in self.kinds]
        made = all(task is not None and task.status == "DONE" for task in tasks)
        return (made or self.upload.outcome is not None) and not self._over

    def _telling(self) -> str:
        notify = self.notify
        if notify is None:
            return "no notifier has heard of it"
        if notify.lease_until > self.now:
            return "a notifier is at it now"
        if notify.last_error:
            return f"{notify.last_error}; tried again {self._when(notify.due_at)}"
        return f"a notifier looks at it {self._when(notify.due_at)}"

    def advice(self) -> Advice:
        """Return what to do about it."""
        upload_id = self.upload.upload_id
        for kind in self.letters:
            redrive = f"mentor-ops dlq redrive --queue {KINDS[kind].service} --upload {upload_id}"
            return Advice(redrive, "dead-letters", attention=True)
        if self.standing == "current" and any(self._given_up(kind) for kind in self.kinds):
            return Advice(f"mentor-ops jobs retry {upload_id}", "dead-letters", attention=True)
        if self._over:
            outcome = self.upload.outcome
            page = "stalled-jobs" if outcome and outcome.code == STALLED else None
            return Advice(None, page, attention=state(self.upload) == "FAILED")
        page = self._stuck()
        if page is not None:
            return Advice("mentor-ops doctor", page, attention=True)
        return Advice(f"mentor-ops jobs show --watch {upload_id}", None, attention=False)

    def _stuck(self) -> str | None:
        """Return the runbook about what should go on by itself and does not."""
        late = self.now - _LATE_SECONDS
        prepared = self.job.status == "PREPARING" and self.job.prepared_at + PREPARING_SECONDS
        unsaid = self._unannounced and self.job.accepted_at
        if 0 < (prepared or unsaid or 0) < late:
            return "worker-down"
        if self._untold and self.notify is not None and self.notify.last_error:
            return "dependency-down"
        if self._untold and (self.notify is None or (self.notify.due_at or 0) < late):
            return "worker-down"
        lines = [self.backlog.line(kind) for kind in self.kinds if self._waits(kind)]
        halted = [line.halted for line in lines if line is not None and line.halted is not None]
        return _HALTED[halted[0]] if halted else None

    def _waits(self, kind: TaskKind) -> bool:
        task = self.upload.task(kind)
        if task is None:
            return True
        return task.status == "IN_PROGRESS" and task.lease_until <= self.now

    def seen(self) -> Iterator[tuple[str, str]]:
        """Yield what all that was concluded from, name and value."""
        job = self.job
        yield "state", f"{state(self.upload)} ({self.standing})"
        yield "mentor, question", f"{job.mentor}, {job.question}"
        yield "accepted", self._when(job.accepted_at)
        for kind in self.kinds:
            yield kind, self._task(self.upload.task(kind))
        for kind in self.kinds:
            task = self.upload.task(kind)
            if kind not in self.letters and (self._over or (task is not None and task.terminal)):
                continue
            queue, dead = self.figures[kind]["queue"], self.figures[kind]["dead"]
            waiting = f"{queue['waiting']} waiting, {queue['hidden']} in work or hidden"
            letters = f"dead letters: {dead['waiting'] + dead['hidden']}"
            yield f"queue of {KINDS[kind].service}", f"{waiting}, {letters}"
            yield f"{KINDS[kind].service}s", self._crew(kind)
        if not self._over:
            yield "GraphQL", self._telling()

    def _task(self, task: Task | None) -> str:
        if task is None:
            return "nobody has claimed it"
        said = f"{task.status} {task.percent} %, attempt {task.attempt}"
        said += f", try {task.starts} of {task.max_starts}"
        if task.code:
            said += f", {task.code}"
        if task.lease_until:
            said += f"; lease of {task.owner} ends {self._when(task.lease_until)}"
        if task.retry_at:
            said += f"; tried again {self._when(task.retry_at)}"
        return said + (f"; last error: {task.last_error}" if task.last_error else "")

    def _crew(self, kind: TaskKind) -> str:
        mine = [one for one in self.workers if one.service == KINDS[kind].service]
        said = []
        for one in mine:
            down = "".join(f", waits for {why}" for why in one.down.values())
            work = f"{one.in_flight} of {one.slots} in work{down}"
            said.append(f"{one.process} {one.seen(self.now)}, {work}")
        return "; ".join(said) or "none has been there within the hour"

    def _when(self, at: float | None) -> str:
        if at is None:
            return "never"
        seconds = at - self.now
        length = _length(abs(seconds))
        return f"{iso(at)} (in {length})" if seconds > 0 else f"{iso(at)} ({length} ago)"


def _length(seconds: float) -> str:
    """Return a time in its largest unit of which there are two."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"

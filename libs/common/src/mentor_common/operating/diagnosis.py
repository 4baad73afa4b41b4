"""Why an upload is not ready, for people on call: a sentence, what was seen, what to type next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args

from mentor_common.consumer.presence import workers
from mentor_common.events.models import TaskKind
from mentor_common.explain import WORKERS, Backlog, why
from mentor_common.jobs import EXHAUSTED, Reader, is_over, state
from mentor_common.jobs.intake import PREPARING_SECONDS
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.history import iso
from mentor_common.operating.letters import peek

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mentor_common.clock import Clock
    from mentor_common.consumer.presence import Worker
    from mentor_common.jobs import AnswerKey, Job, Notify, Standing, State, Table, Task, Upload
    from mentor_common.operating.deadletters import DeadLetter, DeadLetters

_MOST_LETTERS: Final = 500
_LATE_SECONDS: Final = 60.0
"""What a sweep has not done by then, it will not do by itself."""


@dataclass(frozen=True)
class Diagnosis:
    """What is told to the person on call.

    Parameters
    ----------
    upload_id, state
        Which upload, and how it stands in a word.
    why
        In a sentence why it is not ready, or since when it is.
    seen
        What that was concluded from: name and value.
    command
        What to type next; ``None`` when there is nothing to type.
    attention
        Whether it needs a person.
    """

    upload_id: str
    state: State
    why: str
    seen: tuple[tuple[str, str], ...]
    command: str | None
    attention: bool


@dataclass(frozen=True)
class Diagnoser:
    """Finds out why uploads are not ready. Changes nothing.

    Parameters
    ----------
    table, clock
        The jobs table and the time.
    queues
        Gives a service's queue and dead-letter queue by its name.
    """

    table: Table
    clock: Clock
    queues: Callable[[str], DeadLetters]

    def of_answer(self, answer: AnswerKey) -> Diagnosis:
        """Diagnose the newest upload of an answer.

        Raises
        ------
        RefusedError
            When there is none.
        """
        current = Reader(self.table).current(answer)
        if current is None:
            raise RefusedError(
                f"there is no upload of question {answer.question} by mentor {answer.mentor}"
            )
        return self.of(current.upload_id)

    def of(self, upload_id: str) -> Diagnosis:
        """Diagnose an upload.

        Raises
        ------
        RefusedError
            When there is no such upload on this stage.
        """
        upload = Reader(self.table).upload(upload_id)
        if upload.job is None:
            raise RefusedError(f"there is no upload {upload_id} on this stage")
        return self._look(upload, upload.job).diagnosis()

    def _look(self, upload: Upload, job: Job) -> _Look:
        reader, now = Reader(self.table), self.clock.now()
        look = _Look(
            upload,
            job,
            now,
            reader.notify(job.answer),
            reader.standing(upload.upload_id, job.answer),
            Backlog(self.table, self.clock),
            workers(self.table, now),
        )
        for kind in look.kinds:
            queue = self.queues(WORKERS[kind])
            look.figures[kind] = {"queue": queue.figures("queue"), "dead": queue.figures("dead")}
            dead = look.figures[kind]["dead"]["waiting"]
            if dead and look.may_be_dead(kind):
                found = peek(queue, min(dead, _MOST_LETTERS))
                for one in found:
                    if one.upload_id == upload.upload_id:
                        look.letters[kind] = one
        return look


@dataclass(frozen=True)
class _Look:
    """Everything that was read about an upload."""

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
        return get_args(TaskKind) if self.job.heard_out else ("transcode",)

    def may_be_dead(self, kind: TaskKind) -> bool:
        """Tell whether the message of a unit of work may be a dead letter."""
        task = self.upload.task(kind)
        if task is None:
            return not is_over(self.upload)  # it may never have been delivered
        return task.code == EXHAUSTED and kind not in self.upload.asked_again

    def diagnosis(self) -> Diagnosis:
        """Conclude."""
        command, attention = self._next()
        return Diagnosis(
            self.upload.upload_id,
            state(self.upload),
            "; ".join(self._sentence()),
            tuple(self._seen()),
            command,
            attention,
        )

    def _sentence(self) -> Iterator[str]:
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
        return failed and kind not in self.upload.asked_again

    def _in_vain(self, kind: TaskKind) -> str:
        task = self.upload.task(kind)
        assert task is not None  # noqa: S101 -- _given_up saw to it; this tells mypy
        tries = f"the {WORKERS[kind]} gave it up after {task.starts} tries: {task.last_error}"
        where = "lies in" if kind in self.letters else "is no longer in"
        return f"{tries}; its dead letter {where} the queue of {WORKERS[kind]}"

    def _notes(self, kind: TaskKind) -> Iterator[str]:
        """Yield what a person on call wants to know of a unit that has not ended."""
        task = self.upload.task(kind)
        if kind in self.letters:
            yield f"its message lies in the dead-letter queue of {WORKERS[kind]}"
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
        """Whether nothing but telling GraphQL is left to do."""
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

    def _next(self) -> tuple[str | None, bool]:
        upload_id = self.upload.upload_id
        for kind in self.letters:
            return f"mentor-ops dlq redrive --queue {WORKERS[kind]} --upload {upload_id}", True
        if self.standing == "current" and any(self._given_up(kind) for kind in self.kinds):
            return f"mentor-ops jobs retry {upload_id}", True
        if self._over:
            return None, state(self.upload) == "FAILED"
        if self._stuck():
            return "mentor-ops doctor", True
        return f"mentor-ops jobs show --watch {upload_id}", False

    def _stuck(self) -> bool:
        """Tell whether something that goes on by itself does not."""
        late = self.now - _LATE_SECONDS
        if self.job.status == "PREPARING":
            return self.job.prepared_at < late - PREPARING_SECONDS
        if self._unannounced and (self.job.accepted_at or 0) < late:
            return True
        notify = self.notify
        if self._untold and (notify is None or notify.last_error or (notify.due_at or 0) < late):
            return True
        lines = [self.backlog.line(kind) for kind in self.kinds if self.upload.task(kind) is None]
        return any(line is not None and line.halted is not None for line in lines)

    def _seen(self) -> Iterator[tuple[str, str]]:
        job = self.job
        yield "state", f"{state(self.upload)} ({self.standing})"
        yield "mentor, question", f"{job.mentor}, {job.question}"
        yield "accepted", self._when(job.accepted_at)
        for kind in self.kinds:
            yield kind, self._task(self.upload.task(kind))
        if self._over and not self.letters:
            return
        for kind in self.kinds:
            queue, dead = self.figures[kind]["queue"], self.figures[kind]["dead"]
            waiting = f"{queue['waiting']} waiting, {queue['hidden']} in work or hidden"
            letters = f"{dead['waiting'] + dead['hidden']} dead letters"
            yield f"queue of {WORKERS[kind]}", f"{waiting}, {letters}"
            yield f"{WORKERS[kind]}s", self._crew(kind)
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
        mine = [one for one in self.workers if one.service == WORKERS[kind]]
        said = []
        for one in mine:
            down = "".join(f", waits for {why}" for why in one.down.values())
            work = f"{one.in_flight} of {one.slots} in work{down}"
            said.append(f"{one.process} {one.seen(self.now)}, {work}")
        return "; ".join(said) or "none has been there within the hour"

    def _when(self, at: float | None) -> str:
        if at is None:
            return "never"
        seconds = round(at - self.now)
        return f"{iso(at)} (in {seconds} s)" if seconds > 0 else f"{iso(at)} ({-seconds} s ago)"

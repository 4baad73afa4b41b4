"""The diagnosis of an upload for people on call: why it is not ready, and what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_common.explain import Backlog
from mentor_common.jobs import KINDS, Reader, state
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.findings import Depths, Findings, may_be_dead
from mentor_common.work.registry import workers

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.events.models import TaskKind
    from mentor_common.jobs import AnswerKey, Job, State, Table, Upload
    from mentor_common.operating.dead_letter_queue import DeadLetterQueues

_MOST_LETTERS: Final = 500


@dataclass(frozen=True)
class Diagnosis:
    """An answer to the person on call.

    Parameters
    ----------
    upload_id, state
        The upload, and its state.
    why
        In a sentence why it is not ready, or since when it is.
    seen
        What that was concluded from: name and value.
    command
        What to type next; ``None`` when there is nothing to type.
    runbook
        The page of ``docs/runbooks`` about it, without its ending; ``None`` for none.
    attention
        Whether it needs a person.
    """

    upload_id: str
    state: State
    why: str
    seen: tuple[tuple[str, str], ...]
    command: str | None
    runbook: str | None
    attention: bool


@dataclass(frozen=True)
class Diagnoser:
    """Finds out why uploads are not ready. Changes nothing."""

    table: Table
    clock: Clock
    queues: DeadLetterQueues

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
        found = self._findings(upload, upload.job)
        return Diagnosis(
            upload_id, state(upload), found.why(), tuple(found.evidence()), *found.advice()
        )

    def _findings(self, upload: Upload, job: Job) -> Findings:
        reader, now = Reader(self.table), self.clock.now()
        depths: dict[TaskKind, Depths] = {}
        dead: list[TaskKind] = []
        for kind in job.kinds:
            queue = self.queues[KINDS[kind].service]
            depths[kind] = Depths(queue.source_depth(), queue.depth())
            if may_be_dead(upload, kind):
                letters = queue.peek(min(depths[kind].dead.visible, _MOST_LETTERS))
                if any(one.upload_id == upload.upload_id for one in letters):
                    dead.append(kind)
        return Findings(
            upload,
            job,
            now,
            reader.answer_state(job.answer),
            reader.validity(upload.upload_id, job.answer),
            Backlog(self.table, self.clock),
            workers(self.table, now),
            depths,
            dead,
        )

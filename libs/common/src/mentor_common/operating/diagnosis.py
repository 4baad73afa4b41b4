"""Why an upload is not ready, for people on call: a sentence, what was seen, what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentor_common.explain import Backlog
from mentor_common.jobs import KINDS, Reader, state
from mentor_common.operating.dead_letter_details import peek
from mentor_common.operating.errors import RefusedError
from mentor_common.operating.findings import Look
from mentor_common.work.registry import workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.clock import Clock
    from mentor_common.jobs import AnswerKey, Job, State, Table, Upload
    from mentor_common.operating.dead_letters import DeadLetters

_MOST_LETTERS: Final = 500


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
        look = self._look(upload, upload.job)
        advice = look.advice()
        return Diagnosis(
            upload.upload_id, state(upload), look.sentence(), tuple(look.seen()), *advice
        )

    def _look(self, upload: Upload, job: Job) -> Look:
        reader, now = Reader(self.table), self.clock.now()
        look = Look(
            upload,
            job,
            now,
            reader.notify(job.answer),
            reader.standing(upload.upload_id, job.answer),
            Backlog(self.table, self.clock),
            workers(self.table, now),
        )
        for kind in look.kinds:
            queue = self.queues(KINDS[kind].service)
            look.figures[kind] = {"queue": queue.figures("queue"), "dead": queue.figures("dead")}
            dead = look.figures[kind]["dead"]["waiting"]
            if dead and look.may_be_dead(kind):
                found = peek(queue, min(dead, _MOST_LETTERS))
                for one in found:
                    if one.upload_id == upload.upload_id:
                        look.letters[kind] = one
        return look

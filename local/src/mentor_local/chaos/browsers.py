"""Mentors' browsers: they upload, poll nothing, try again, and some change their mind."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import requests

from mentor_common.jobs import SUB_TASK_FIELDS, task_id_of
from mentor_local.graphql import seed

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from mentor_local.graphql.store import Store
    from mentor_local.ui import UploadUI

Kind = Literal["good", "damaged", "cancelled", "forgotten", "replaced"]
KINDS: tuple[tuple[Kind, int], ...] = (
    ("good", 84),
    ("damaged", 4),  # a container with nothing readable in it
    ("cancelled", 4),  # somebody writes CANCELLING into GraphQL
    ("forgotten", 4),  # the UI deletes its document while the upload runs
    ("replaced", 4),  # cancelled, and a newer video at once
)
_RETRY_SECONDS = 2.0
_CONFLICT = 409  # the cancelled upload is still being cancelled
_FORBIDDEN = 403  # what a GraphQL that answers `errors` looks like to a browser
_CANCEL = """mutation Cancel($m: ID!, $q: ID!, $s: UploadTaskStatusUpdateInputType!) {
  api { uploadTaskStatusUpdate(mentorId: $m, questionId: $q, uploadTaskStatusInput: $s) }
}"""


@dataclass(frozen=True)
class UploadTarget:
    """A stack that browsers upload to: a mentor's browser, GraphQL's database, a credential."""

    ui: UploadUI
    store: Store
    api_secret: str


@dataclass
class Attempt:
    """One video that a mentor uploads, however often the browser has to ask.

    Attributes
    ----------
    answer
        Mentor and question.
    upload_id
        Set once the api has answered 200.
    refused
        The status that ended it without acceptance.
    requests
        How often the api was asked.
    """

    kind: Kind
    answer: tuple[str, str]
    upload_id: str | None = None
    refused: int | None = None
    requests: int = 0
    accepted_at: float = 0


@dataclass
class Answers:
    """Answers that no upload is active on; each browser takes one and the ledger releases it."""

    free: queue.Queue[tuple[str, str]] = field(default_factory=queue.Queue)
    reserved: set[tuple[str, str]] = field(default_factory=set)

    def release(self, answer: tuple[str, str]) -> None:
        """Let others have an answer, unless its mentor is about to upload again."""
        if answer not in self.reserved:
            self.free.put(answer)

    @classmethod
    def seeded(cls, target: UploadTarget, count: int) -> Answers:
        """Add so many questions for the seeded mentor, one in five of the idle kind."""
        answers = cls()
        for number in range(count):
            name = "_IDLE_" if number % 5 == 0 else None
            question = target.store.add_question(f"Question {number}?", name=name)
            answers.free.put((seed.SEED_MENTOR_ID, question["_id"]))
        return answers


class Browsers:
    """Several browsers, each a thread, working off one list of uploads.

    ``clips`` has a file by kind of upload; ``good`` serves for all but ``damaged``. After
    ``deadline``, of ``time.monotonic()``, nothing new is tried.
    """

    def __init__(
        self,
        target: UploadTarget,
        answers: Answers,
        clips: dict[str, Path],
        rng: random.Random,
        deadline: float,
    ) -> None:
        self._target = target
        self._ui = target.ui
        self._answers = answers
        self._clips = clips
        self._rng = rng
        self.deadline = deadline
        self.attempts: list[Attempt] = []

    def start(self, count: int, threads: int, *, only_good: bool = False) -> list[threading.Thread]:
        """Begin ``count`` uploads; the threads end when all are accepted or refused."""
        kinds, weights = zip(*KINDS, strict=True)
        todo: queue.Queue[Kind] = queue.Queue()
        for _ in range(count):
            todo.put("good" if only_good else self._rng.choices(kinds, weights)[0])
        started = [
            threading.Thread(target=self._work_off, args=(todo,), daemon=True)
            for _ in range(threads)
        ]
        for thread in started:
            thread.start()
        return started

    def _work_off(self, todo: queue.Queue[Kind]) -> None:
        while time.monotonic() < self.deadline:
            try:
                kind = todo.get_nowait()
            except queue.Empty:
                return
            try:
                answer = self._answers.free.get(timeout=max(0, self.deadline - time.monotonic()))
            except queue.Empty:
                return
            if kind == "replaced":
                self._answers.reserved.add(answer)
                self._try(Attempt("replaced", answer))
                self._try(Attempt("good", answer))
                self._answers.reserved.discard(answer)
            else:
                self._try(Attempt(kind, answer))
            if self.attempts_of(answer)[-1].upload_id is None:
                self._answers.free.put(answer)

    def attempts_of(self, answer: tuple[str, str]) -> list[Attempt]:
        """Return the attempts on an answer, the first first."""
        return [attempt for attempt in self.attempts if attempt.answer == answer]

    def _try(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self._upload(attempt)

    def _upload(self, attempt: Attempt) -> None:
        """Do what a person does: press Upload until it is taken."""
        mentor, question = attempt.answer
        file = self._clips["damaged" if attempt.kind == "damaged" else "good"]
        video: str | None = None
        while time.monotonic() < self.deadline:
            with suppress(requests.RequestException, KeyError, ValueError):
                if video is None:
                    form = self._ui.presign()
                    if self._ui.send_file(form, file) in {200, 201, 204}:
                        video = form["fields"]["key"]
                if video is not None:
                    body = {"mentor": mentor, "question": question, "isVbgVideo": False}
                    attempt.requests += 1
                    answer = self._ui.post_answer({**body, "video": video})
                    if answer.ok:
                        attempt.upload_id = answer.json()["data"]["upload_id"]
                        attempt.accepted_at = time.time()
                        self._change_mind(attempt)
                        return
                    waits = answer.status_code in {_FORBIDDEN, _CONFLICT}
                    if answer.status_code < 500 and not waits:  # noqa: PLR2004 -- a status class
                        attempt.refused = answer.status_code
                        return
            time.sleep(_RETRY_SECONDS)

    def _change_mind(self, attempt: Attempt) -> None:
        mentor, question = attempt.answer
        with suppress(requests.RequestException, RuntimeError, ValueError):
            if attempt.kind == "forgotten":
                self._ui.delete_task(mentor, question)
            elif attempt.kind in {"cancelled", "replaced"}:
                self._cancel(mentor, question, str(attempt.upload_id))

    def _cancel(self, mentor: str, question: str, upload_id: str) -> None:
        name = "transcoding-web"
        task = {
            "task_name": name,
            "task_id": task_id_of(upload_id, name),
            "status": "CANCELLING",
        }
        requests.post(
            self._ui.graphql,
            json={
                "query": _CANCEL,
                "variables": {"m": mentor, "q": question, "s": {SUB_TASK_FIELDS[name]: task}},
            },
            headers={
                "mentor-graphql-req": "true",
                "Authorization": f"bearer {self._target.api_secret}",
            },
            timeout=30,
        )

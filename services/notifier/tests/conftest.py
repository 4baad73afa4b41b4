"""An upload of an answer and what GraphQL shows of it, to decide about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from mentor_common.events import SourceObject
from mentor_common.jobs import (
    SUB_TASK_FIELDS,
    AnswerKey,
    AnswerState,
    Cancel,
    Job,
    Outcome,
    Task,
    Upload,
    UploadRequest,
)
from mentor_notifier.answers.decide import decide
from mentor_notifier.answers.field_ownership import sha256_of
from mentor_notifier.answers.gateway import GraphQLState
from mentor_notifier.answers.observe import Observation
from mentor_notifier.answers.outcome import outcome_of, shown_statuses, switches, task_info
from mentor_notifier.answers.view import Transcript

if TYPE_CHECKING:
    from mentor_notifier.answers.decide import Decision
    from mentor_notifier.answers.writes import AnswerWrite

NOW = 1_790_000_000.0
DAY = 24 * 3600.0
MENTOR, QUESTION = f"{1:024x}", f"{2:024x}"
ANSWER = AnswerKey(MENTOR, QUESTION)
UPLOAD = "aaaaaaaa-0000-5000-8000-000000000000"
FOLDER = f"{ANSWER.prefix}{UPLOAD}/1/"
_NAMES = {
    "transcode": ("transcoding-web", "transcoding-mobile"),
    "transcribe": ("transcribing",),
}
_FILES = {
    "transcode": {"original": "original.mp4", "web": "web.mp4", "mobile": "mobile.mp4"},
    "transcribe": {"transcript": "transcript.json", "vtt": "en.vtt"},
}


def task(kind: str, status: str = "DONE", *failed: str, **changes: Any) -> Task:
    """Return a unit of work; ``failed`` are the names that did not work out."""
    names = {n: {"status": "FAILED" if n in failed else status} for n in _NAMES[kind]}
    if failed:
        names |= {n: {"status": "DONE"} for n in _NAMES[kind] if n not in failed}
    results = {n: FOLDER + file for n, file in _FILES[kind].items()} if status == "DONE" else {}
    content = {
        "status": status,
        "token": "t",
        "owner": "test",
        "lease_until": NOW + 60,
        "names": names,
        "results": results,
        "first_at": NOW - 60,
        "started_at": NOW - 60,
        "finished_at": NOW - 10 if status in {"DONE", "FAILED"} else None,
    }
    return Task.model_validate(content | changes)


@dataclass(frozen=True)
class Given:
    """The newest upload of an answer as it was observed: ready, and nothing shown of it yet.

    ``document`` is as shown for an upload whose work goes on, ``content`` the answer before it.
    """

    transcode: Task | None = field(default_factory=lambda: task("transcode"))
    transcribe: Task | None = field(default_factory=lambda: task("transcribe"))
    cancel: Cancel | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    job: Job = field(
        default_factory=lambda: Job(
            upload_id=UPLOAD,
            mentor=MENTOR,
            question=QUESTION,
            revision=2,
            status="ACCEPTED",
            token="t",
            user="u",
            video="u/v",
            source=SourceObject(bucket="b", key="u/v", etag="e", size=1),
            request=UploadRequest(),
            transcription="wanted",
            prepared_at=NOW - 100,
            accepted_at=NOW - 100,
        )
    )
    answer_state: AnswerState = field(
        default_factory=lambda: AnswerState(mentor=MENTOR, question=QUESTION)
    )
    document: dict[str, Any] | str | None = "running"
    content: dict[str, Any] | None = None
    readable: bool = True
    read_back_at: float | None = None
    transcripts: dict[str, frozenset[str]] = field(default_factory=dict)
    switched_text: str | None = None

    NOW: ClassVar = NOW
    UPLOAD: ClassVar = UPLOAD
    ANSWER: ClassVar = ANSWER
    FOLDER: ClassVar = FOLDER
    task = staticmethod(task)

    def having(self, **changes: Any) -> Given:
        """Return it with changes; those of items by ``job``, ``answer_state`` and ``request``."""
        for name in ("job", "answer_state"):
            if name in changes:
                changes[name] = getattr(self, name).model_copy(update=changes[name])
        if "request" in changes:
            job = changes.get("job", self.job)
            request = job.request.model_copy(update=changes.pop("request"))
            changes["job"] = job.model_copy(update={"request": request})
        return replace(self, **changes)

    def aligned(self, transcribe: Task | None, **changes: Any) -> Given:
        """Return it with an edited transcript whose word timings are to be found."""
        keys = {"align_key": f"{ANSWER.prefix}x/0/edited.txt", "captions_key": "cut.vtt"}
        job = {"transcription": "edited", **keys, **changes.pop("job", {})}
        return self.having(transcribe=transcribe, job=job, **changes)

    @property
    def upload(self) -> Upload:
        """The upload's items."""
        return Upload(UPLOAD, self.job, self.transcode, self.transcribe, self.cancel, self.outcomes)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended."""
        return outcome_of(self.upload, self.job, now=NOW, stalled_after=DAY)

    def shown_document(self, status: str | None = None) -> dict[str, Any]:
        """Return a document that shows the upload, or all of its tasks under one status."""
        statuses: dict[str, Any] = dict(shown_statuses(self.upload, self.job, self.outcome))
        document: dict[str, Any] = dict.fromkeys(SUB_TASK_FIELDS.values())
        for name, stands in statuses.items():
            document[SUB_TASK_FIELDS[name]] = task_info(UPLOAD, name, status or stands)  # type: ignore[arg-type]  # a literal of the test
        return document

    @property
    def observed(self) -> Observation:
        """All that is decided about."""
        wanted = self.job.transcription == "wanted"
        has_text = wanted and self.transcribe is not None and self.transcribe.status == "DONE"
        transcript = Transcript("new words", f"{FOLDER}en.vtt", "WEBVTT") if has_text else None
        if transcript is None and switches(self.outcome):
            key = self.upload.aligned_captions or self.job.captions_key
            transcript = Transcript(None, key, "WEBVTT" if key else None)
        document = self.document
        if document == "running":
            document = self.shown_document("IN_PROGRESS")
        own = frozenset({sha256_of(""), sha256_of("new words")})
        return Observation(
            at=NOW,
            upload=self.upload,
            job=self.job,
            answer_state=self.answer_state,
            read_back_at=self.read_back_at,
            outcome=self.outcome,
            transcript=transcript or Transcript(),
            shown=GraphQLState(document, readable=self.readable, content=self.content),  # type: ignore[arg-type]  # no text by now
            transcripts={UPLOAD: own, **self.transcripts},
            switched_text=self.switched_text,
        )

    @property
    def decision(self) -> Decision:
        """What is to be done."""
        return decide(self.observed)

    def writes(self, kind: type[AnswerWrite]) -> list[Any]:
        """Return the writes of one kind."""
        return [write for write in self.decision.writes if isinstance(write, kind)]


@pytest.fixture
def given() -> Given:
    """A ready upload of which nothing is shown yet."""
    return Given()


@pytest.fixture
def live() -> Given:
    """An upload that is ready, live and published, and settled but for the read-back."""
    ready = Outcome(kind="ready", at=NOW - 60, said=True)
    media = {"url": f"https://s.example.org/{FOLDER}web.mp4"}
    content = {
        "webMedia": media,
        "mobileMedia": {"url": media["url"].replace("web.mp4", "mobile.mp4")},
        "vttMedia": {"url": f"{FOLDER}en.vtt"},
        "markdownTranscript": "new words",
        "hasEditedTranscript": False,
    }
    given = Given(outcomes={"1.1": ready}, content=content, document=None)
    return given.having(answer_state={"switched": f"{UPLOAD}/1.1", "ended": UPLOAD})

"""Items of an upload that the api writes, and the aggregate of all items of an upload."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from mentor_common.events.models import (
    AlignedCaptions,
    Hints,
    ObjectId,
    SourceObject,
    TaskKind,
    Trim,
    unknown_as,
)
from mentor_common.jobs.item import Count, EpochSeconds, StoredItem, Uuid, unreadable
from mentor_common.jobs.outcome import Outcome
from mentor_common.jobs.task import ALIGNMENT, Task

TTL_SECONDS = 180 * 24 * 3600
_NAMESPACE = uuid.UUID("6e0f7f0e-52a5-4c39-9c55-2f4f4f0f8a11")
_UPLOAD = "UPLOAD#"
_OUTCOME = "OUTCOME#"
_ATTEMPT_PAIR = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
FIRST_PAIR = "1.1"
"""The first attempts of an upload's tasks; see :attr:`Upload.attempt_pair`."""
FIRST_ATTEMPTS = ("JOB", "TASK#transcode", "TASK#transcribe", "CANCEL", f"OUTCOME#{FIRST_PAIR}")
"""Sort keys of all items that an upload in its first attempts may have."""

Transcription = Literal["wanted", "idle", "edited"]

SUB_TASK_FIELDS: dict[str, str] = {
    "transcoding-web": "transcodeWebTask",
    "transcoding-mobile": "transcodeMobileTask",
    "transcribing": "transcribeTask",
    "trim-upload": "trimUploadTask",
}
"""Task name shown to people, to its field in GraphQL's UploadTask; in the order of the UI."""


def upload_id_of(video_key: str) -> str:
    """Return the upload's id: the key is the idempotency key."""
    return str(uuid.uuid5(_NAMESPACE, video_key))


@lru_cache(maxsize=4096)  # of uploads that are polled
def task_id_of(upload_id: str, name: str) -> str:
    """Return the id of one of the upload's tasks, the same at each repetition."""
    return str(uuid.uuid5(uuid.UUID(upload_id), name))


@dataclass(frozen=True, order=True)
class AnswerKey:
    """A mentor's answer to a question: both are 24-hex ids."""

    mentor: str
    question: str

    @property
    def pk(self) -> str:
        """Partition of the answer's items."""
        return f"ANSWER#{self.mentor}#{self.question}"

    @classmethod
    def of_pk(cls, pk: str) -> AnswerKey:
        """Return the answer whose items lie in a partition."""
        mentor, _, question = pk.removeprefix("ANSWER#").partition("#")
        return cls(mentor, question)

    @property
    def prefix(self) -> str:
        """Prefix of the answer's objects in the static bucket."""
        return f"videos/{self.mentor}/{self.question}/"


def upload_pk(upload_id: str) -> str:
    """Return the partition of an upload's items."""
    return f"{_UPLOAD}{upload_id}"


def upload_id_of_pk(pk: str) -> str:
    """Return the upload whose items lie in a partition."""
    return pk.removeprefix(_UPLOAD)


class UploadRef(StoredItem):
    """An upload and its revision within the answer."""

    upload_id: Uuid
    revision: Count


class Current(StoredItem):
    """The lock on an answer while its newest upload is active, and the fence after.

    Until ``accepted`` the predecessor still counts.
    """

    upload_id: Uuid
    revision: Count
    accepted: bool
    seq: Count = Field(description="highest revision ever given out for the answer")
    previous: UploadRef | None = None


class UploadRequest(StoredItem):
    """Options of an upload that the mentor has chosen."""

    trim: Trim | None = None
    has_edited_transcript: bool = False
    is_vbg_video: bool = False
    generate_thumbnail: bool = False
    maintain_original_aspect_ratio: bool = False
    external_video_ids: dict[str, str] | None = None
    from_answer: bool = Field(
        default=False, description="cut from the video that the answer shows, not recorded anew"
    )


class Job(StoredItem):
    """An upload as the api has accepted it."""

    upload_id: Uuid
    mentor: ObjectId
    question: ObjectId
    revision: Count
    status: str = Field(
        description="PREPARING, ACCEPTED or ABORTED; one of another release is left to that"
    )
    token: str = Field(description="of the preparation that may accept or abort it")
    user: str
    video: str
    source: SourceObject
    request: UploadRequest
    transcription: Annotated[Transcription, unknown_as("idle", Transcription)]
    transcript_sha256: str | None = Field(
        default=None, description="of the answer's transcript when the upload was accepted"
    )
    captions_key: str | None = Field(
        default=None, description="captions of an edited transcript, cut to the trim"
    )
    words_key: str | None = Field(
        default=None, description="word timings of an edited transcript, cut to the trim"
    )
    align_key: str | None = Field(
        default=None, description="edited transcript without word timings, to be aligned"
    )
    align_captions: AlignedCaptions = "credible"
    align_language: str | None = Field(
        default=None,
        description="language of the edited transcript, ISO 639; earlier releases kept none",
    )
    hints: Hints | None = Field(
        default=None, description="words to expect; earlier releases kept none"
    )
    prepared_at: EpochSeconds
    accepted_at: EpochSeconds | None = None
    published: bool = False
    previous: UploadRef | None = Field(
        default=None, description="what it follows, as in CURRENT; earlier releases kept none"
    )
    traceparent: str | None = Field(
        default=None, description="W3C trace context of the request that was accepted"
    )
    retried: dict[str, int] = Field(
        default_factory=dict, description="failed attempt of a task that a mentor asked to follow"
    )

    @property
    def answer(self) -> AnswerKey:
        """The answer it is for."""
        return AnswerKey(self.mentor, self.question)

    @property
    def needs_transcriber(self) -> bool:
        """True if the transcriber has work: to recognise speech, or to align a text."""
        return self.transcription == "wanted" or self.align_key is not None

    @property
    def kinds(self) -> tuple[TaskKind, ...]:
        """The units of work that it needs."""
        return get_args(TaskKind) if self.needs_transcriber else ("transcode",)

    @property
    def sub_tasks(self) -> list[str]:
        """The tasks shown to people, in the order of the UI's list."""
        names = ["transcoding-web", "transcoding-mobile"]
        if self.transcription != "edited":
            names.append("transcribing")
        if self.request.trim:
            names.append("trim-upload")
        return names


class Cancel(StoredItem):
    """Request to stop an upload."""

    by: str
    at: EpochSeconds
    said: bool = Field(default=False, description="whether `upload.cancelled` was published")


@dataclass(frozen=True)
class Upload:
    """All items of an upload, from one read."""

    upload_id: str
    job: Job | None
    transcode: Task | None
    transcribe: Task | None
    cancel: Cancel | None
    outcomes: dict[str, Outcome]

    def task(self, kind: TaskKind) -> Task | None:
        """Return the task of a kind."""
        return self.transcode if kind == "transcode" else self.transcribe

    @property
    def aligned_captions(self) -> str | None:
        """Key of the captions that an alignment made, where the upload asked for such.

        What a transcriber of release 0.1 makes of such an upload is none: it knows no alignment,
        recognises the speech, and its captions would replace a person's.
        """
        job, task = self.job, self.transcribe
        if job is None or job.align_key is None or task is None or task.status != "DONE":
            return None
        aligned = task.engine == ALIGNMENT and job.align_captions != "never"
        return task.results.get("vtt") if aligned else None

    @property
    def retries_requested(self) -> list[TaskKind]:
        """Tasks that failed and wait for the attempt that the mentor asked for."""
        retried = self.job.retried if self.job else {}
        kinds: tuple[TaskKind, ...] = get_args(TaskKind)
        return [
            kind
            for kind in kinds
            if (task := self.task(kind))
            and (task.status, task.attempt) == ("FAILED", retried.get(kind))
        ]

    @property
    def attempt_pair(self) -> str:
        """The present pair of attempts, ``<transcode>.<transcribe>``.

        A task that was not claimed yet counts as its first attempt, so that the claim alone
        does not make a new pair.
        """
        transcode = self.transcode.attempt if self.transcode else 1
        transcribe = self.transcribe.attempt if self.transcribe else 1
        return f"{transcode}.{transcribe}"

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the present pair of attempts."""
        return self.outcomes.get(self.attempt_pair)

    @classmethod
    def of(cls, upload_id: str, items: dict[str, dict[str, Any]]) -> Upload:
        """Build from the upload's partition.

        Raises
        ------
        UnreadableItemError
            One of its items fits no model.
        """

        def one(sk: str, model: type[Any]) -> Any:
            return model.from_item(items[sk]) if sk in items else None

        return cls(
            upload_id,
            one("JOB", Job),
            one("TASK#transcode", Task),
            one("TASK#transcribe", Task),
            one("CANCEL", Cancel),
            {
                _attempt_pair(sk, item): Outcome.from_item(item)
                for sk, item in items.items()
                if sk.startswith(_OUTCOME)
            },
        )


def _attempt_pair(sk: str, outcome: dict[str, Any]) -> str:
    """Return the pair of attempts that an OUTCOME item is of, by its sort key."""
    pair = sk.removeprefix(_OUTCOME)
    if _ATTEMPT_PAIR.fullmatch(pair) is None:
        raise unreadable(outcome, "its key names no pair of attempts", Outcome.__name__)
    return pair

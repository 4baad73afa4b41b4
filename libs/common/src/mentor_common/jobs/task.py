"""Item of a unit of work, ``TASK#<kind>`` in an upload's partition: written by its worker."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mentor_common.events.models import unknown_as
from mentor_common.jobs.item import Count, EpochSeconds, StoredItem

EXHAUSTED = "gave_up"
"""Code of a task of which every start has failed."""
ALIGNMENT = "alignment"
"""Fact ``engine`` of a transcribe task that has aligned a given text, and recognised none."""
DRAFT_ENGINES = frozenset({"pocketsphinx"})
"""Recognisers whose transcripts are drafts, not for publishing: every third word is wrong."""

Status = Literal["QUEUED", "IN_PROGRESS", "DONE", "FAILED", "CANCELLING", "CANCELLED"]


class SubTask(StoredItem):
    """State of one of the tasks shown to people that a unit of work stands for."""

    status: Annotated[Status, unknown_as("IN_PROGRESS", Status)]
    code: str | None = None
    reason: str | None = None
    values: dict[str, Any] | None = Field(
        default=None, description="what the reason says in figures; earlier releases kept none"
    )


class PastAttempt(StoredItem):
    """An attempt that failed and was followed by another one."""

    attempt: Count
    starts: Count
    code: str | None = None
    reason: str | None = None
    last_error: str | None = None
    first_at: EpochSeconds
    finished_at: EpochSeconds | None = None


class Task(StoredItem):
    """A unit of work: its present attempt, claim and results."""

    status: str = Field(
        description="IN_PROGRESS, WAITING, DONE or FAILED; under one of another release it is held"
        " until its lease ends"
    )
    attempt: Annotated[Count, Field(ge=1)] = 1
    starts: Count = Field(default=1, description="claims of this attempt that were not handed back")
    max_starts: Count = Field(default=5, description="so many may fail before it is given up")
    claim: Count = Field(default=1, description="claims ever; names the prefix of the results")
    token: str
    owner: str
    lease_until: EpochSeconds
    percent: int = Field(default=0, ge=0, le=100)
    names: dict[str, SubTask] = Field(default_factory=dict)
    results: dict[str, str] = Field(default_factory=dict, description="result name to S3 key")
    facts: dict[str, Any] = Field(default_factory=dict, description="measured about the results")
    tools: list[tuple[str, EpochSeconds, EpochSeconds]] = Field(
        default_factory=list, description="[tool, start, end] of each run, epoch seconds"
    )
    job: str | None = Field(default=None, description="what a WAITING task waits for, elsewhere")
    check_at: EpochSeconds | None = Field(default=None, description="when the sweep checks it")
    code: str | None = None
    reason: str | None = None
    last_error: str | None = Field(
        default=None, description="why the last start did not finish, for the operator"
    )
    errors: list[tuple[EpochSeconds, str]] = Field(
        default_factory=list, description="[when, why] of each start that did not finish"
    )
    past: list[PastAttempt] = Field(
        default_factory=list, description="the attempts before this one, the last ten"
    )
    retry_at: EpochSeconds | None = Field(
        default=None, description="until when it is not tried again, after a start that failed"
    )
    first_at: EpochSeconds
    started_at: EpochSeconds
    finished_at: EpochSeconds | None = None

    def sub_task(self, name: str) -> SubTask:
        """Return the state of one of the tasks shown to people."""
        return self.names.get(name) or SubTask.model_validate({"status": self.status})

    @property
    def engine(self) -> str | None:
        """The recogniser that has written the transcript, or :data:`ALIGNMENT`."""
        return self._text_fact("engine")

    @property
    def model(self) -> str | None:
        """The recogniser's model, where it has several."""
        return self._text_fact("model")

    @property
    def language(self) -> str | None:
        """BCP 47 tag of what is spoken, where the work has found out."""
        return self._text_fact("language")

    @property
    def is_draft(self) -> bool:
        """Whether its transcript is not for publishing."""
        return self.engine in DRAFT_ENGINES

    @property
    def web_rendition(self) -> str | None:
        """``copied``, or ``encoded: `` and why; ``None`` without one, or of an older release."""
        return self._text_fact("web_rendition")

    def _text_fact(self, name: str) -> str | None:
        value = self.facts.get(name)
        return value if isinstance(value, str) else None

    @property
    def terminal(self) -> bool:
        """True if the attempt is over."""
        return self.status in {"DONE", "FAILED"}

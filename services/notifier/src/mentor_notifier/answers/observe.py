"""Observing an answer: the jobs table, the stored text, and GraphQL, each read once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.threads import side_by_side
from mentor_notifier.answers import field_ownership, view
from mentor_notifier.answers.outcome import outcome_of, switches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_common.jobs import AnswerState, Job, Outcome, Task, Upload
    from mentor_notifier.answers.gateway import GraphQLState
    from mentor_notifier.answers.ports import Ports


@dataclass(frozen=True)
class Observation:
    """All that the decisions about the newest upload of an answer are made of.

    Parameters
    ----------
    at
        When GraphQL was read, epoch seconds.
    answer_state
        What the notifier has recorded of the answer.
    read_back_at
        When what was written last has to be read back, if it was not yet.
    outcome
        How the upload ended, decided or about to be; ``None`` while it runs.
    transcript
        The upload's own text.
    shown
        What GraphQL shows.
    transcripts
        As of :class:`field_ownership.Earlier`.
    switched_text
        The transcript of the upload that the answer was last switched to, where it is needed and
        known.
    """

    at: float
    upload: Upload
    job: Job
    answer_state: AnswerState
    read_back_at: float | None
    outcome: Outcome | None
    transcript: view.Transcript
    shown: GraphQLState
    transcripts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    switched_text: str | None = None

    @property
    def pair_id(self) -> str:
        """The upload and its present pair of attempts, as NOTIFY records them."""
        return f"{self.upload.upload_id}/{self.upload.attempt_pair}"

    @property
    def switch_is_due(self) -> bool:
        """Whether the answer has not been switched yet for this outcome."""
        return switches(self.outcome) and self.answer_state.switched != self.pair_id

    @property
    def was_live(self) -> bool:
        """Whether the answer was switched for an earlier pair of attempts of this upload."""
        return self.answer_state.shown_upload == self.upload.upload_id

    @property
    def read_back_is_due(self) -> bool:
        """Whether a minute has passed since the last write."""
        return self.read_back_at is not None and self.read_back_at <= self.at


def observe(
    ports: Ports, upload: Upload, job: Job, answer_state: AnswerState, read_back_at: float | None
) -> Observation:
    """Return what is to be known about the newest upload of an answer.

    GraphQL is read beside the stored text, not before it: between that and a write to it, others'
    writes are lost.
    """
    outcome = outcome_of(upload, job, now=ports.clock.now(), stalled_after=ports.pace.stalled)
    text_key, vtt_key = view.text_keys(upload, job, outcome)
    live = answer_state.switched == f"{upload.upload_id}/{upload.attempt_pair}"
    read_text, read_vtt, read_shown = side_by_side(
        lambda: _text(ports, text_key) if text_key else None,
        lambda: None if live or vtt_key is None else ports.storage.get_text(ports.bucket, vtt_key),
        lambda: (ports.gateway.read(job.answer), ports.clock.now()),
    )
    text, vtt, (shown, shown_at) = read_text(), read_vtt(), read_shown()
    if vtt is None and vtt_key and not view.names_captions(shown, vtt_key):
        vtt = ports.storage.get_text(ports.bucket, vtt_key)  # They may have to be written again.
    transcript = view.Transcript(text, vtt_key, vtt)
    observed = Observation(
        shown_at, upload, job, answer_state, read_back_at, outcome, transcript, shown
    )
    if shown.content is None or not (observed.switch_is_due or observed.read_back_is_due):
        return observed
    return _with_past(ports, observed)


def _text(ports: Ports, key: str) -> str:
    return str(json.loads(ports.storage.get_text(ports.bucket, key))["text"])


def _with_past(ports: Ports, observed: Observation) -> Observation:
    """Return the observation with what separates a person's text from that of earlier uploads."""
    content, upload_id = observed.shown.content or {}, observed.upload.upload_id
    own = {"", observed.transcript.text or ""}
    transcripts = {upload_id: frozenset(map(field_ownership.sha256_of, own))}
    switched_text = None
    if observed.read_back_is_due or observed.was_live:
        others = field_ownership.writers(content, observed.job.answer.prefix) - {upload_id}
        transcripts |= {
            other.upload_id: frozenset(
                map(field_ownership.sha256_of, {"", _text_of(ports, other.transcribe) or ""})
            )
            for other in map(ports.reader.upload, sorted(others))
            if is_predecessor(other.job, observed.job)
        }
    switched = observed.answer_state.shown_upload
    if observed.switch_is_due and switched and view.person_edited(observed.job, content):
        # That upload may have gone live after the api had read the text for this one.
        switched_text = _text_of(ports, ports.reader.upload(switched).transcribe)
    return replace(observed, transcripts=transcripts, switched_text=switched_text)


def is_predecessor(other: Job | None, job: Job) -> bool:
    """Return whether an upload is an accepted one of the same answer that came before ``job``."""
    if other is None or other.answer != job.answer or other.status != "ACCEPTED":
        return False
    return other.revision < job.revision


def _text_of(ports: Ports, task: Task | None) -> str | None:
    """Return the text that a transcriber has written down; ``None`` where it is not known.

    Without it a recogniser's text cannot be recognised, and counts as a person's.
    """
    if task is None or task.status != "DONE":
        return None
    try:
        return _text(ports, task.results["transcript"])
    except ObjectMissingError:
        return None

"""The rules of an answer: from what was observed to what has to be written. Pure, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mentor_common.jobs import BeforeSwitch, captions_medium
from mentor_notifier.answers import field_ownership, superseded_objects, view, writes
from mentor_notifier.answers.outcome import all_terminal, late_captions, shown_statuses, switches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.jobs import Outcome
    from mentor_notifier.answers.observe import Observation
    from mentor_notifier.answers.ports import Pace


@dataclass(frozen=True)
class Decision:
    """A decision about an answer: writes, and when to reconcile again.

    Parameters
    ----------
    settled
        Whether nothing is left to do afterwards but to read back.
    read_back_at
        When the answer has to be read back if none of the writes goes to GraphQL; ``None`` for
        not at all.
    """

    writes: tuple[writes.AnswerWrite, ...]
    settled: bool
    read_back_at: float | None

    def due_at(self, read_back_at: float | None, now: float, pace: Pace) -> float | None:
        """Return when to reconcile again, or ``None``, once all has been applied."""
        return read_back_at if self.settled else now + pace.poll


def decide(observed: Observation) -> Decision:
    """Decide what makes GraphQL equal to the upload, and what is published then."""
    upload, job, outcome = observed.upload, observed.job, observed.outcome
    cancelled = view.cancelled_outside(observed.shown.document, upload.upload_id, job)
    if outcome is None and cancelled:
        return Decision((writes.PutCancel("graphql"),), False, observed.read_back_at)
    document = _document(observed)
    steps: list[writes.AnswerWrite] = []
    if switches(outcome):
        steps += _answer(observed)
    steps += document or ()
    steps = _in_few_requests(steps, outcome if upload.outcome is None else None)
    read_back_at = observed.read_back_at
    if observed.read_back_is_due and not any(step.to_graphql for step in steps):
        read_back_at = None
        steps += _read_back(observed)
    if outcome is None:
        return Decision(tuple(steps), False, read_back_at)
    if upload.outcome is None or not upload.outcome.said:
        steps.append(writes.PublishOutcome(outcome))
    settled = document is None or all_terminal(shown_statuses(upload, job, outcome))
    return Decision(tuple(steps), settled, read_back_at)


def _in_few_requests(
    steps: list[writes.AnswerWrite], to_decide: Outcome | None
) -> list[writes.AnswerWrite]:
    """Return the writes with the outcome decided before them.

    A switch takes along the outcome and the picture.
    """
    first, rest = (steps[0], steps[1:]) if steps else (None, [])
    if not isinstance(first, writes.SwitchAnswer) or not first.content:
        return [*([writes.DecideOutcome(to_decide)] if to_decide else []), *steps]
    picture = next((step for step in rest if isinstance(step, writes.SetThumbnail)), None)
    left = [step for step in rest if step is not picture]
    return [replace(first, outcome=to_decide, picture=picture), *left]


# ---- the answer ------------------------------------------------------------------------------


def _answer(observed: Observation) -> Iterator[writes.AnswerWrite]:
    """Yield what makes the answer show the upload."""
    if observed.switch_is_due:
        yield _switch(observed)
    upload, job, answer_state = observed.upload, observed.job, observed.answer_state
    key = upload.transcode.results.get("thumbnail") if upload.transcode else None
    if job.request.generate_thumbnail and key and answer_state.thumbnail != upload.upload_id:
        # Mentors that are imported from this one share the picture, so it must outlive the upload.
        yield writes.SetThumbnail(key, superseded_objects.mentors_picture(job.answer, key))
    late = late_captions(upload) and answer_state.captions != observed.pair_id
    if late and not observed.switch_is_due:  # A switch brings them along.
        content = observed.shown.content
        takes = content is not None and view.takes_late_captions(job, content)
        yield writes.ShowLateCaptions(observed.transcript.media if takes else None)


def _switch(observed: Observation) -> writes.SwitchAnswer:
    """Return the one change of the answer: media, transcript and captions together."""
    upload, job, outcome = observed.upload, observed.job, observed.outcome
    if outcome is None:
        raise ValueError("a running upload is not shown")
    edited = _person_edited(observed)
    content = view.switched_answer(upload, job, outcome, observed.transcript, person_edited=edited)
    if not observed.shown.readable:
        return writes.SwitchAnswer(content, BeforeSwitch(of=observed.pair_id, shown=None))
    shown, before = observed.shown.content or {}, _before(observed)
    if before is not None and before.of == observed.pair_id and before.shown is not None:
        # A try that died may have been applied, and the answer may have been changed since.
        content = field_ownership.select_fields(content, before.shown)
        applied = not field_ownership.begun_but_not_applied(shown, content, before.shown)
        return writes.SwitchAnswer({} if applied else content, before=None)
    if observed.was_live:
        # So may a person after an earlier pair of attempts of this upload went live.
        states = [before.shown] if before and before.shown else []
        earlier = _earlier(observed, *states, field_ownership.EMPTIED)
        owners = field_ownership.owners(shown, content, earlier)
        content = field_ownership.select_fields(
            content, [n for n, own in owners.items() if own != "other"]
        )
    kept = field_ownership.values(shown, content)
    return writes.SwitchAnswer(content, BeforeSwitch(of=observed.pair_id, shown=kept))


def _person_edited(observed: Observation) -> bool:
    """Return whether a person changed the text since the acceptance.

    The upload that the answer shows may have done that too: its switch came after the api had
    read the text for this one.
    """
    content = observed.shown.content
    if not observed.shown.readable or not view.person_edited(observed.job, content):
        return False
    text = observed.switched_text
    return text is None or (content or {}).get("markdownTranscript") != text


def _before(observed: Observation) -> BeforeSwitch | None:
    """Return what the answer showed before this upload's last switch, if that is known."""
    before = observed.answer_state.before
    ours = before is not None and before.of.startswith(f"{observed.upload.upload_id}/")
    return before if ours else None


def _earlier(
    observed: Observation, *states: dict[str, field_ownership.Value]
) -> field_ownership.Earlier:
    prefix = observed.job.answer.prefix
    return field_ownership.Earlier(states, prefix, observed.transcripts)


# ---- the document ----------------------------------------------------------------------------


def _document(observed: Observation) -> list[writes.AnswerWrite] | None:
    """Return what makes the document show the upload; ``None`` where it is gone for good.

    One that the UI deleted after it showed the end is never written again, nor one that shows the
    end of another upload: that is for the UI to delete. Any other is written whole, for a tab that
    still waits. Its end follows as an update: were it recorded and the whole document then lost,
    it would not be seen.
    """
    upload, job, outcome = observed.upload, observed.job, observed.outcome
    document = observed.shown.document
    if document is not None and view.is_ours(document, upload.upload_id, job):
        return list(_updates(observed, document))
    if _end_was_shown(observed) and (document is None or view.shows_end(document)):
        return None
    captions = None
    if job.transcription == "edited" and observed.transcript.media is None:
        shown = (observed.shown.content or {}).get("vttMedia") or {}
        captions = captions_medium(shown["url"]) if shown.get("url") else None
    whole = view.whole_document(upload, job, outcome, observed.transcript, captions)
    running = view.without_end(whole)
    return [writes.CreateDocument(running), *_updates(observed, running)]


def _updates(observed: Observation, document: dict[str, Any]) -> Iterator[writes.UpdateDocument]:
    """Yield the updates of a document: those before its end, and those from its end on.

    They are not sent together, since the end is recorded before it is shown: where the document
    has vanished meanwhile, the first ones find that out.
    """
    updates = view.task_writes(
        document, observed.upload, observed.job, observed.outcome, observed.transcript
    )
    before: list[dict[str, Any]] = []
    for update in updates:
        document = document | update
        if view.shows_end(document):
            break
        before.append(update)
    if before:
        yield writes.UpdateDocument(tuple(before), shows_end=False)
    if end := updates[len(before) :]:
        yield writes.UpdateDocument(tuple(end), shows_end=True)


def _end_was_shown(observed: Observation) -> bool:
    """Return whether the UI may have seen the upload's end, and deleted the document for it."""
    ended = observed.answer_state.ended == observed.upload.upload_id
    return ended or any(outcome.said for outcome in observed.upload.outcomes.values())


# ---- reading back ----------------------------------------------------------------------------


def _read_back(observed: Observation) -> Iterator[writes.AnswerWrite]:
    """Yield the repair of what a late write has undone; else what can be tidied up."""
    shown = observed.shown.content
    if not switches(observed.outcome) or shown is None:
        return
    lost = _lost(observed, shown)
    if not lost:
        if not _is_first(observed):
            yield writes.TagSuperseded()
        return
    transcript = lost.pop(field_ownership.TRANSCRIPT, None)
    yield writes.RepairAnswer(lost, transcript)


def _is_first(observed: Observation) -> bool:
    """Return whether nothing can be left over: the answer's first upload, by its first claims.

    The answer showed nothing before, so no import has brought anything either.
    """
    upload, before = observed.upload, _before(observed)
    claims = {task.claim for task in (upload.transcode, upload.transcribe) if task}
    showed_none = (
        before is not None
        and before.shown is not None
        and not any(
            (before.shown.get(name) or {}).get("url")
            for name in (*field_ownership.VIDEOS, "vttMedia")
        )
    )
    return observed.job.revision == 1 and claims <= {1} and showed_none


def _lost(observed: Observation, shown: dict[str, Any]) -> dict[str, Any]:
    """Return what stands as it stood before the switch: all else is a person's."""
    before = _before(observed)
    known = before.shown if before is not None and before.of == observed.pair_id else None
    wrote = field_ownership.VIDEOS if known is None else known
    brings: dict[str, Any] = {
        **view.videos(observed.upload),
        field_ownership.CAPTIONS: observed.transcript.media,
        field_ownership.TRANSCRIPT: observed.transcript.text,
    }
    ours = {name: value for name, value in brings.items() if value is not None and name in wrote}
    owners = field_ownership.owners(shown, ours, _earlier(observed, *([known] if known else [])))
    return {name: ours[name] for name, owner in owners.items() if owner == "earlier"}

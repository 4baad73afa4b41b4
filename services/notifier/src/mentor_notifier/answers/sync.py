"""One look at the newest upload of an answer: what GraphQL shows becomes what is (rules 15-18)."""

from __future__ import annotations

import contextlib
import functools
import json
from typing import TYPE_CHECKING, Any

from mentor_common.aws.storage import ObjectMissingError
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import STALLED, BeforeSwitch, LeaseLostError
from mentor_common.telemetry import error_reports, metrics
from mentor_common.telemetry.logs import get_logger
from mentor_notifier.answers import field_ownership, superseded_objects, view
from mentor_notifier.answers.outcome import Verdict, late_captions, shown_statuses

if TYPE_CHECKING:
    from mentor_common.jobs import AnswerKey, Job, Lease, Task, Upload
    from mentor_notifier.answers.ports import Ports

_log = get_logger(__name__)


class Telling:
    """One look at the newest upload of an answer."""

    def __init__(
        self, ports: Ports, answer: AnswerKey, upload: Upload, job: Job, lease: Lease
    ) -> None:
        self._ports = ports
        self._answers = ports.answers
        self._gateway = ports.gateway
        self._clock = ports.clock
        self._answer = answer
        self._upload = upload
        self._job = job
        self._lease = lease
        self.read_back_at = lease.notify.read_back_at

    def tell(self) -> bool:
        """Make GraphQL equal to the upload; return whether nothing is left to do."""
        document = self._gateway.task(self._answer)
        verdict = self._verdict(document)
        words = self._words(verdict)
        if verdict.switches:
            self._switch(verdict, words)
            self._tell_thumbnail()
            self._tell_late_captions(words)
        document_gone = self._tell_document(document, verdict, words)
        self._read_back(verdict, words, document)
        if verdict.kind == "running":
            return False
        self._say(verdict)
        statuses = shown_statuses(self._upload, self._job, verdict).values()
        return document_gone or all(s in {"DONE", "FAILED", "CANCELLED"} for s in statuses)

    def _verdict(self, document: dict[str, Any] | None) -> Verdict:
        ports = self._ports
        verdict = ports.judge(self._upload, self._job)
        outside = view.cancelled_outside(document, self._upload.upload_id, self._job)
        if verdict.kind == "running" and outside and self._upload.cancel is None:
            self._answers.put_cancel(self._upload.upload_id, by="graphql")
            self._upload = ports.reader.upload(self._upload.upload_id)
            verdict = ports.judge(self._upload, self._job)
        return ports.decide(self._upload, verdict)

    def _words(self, verdict: Verdict) -> view.Words:
        task = self._upload.transcribe
        storage, bucket = self._ports.storage, self._ports.bucket
        if self._job.transcription == "wanted" and task and task.status == "DONE":
            key = task.results["vtt"]
            return view.Words(self._transcript(task), key, storage.get_text(bucket, key))
        aligned = self._upload.aligned_captions
        if aligned and verdict.switches:
            return view.Words(None, aligned, storage.get_text(bucket, aligned))
        if self._job.captions_key and verdict.switches:
            key = self._job.captions_key
            return view.Words(None, key, storage.get_text(bucket, key))
        return view.Words()

    @property
    def _mark(self) -> str:
        return f"{self._upload.upload_id}/{self._upload.attempt_pair}"

    def _switch(self, verdict: Verdict, words: view.Words) -> None:
        """Change the answer, once for an outcome: media, transcript and captions together."""
        if self._lease.notify.switched == self._mark:
            return
        found = self._gateway.answer(self._answer)
        edited = found.readable and self._person_edited(found.content)
        content = view.switched_answer(
            self._upload, self._job, verdict, words, person_edited=edited
        )
        if found.readable:
            content = self._unclaimed(content, found.content or {})
        else:
            self._keep_before(None)
        if content:
            self._guard()
            self._gateway.switch(self._answer, content)
        self._wrote()
        self._lease = self._answers.record(
            self._answer, self._lease, switched=self._mark, read_back_at=self.read_back_at
        )

    def _unclaimed(self, content: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
        """Return the part of a switch that is still to be written.

        All of it, as a rule. A try that died may have been applied, and somebody may have changed
        the answer since; so may they after an earlier pair of attempts of this upload went live.
        """
        before = self._before
        if before is not None and before.of == self._mark and before.shown is not None:
            content = field_ownership.only(content, before.shown)
            applied = not field_ownership.begun_but_not_applied(shown, content, before.shown)
            return {} if applied else content
        if (self._lease.notify.switched or "").startswith(f"{self._upload.upload_id}/"):
            states = [before.shown] if before and before.shown else []
            earlier = self._earlier(*states, field_ownership.EMPTIED)
            owners = field_ownership.owners(shown, content, earlier)
            content = field_ownership.only(
                content, [n for n, own in owners.items() if own != "other"]
            )
        self._keep_before(field_ownership.values(shown, content))
        return content

    @property
    def _before(self) -> BeforeSwitch | None:
        """What the answer showed before this upload's last switch, if that is known."""
        before = self._lease.notify.before
        ours = before is not None and before.of.startswith(f"{self._upload.upload_id}/")
        return before if ours else None

    def _keep_before(self, shown: dict[str, field_ownership.Value] | None) -> None:
        before = BeforeSwitch(of=self._mark, shown=shown).item()
        self._lease = self._answers.record(self._answer, self._lease, before=before)

    def _person_edited(self, content: dict[str, Any] | None) -> bool:
        """Tell whether a person changed the text since the acceptance.

        The upload that the answer shows may have done that too: its switch came after the api had
        read the text for this one.
        """
        if not view.person_edited(self._job, content):
            return False
        shown, _, _ = (self._lease.notify.switched or "").partition("/")
        try:
            text = self._transcript(self._ports.reader.upload(shown).transcribe) if shown else None
        except ObjectMissingError:
            return True
        return text is None or (content or {}).get("markdownTranscript") != text

    def _tell_thumbnail(self) -> None:
        """Tell the mentor's thumbnail once; its failure never fails the video."""
        task, upload_id = self._upload.transcode, self._upload.upload_id
        key = task.results.get("thumbnail") if task else None
        wanted = self._job.request.generate_thumbnail and key is not None
        if not wanted or key is None or self._lease.notify.thumbnail == upload_id:
            return
        storage, bucket = self._ports.storage, self._ports.bucket
        # Mentors that are imported from this one share the picture, so it must outlive the upload.
        picture = superseded_objects.mentors_picture(self._answer, key)
        self._guard()
        try:
            storage.copy((bucket, key, storage.head(bucket, key).etag), bucket, picture)
            self._gateway.update_thumbnail(self._answer.mentor, picture)
        except (GraphQLRefusedError, ObjectMissingError) as error:
            _log.warning("thumbnail not told", error=str(error))
        self._lease = self._answers.record(self._answer, self._lease, thumbnail=upload_id)

    def _tell_late_captions(self, words: view.Words) -> None:
        """Show, once, the captions of an alignment that the answer was not kept waiting for."""
        if not late_captions(self._upload) or self._lease.notify.captions == self._mark:
            return
        found = self._gateway.answer(self._answer).content
        if found is not None and view.takes_late_captions(self._job, found):
            self._guard()
            self._gateway.update_media(self._answer, {"vttMedia": words.media})
            self._wrote()
        self._lease = self._answers.record(self._answer, self._lease, captions=self._mark)

    def _tell_document(
        self, document: dict[str, Any] | None, verdict: Verdict, words: view.Words
    ) -> bool:
        """Write what differs; return whether the document is gone (it is the UI's to delete)."""
        if document is None or not view.is_ours(document, self._upload.upload_id, self._job):
            return self._tell_anew(document, verdict, words)
        for write in view.task_writes(document, self._upload, self._job, verdict, words):
            document = document | write
            was_shown = self._end_was_shown
            self._note_end(document)
            self._guard()
            exists = self._gateway.update_task(self._answer, write)
            self._wrote()
            if not exists:
                return was_shown or self._create(verdict, words)
        return False

    @property
    def _end_was_shown(self) -> bool:
        """Whether the UI may have seen the end of this upload, and deleted the document for it."""
        ended = self._lease.notify.ended == self._upload.upload_id
        return ended or any(outcome.said for outcome in self._upload.outcomes.values())

    def _note_end(self, document: dict[str, Any]) -> None:
        """Before a document is written, note whether it shows the end."""
        upload_id = self._upload.upload_id
        if view.shows_end(document) and self._lease.notify.ended != upload_id:
            self._lease = self._answers.record(self._answer, self._lease, ended=upload_id)

    def _tell_anew(self, other: dict[str, Any] | None, verdict: Verdict, words: view.Words) -> bool:
        """Write the document where there is none, or another upload's; return whether it is gone.

        One that the UI deleted after it showed the end is never written again, nor one that shows
        the end of another upload: that is for the UI to delete.
        """
        if self._end_was_shown and (other is None or view.shows_end(other)):
            return True
        return self._create(verdict, words)

    def _create(self, verdict: Verdict, words: view.Words) -> bool:
        """Write the document whole, for a tab that still waits; return whether it is gone.

        Its end follows as an update: were it noted and this write then lost, nobody would see it.
        """
        captions = None
        if self._job.transcription == "edited" and words.media is None:
            shown = (self._gateway.answer(self._answer).content or {}).get("vttMedia") or {}
            captions = view.captions_medium(shown["url"]) if shown.get("url") else None
        whole = view.whole_document(self._upload, self._job, verdict, words, captions)
        document = view.without_end(whole)
        self._guard()
        self._gateway.create_task(self._answer, document)
        self._wrote()
        _log.info("document written anew", upload_id=self._upload.upload_id)
        return self._tell_document(document, verdict, words)

    def _read_back(
        self, verdict: Verdict, words: view.Words, document: dict[str, Any] | None
    ) -> None:
        """Repair, a minute after the last write, what a late write has undone."""
        if self.read_back_at is None or self.read_back_at > self._clock.now():
            return
        self.read_back_at = None
        if not verdict.switches:
            return
        found = self._gateway.answer(self._answer)
        if found.content is None:
            return
        self._repair(found.content, words)
        if self.read_back_at is None:
            self._tidy(found.content, document)

    def _repair(self, shown: dict[str, Any], words: view.Words) -> None:
        """Write again what stands as it stood before the switch; all else is somebody's."""
        before = self._before
        known = before.shown if before is not None and before.of == self._mark else None
        wrote = field_ownership.VIDEOS if known is None else known
        brings: dict[str, Any] = {
            **view.videos(self._upload),
            field_ownership.CAPTIONS: words.media,
            field_ownership.TRANSCRIPT: words.transcript,
        }
        wanted = {n: value for n, value in brings.items() if value is not None and n in wrote}
        earlier = self._earlier(*([known] if known else []))
        owners = field_ownership.owners(shown, wanted, earlier)
        lost = {name: wanted[name] for name, owner in owners.items() if owner == "earlier"}
        if not lost:
            return
        _log.warning("answer repaired", fields=sorted(lost))
        transcript = lost.pop(field_ownership.TRANSCRIPT, None)
        if lost:
            self._guard()
            self._gateway.update_media(self._answer, lost)
            self._wrote()
        if transcript is not None:
            self._guard()
            repaired = {"transcript": transcript, "hasEditedTranscript": False}
            self._gateway.switch(self._answer, repaired)
            self._wrote()

    def _earlier(self, *states: dict[str, field_ownership.Value]) -> field_ownership.Earlier:
        def is_earlier(upload_id: str) -> bool:
            return upload_id == self._upload.upload_id or self._older(upload_id) is not None

        def transcripts_of(upload_id: str) -> frozenset[str]:
            task = self._ports.reader.upload(upload_id).transcribe
            texts = {""}
            # Without it nobody can tell that the text is a recogniser's, so it stays.
            with contextlib.suppress(ObjectMissingError):
                texts.add(self._transcript(task) or "")
            return frozenset(field_ownership.sha256_of(text) for text in texts)

        return field_ownership.Earlier(states, self._answer.prefix, is_earlier, transcripts_of)

    def _transcript(self, task: Task | None) -> str | None:
        """Return the text that a transcriber has written down, if it is done."""
        if task is None or task.status != "DONE":
            return None
        stored = self._ports.storage.get_text(self._ports.bucket, task.results["transcript"])
        return str(json.loads(stored)["text"])

    def _older(self, upload_id: str) -> Job | None:
        """Return an accepted predecessor of the upload, or ``None``."""
        other = self._ports.reader.upload(upload_id).job
        if other is None or other.answer != self._answer or other.status != "ACCEPTED":
            return None
        return other if other.revision < self._job.revision else None

    def _tidy(self, shown: dict[str, Any], document: dict[str, Any] | None) -> None:
        """Tag what this upload has superseded: all is equal, so nobody needs it any more."""
        ports = self._ports

        @functools.cache
        def left_by(upload_id: str) -> superseded_objects.Left | None:
            other = self._job if upload_id == self._job.upload_id else self._older(upload_id)
            if other is not None:
                return superseded_objects.Left(picture_told=other.request.generate_thumbnail)
            # The files of a transfer lie there under its id.
            ended_at = ports.reader.transfer_ended_at(upload_id)
            over = ended_at is not None and ended_at < (self._job.accepted_at or 0)
            return superseded_objects.Left(picture_told=False) if over else None

        keys = ports.storage.list_keys(ports.bucket, self._answer.prefix)
        self._guard()
        named = superseded_objects.Named((shown, document or {}), self._lease.notify.shared)
        superseded = superseded_objects.superseded_keys(
            keys, self._upload, self._job, named, left_by
        )
        superseded_objects.tag(ports.storage, ports.bucket, superseded)

    def _say(self, verdict: Verdict) -> None:
        stands = self._upload.outcome
        if stands is not None and stands.said:
            return
        self._ports.herald.say(self._upload, self._job, verdict)
        self._answers.mark_said(self._job, self._upload.attempt_pair)
        if verdict.kind == "ready" and self._job.accepted_at is not None:
            metrics.READY_SECONDS.observe(self._clock.now() - self._job.accepted_at)
        _log.info("outcome", kind=verdict.kind, code=verdict.code, upload_id=self._mark)
        if verdict.code == STALLED:
            name = (self._upload.upload_id, self._upload.attempt_pair)
            error_reports.report("an upload stalled and has failed", code=STALLED, once=name)

    def _guard(self) -> None:
        """Before a write: the lease is ours, and the upload still the newest."""
        self._lease = self._renewed()
        current = self._ports.reader.current(self._answer)
        if current is None or current.upload_id != self._upload.upload_id:
            raise LeaseLostError

    def _renewed(self) -> Lease:
        renewed = self._answers.renew(self._answer, self._lease)
        # What was wanted since this look began has not been looked at: keep the old count.
        notify = renewed.notify.model_copy(update={"wanted": self._lease.notify.wanted})
        return type(renewed)(renewed.token, renewed.until, notify)

    def _wrote(self) -> None:
        """After a write: have it read back, and admit when it came too late."""
        now = self._clock.now()
        self.read_back_at = now + self._ports.pace.read_back
        if now > self._lease.until:
            raise LeaseLostError

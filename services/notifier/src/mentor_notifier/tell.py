"""One look at the newest upload of an answer: what GraphQL shows becomes what is (rules 15-18)."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from mentor_common import errorreports, metrics
from mentor_common.captions import is_by_hand
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import STALLED, LeaseLostError
from mentor_common.logs import get_logger
from mentor_notifier import tidy, view
from mentor_notifier.verdict import Verdict, shown_statuses

if TYPE_CHECKING:
    from mentor_common.jobs import AnswerKey, Job, Lease, Upload
    from mentor_notifier.ports import Ports

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
        document_gone = self._tell_document(document, verdict, words)
        self._read_back(verdict, words)
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
            text = json.loads(storage.get_text(bucket, task.results["transcript"]))["text"]
            key = task.results["vtt"]
            return view.Words(text, key, storage.get_text(bucket, key))
        if self._job.align_key and verdict.switches and task and "vtt" in task.results:
            key = task.results["vtt"]
            return view.Words(None, key, storage.get_text(bucket, key))
        if self._job.captions_key and verdict.switches:
            key = self._job.captions_key
            return view.Words(None, key, storage.get_text(bucket, key))
        return view.Words()

    @property
    def _mark(self) -> str:
        return f"{self._upload.upload_id}/{self._upload.pair}"

    def _switch(self, verdict: Verdict, words: view.Words) -> None:
        """Change the answer, once for an outcome: media, transcript and captions together."""
        if self._lease.notify.switched == self._mark:
            return
        before = self._gateway.answer(self._answer)
        edited = before.readable and view.person_edited(self._job, before.content)
        content = view.switched_answer(
            self._upload, self._job, verdict, words, person_edited=edited
        )
        self._guard()
        self._gateway.switch(self._answer, content)
        self._wrote()
        self._lease = self._answers.record(
            self._answer, self._lease, switched=self._mark, read_back_at=self.read_back_at
        )

    def _tell_thumbnail(self) -> None:
        """Tell the mentor's thumbnail once; its failure never fails the video."""
        task, upload_id = self._upload.transcode, self._upload.upload_id
        key = task.results.get("thumbnail") if task else None
        wanted = self._job.request.generate_thumbnail and key is not None
        if not wanted or key is None or self._lease.notify.thumbnail == upload_id:
            return
        self._guard()
        try:
            self._gateway.update_thumbnail(self._answer.mentor, key)
        except GraphQLRefusedError as error:
            _log.warning("thumbnail refused", error=str(error))
        self._lease = self._answers.record(self._answer, self._lease, thumbnail=upload_id)

    def _tell_document(
        self, document: dict[str, Any] | None, verdict: Verdict, words: view.Words
    ) -> bool:
        """Write what differs; return whether the document is gone (it is the UI's to delete)."""
        if document is None or not view.is_ours(document, self._upload.upload_id, self._job):
            return True
        for write in view.task_writes(document, self._upload, self._job, verdict, words):
            self._guard()
            exists = self._gateway.update_task(self._answer, write)
            self._wrote()
            if not exists:
                return True
        return False

    def _read_back(self, verdict: Verdict, words: view.Words) -> None:
        """Repair, a minute after the last write, what a simultaneous write has undone."""
        if self.read_back_at is None or self.read_back_at > self._clock.now():
            return
        self.read_back_at = None
        if not verdict.switches:
            return
        found = self._gateway.answer(self._answer)
        if found.content is None:
            return
        wanted = view.videos(self._upload)
        if words.media and self._text_is_ours(found.content, words):
            wanted["vttMedia"] = words.media
        lost = {
            field: media
            for field, media in wanted.items()
            if not view.shows((found.content.get(field) or {}).get("url"), media["url"])
        }
        if lost:
            _log.warning("answer repaired", fields=sorted(lost))
            self._guard()
            self._gateway.update_media(self._answer, lost)
            self._wrote()
        self._repair_transcript(found.content, words)
        if self.read_back_at is None:
            self._tidy(found.content)

    def _tidy(self, shown: dict[str, Any]) -> None:
        """Tag what this upload has superseded: all is equal, so nobody needs it any more."""
        ports, answer = self._ports, self._answer

        @functools.cache
        def is_older(upload_id: str) -> bool:
            other = ports.reader.upload(upload_id).job
            if other is None:  # the files of a transfer lie there under its id
                ended_at = ports.reader.transfer_ended_at(upload_id)
                return ended_at is not None and ended_at < (self._job.accepted_at or 0)
            return other.status == "ACCEPTED" and other.revision < self._job.revision

        keys = ports.storage.list_keys(ports.bucket, f"videos/{answer.mentor}/{answer.question}/")
        superseded = tidy.superseded_keys(keys, self._upload, self._job, shown, is_older)
        self._guard()
        tidy.tag(ports.storage, ports.bucket, superseded)

    def _text_is_ours(self, content: dict[str, Any], words: view.Words) -> bool:
        """Tell whether no person has changed the text: captions and transcript go together."""
        shown = (content.get("vttMedia") or {}).get("url")
        if content.get("hasEditedTranscript") or is_by_hand(shown):
            return False
        written = content.get("markdownTranscript") == words.transcript
        return written or not view.person_edited(self._job, content)

    def _repair_transcript(self, content: dict[str, Any], words: view.Words) -> None:
        """Write the transcript again where a late write put the old one back."""
        stored = content.get("markdownTranscript")
        if words.transcript is None or stored == words.transcript:
            return
        if not self._text_is_ours(content, words):
            return
        self._guard()
        repaired = {"transcript": words.transcript, "hasEditedTranscript": False}
        self._gateway.switch(self._answer, repaired)
        self._wrote()

    def _say(self, verdict: Verdict) -> None:
        stands = self._upload.outcome
        if stands is not None and stands.said:
            return
        self._ports.herald.say(self._upload, self._job, verdict)
        self._answers.mark_said(self._job, self._upload.pair)
        if verdict.kind == "ready" and self._job.accepted_at is not None:
            metrics.READY_SECONDS.observe(self._clock.now() - self._job.accepted_at)
        _log.info("outcome", kind=verdict.kind, code=verdict.code, upload_id=self._mark)
        if verdict.code == STALLED:
            name = (self._upload.upload_id, self._upload.pair)
            errorreports.report("an upload stalled and has failed", code=STALLED, once=name)

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

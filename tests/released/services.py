"""One release's services, worked by hand on a cloud of their own; see :mod:`released.write`."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mentor_api.http.auth import Caller
from mentor_api.uploads.accept import Acceptor
from mentor_api.uploads.edited_transcript import EditedTranscripts
from mentor_api.uploads.gateway import Gateway
from mentor_api.uploads.models import AnswerUpload
from mentor_api.uploads.source import Sources
from mentor_common import jobs
from mentor_common.adapters import Adapters
from mentor_common.events import Topic
from mentor_common.settings import CommonSettings
from mentor_common.work.claims import Tasks
from mentor_common.work.result import WorkDone
from mentor_common.work.upload_work import upload_runner
from mentor_notifier.answers.outcome import outcome_of, switches
from mentor_notifier.answers.outcome_publisher import OutcomePublisher
from mentor_transcoder.handlers import sub_tasks as transcoder_sub_tasks
from mentor_transcriber.handlers import sub_tasks as transcriber_sub_tasks
from released.outside import STATIC, UPLOADS, Cloud, OneMessage, handle, settings_of

if TYPE_CHECKING:
    from mentor_common.events import TaskKind

MENTOR, QUESTION = "5ee0000000000000000000b1", "5ee0000000000000000000c1"
ANSWER = jobs.AnswerKey(MENTOR, QUESTION)
CAPTIONS = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nby hand\n"
STALLED_SECONDS = 24 * 3600
_NAMES: dict[str, Any] = {"transcode": transcoder_sub_tasks, "transcribe": transcriber_sub_tasks}
_RESULTS = {
    "transcode": ("original.mp4", "web.mp4", "mobile.mp4"),
    "transcribe": ("transcript.json", "en.vtt"),
}
_RESULT_NAMES = {"transcript.json": "transcript", "en.vtt": "vtt"}


class ReleasedServices:
    """A release's services on a cloud of their own."""

    def __init__(self, source: bytes) -> None:
        self.cloud = Cloud()
        self.cloud.serve()
        settings_of("api")
        self.adapters = Adapters.connect(CommonSettings())
        self.clock = self.adapters.clock
        self.intake = jobs.Intake(self.adapters.table, self.clock)
        self.tasks = Tasks(self.adapters.table, self.clock)
        self.answers = jobs.Answers(self.adapters.table, self.clock)
        self.source = source

    def topic(self, service: str) -> Topic:
        """Return the topic that a service speaks on."""
        api = self.adapters.topic
        return Topic(api._sns, api._arn.replace("-api", f"-{service}"))

    def accept(self, video: str = "first", *, captions: bool = True, **request: Any) -> str:
        """POST an upload; return its id."""
        key = f"user1/{video}"
        self.cloud.objects.put(UPLOADS, key, self.source)
        vtt = {"type": "subtitles", "tag": "en", "url": "videos/x.vtt", "vttText": CAPTIONS}
        text = {"transcript": "my own words", "markdownTranscript": "my own words"}
        answer = {**text, "vttMedia": vtt if captions else None}
        name = "_IDLE_" if request.pop("idle", False) else "Who are you?"
        before = {"question": {"name": name}, "answer": answer, "mentorCanEdit": True}
        word_timings: Any = SimpleNamespace(of=lambda _: None)
        graphql: Any = SimpleNamespace(
            as_user=lambda *_: before, as_service=lambda *_: {"api": {"uploadTaskUpdate": True}}
        )
        storage = self.adapters.storage
        acceptor = Acceptor(
            gateway=Gateway(graphql, "https://static.example/"),
            sources=Sources(storage, UPLOADS, max_bytes=1 << 30, form_max_bytes=1 << 30),
            edited_transcripts=EditedTranscripts(
                word_timings, storage, STATIC, "https://static.example/"
            ),
            intake=self.intake,
            reader=self.adapters.reader,
            topic=self.adapters.topic,
            clock=self.clock,
        )
        caller = Caller(user="user1", role="USER", token="-", mentors=())
        upload = AnswerUpload(ANSWER, key, jobs.UploadRequest(**request))
        return str(acceptor.accept(caller, upload).upload_id)

    def work(self, kind: TaskKind, *, error: Exception | None = None, times: int = 1) -> None:
        """Hand the message that asks for a unit of work to the worker, so many times."""
        asked = [one for one in self.cloud.published if one["topic"] == "api"]
        message = asked[-1] if kind == "transcribe" else asked[0]

        async def do(assignment: Any) -> WorkDone:
            if error is not None:
                raise error
            keys = [f"{assignment.prefix}/{file}" for file in _RESULTS[kind]]
            for key in keys:
                self.cloud.objects.put(STATIC, key, b"{}")
            files = (key.rpartition("/")[2] for key in keys)
            named = [_RESULT_NAMES.get(file, file.partition(".")[0]) for file in files]
            aligns = getattr(assignment.upload, "align_key", None) and kind == "transcribe"
            facts = {"engine": "alignment" if aligns else "pocketsphinx"}
            return WorkDone(dict(zip(named, keys, strict=True)), facts=facts)

        queue: Any = OneMessage()
        service = jobs.KINDS[kind].service
        adapters = replace(self.adapters, topic=self.topic(service))
        runner = upload_runner(kind, _NAMES[kind], do, adapters, queue)
        for _ in range(times):
            event_type = json.loads(message["body"])["type"]
            handle({event_type: runner}, queue, message["body"], message["attributes"])
            self.cloud.now += 1000

    def settle(self, upload_id: str) -> None:
        """Decide, show and say how an upload ended, as the notifier does."""
        lease = self.answers.acquire(ANSWER, (upload_id,))
        upload = self.adapters.reader.upload(upload_id)
        if lease is None or upload.job is None:
            raise RuntimeError(upload_id)
        outcome = outcome_of(upload, upload.job, now=self.cloud.now, stalled_after=STALLED_SECONDS)
        if outcome is not None:
            self.answers.put_outcome(upload_id, upload.attempt_pair, outcome)
            if switches(outcome):
                lease = self.answers.record(lease, switched=f"{upload_id}/{upload.attempt_pair}")
            OutcomePublisher(self.topic("notifier")).publish(upload, upload.job, outcome)
            self.answers.mark_published(upload.job, upload.attempt_pair)
        self.answers.release(lease, settled=(), due_at=None, read_back_at=None)

"""Invariants: those that hold at every moment, and those once nothing is left to do.

The laws are the rules of docs/architecture.md and the promises of docs/guarantees.md. They look at
effects only: at the table, the queues, the topics, S3 and GraphQL, never into the services.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentor_common.aws.attributes import read
from mentor_common.jobs import (
    SUB_TASK_FIELDS,
    AnswerKey,
    AnswerState,
    Current,
    Upload,
    task_id_of,
)
from mentor_common.jobs.model import upload_pk
from simulation.others import OthersValues, url_in
from simulation.props import event_data
from simulation.work import words_of
from simulation.world import STATIC, World

if TYPE_CHECKING:
    from simulation.dynamo import Key, Stored
    from simulation.expressions import Item
    from simulation.process import Process
    from simulation.queues import StoredMessage

_RANK = {"QUEUED": 0, "IN_PROGRESS": 1, "DONE": 2, "FAILED": 2, "CANCELLED": 2}
_WORK_QUEUES = {"transcoder": "transcode", "transcriber": "transcribe"}
_LATE_SECONDS = 35.0
Document = dict[str, Any]


@dataclass
class Laws:
    """Watches a world; ``broken`` says what was wrong and when."""

    world: World
    broken: list[str] = field(default_factory=list)
    slow_until: float = float("-inf")
    """Until then GraphQL may apply what it got while it was slow."""

    def __post_init__(self) -> None:
        """Begin watching."""
        self.world.items.watchers.append(self._on_item)
        self.world.post.watchers.append(self._on_delete)
        self.world.graphql.watchers.append(self._on_graphql)
        self.world.objects.watchers.append(self._on_tag)
        self._others = OthersValues(self)
        self._lost_edits: set[tuple[str, str]] = set()
        self._guarded: dict[tuple[str, str], float] = {}
        self._taken: dict[str, float] = {}
        self._names = {field: name for name, field in SUB_TASK_FIELDS.items()}
        self._shown: set[str] = set()
        self._ended: set[str] = set()
        self._let_go: set[str] = set()
        self._uploads: dict[str, tuple[dict[str, Stored], Upload]] = {}

    def report(self, *words: object) -> None:
        """Remember what was wrong, and when."""
        self.broken.append(f"{self.world.loop.time():.2f}: {' '.join(map(str, words))}")

    # ---- at every moment -----------------------------------------------------------------------

    def _on_item(
        self, process: Process | None, key: Key, before: Item | None, after: Item | None
    ) -> None:
        if after is None:
            return
        renewed = after.get("lease_until") != (before or {}).get("lease_until")
        if key[1] == "NOTIFY" and process and renewed:  # not by who only asks for a reconcile
            self._guarded[process.name, key[0]] = self.world.loop.time()
        if key[1] == "CURRENT" and not after["accepted"]:
            self._taken[key[0]] = self.world.loop.time()
        if key[1].startswith("OUTCOME#") and before and before["kind"] != after["kind"]:
            self.report("an outcome was changed", key, before["kind"], after["kind"])
        if key[1].startswith("TASK#"):
            if before:
                self._on_task_change(process.name if process else "-", key, before, after)
            if after["status"] == "DONE":
                self._on_results(key, after)

    def _on_task_change(self, who: str, key: Key, before: Item, after: Item) -> None:
        if before["status"] == "DONE":
            self.report("work was done twice", key, who)
        elif before["status"] == "FAILED" and after["attempt"] != before["attempt"] + 1:
            self.report("a failed attempt went on", key, who)
        elif before["status"] == "IN_PROGRESS" and after["attempt"] != before["attempt"]:
            self.report("a running attempt was replaced", key, who)
        if after["claim"] < before["claim"]:
            self.report("the claim went back", key, who)

    def _on_results(self, key: Key, task: Item) -> None:
        prefix = f"/{key[0].removeprefix('UPLOAD#')}/{task['claim']}/"
        for name, where in task["results"].items():
            if prefix not in where:
                self.report("a result under another claim's prefix", name, where)
            if (STATIC, where) not in self.world.objects.content:
                self.report("a result that is not stored", name, where)

    def _on_delete(self, _process: Process | None, queue: str, message: StoredMessage) -> None:
        if self._buried(queue, message):
            return
        data = message.data
        upload_id = data.get("upload_id")
        if upload_id is None:
            return
        answer = AnswerKey(data["mentor"], data["question"])
        upload = self.upload(upload_id)
        if queue in _WORK_QUEUES:
            current = self._current(answer)
            newest = current is None or current.upload_id == upload_id
            if not newest or upload.cancel:
                return
            kind = _WORK_QUEUES[queue]
            task = upload.transcode if kind == "transcode" else upload.transcribe
            if task is None or not task.terminal:
                self.report("a message was deleted before its task had ended", queue, upload_id)
            elif not self._end_was_published(upload_id, kind, task.attempt):
                self.report("a message was deleted before its end was published", queue, upload_id)
        elif queue == "notifier" and not upload.outcomes:
            item = self.world.items.items.get((answer.pk, "NOTIFY"))
            known = item is not None and upload_id in item.get("open", set())
            if not known and upload.job and upload.job.status == "ACCEPTED":
                self.report("the notifier forgot an upload", upload_id)

    def _buried(self, queue: str, message: StoredMessage) -> bool:
        dead = self.world.post.queues[f"{queue}-dlq"].messages
        return any(other.body == message.body for other in dead)

    def _end_was_published(self, upload_id: str, kind: str, attempt: int) -> bool:
        for body in self.world.post.published.values():
            data = event_data(body)
            if (
                data["type"] in {"task.completed.v1", "task.failed.v1"}
                and data["upload_id"] == upload_id
                and (data["task"], data["attempt"]) == (kind, attempt)
            ):
                return True
        return False

    def _on_graphql(
        self,
        process: Process | None,
        what: str,
        key: tuple[str, str],
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
    ) -> None:
        if what == "answer":
            self._on_answer(process, key, before or {}, after or {})
            return
        self._on_document(process, AnswerKey(*key), before or {}, after or {})
        for name in self._names:
            old, new = (before or {}).get(name), (after or {}).get(name)
            if old and new and process and process.name.startswith("notifier"):
                self._on_status(process, key, name, old, new)

    def _on_document(
        self, process: Process | None, answer: AnswerKey, before: Document, after: Document
    ) -> None:
        """Keep in mind whose end the UI was shown: such a document is never written again."""
        if not after:
            answer_state: Item = self.world.items.items.get((answer.pk, "NOTIFY")) or {}
            self._let_go.add(answer_state.get("ended") or "")
            if _shows_end(before):  # also one that a person wrote into it
                self._let_go.add(self._shown_upload(answer, before) or "")
            return
        upload_id = self._shown_upload(answer, after)
        if upload_id is None or process is None:
            return
        if not before and process.name != "web" and upload_id in self._ended:
            self.report("a document was created again after its end", answer, process.name)
        tasks = [after[name] for name in self._names if after.get(name)]
        new = [task for task in tasks if task not in before.values()]
        ends = any(task["status"] in {"FAILED", "CANCELLED"} for task in new)
        if ends or (new and all(task["status"] == "DONE" for task in tasks)):
            self._ended.add(upload_id)

    def _shown_upload(self, answer: AnswerKey, document: Document) -> str | None:
        """Return the upload that a document shows, ``None`` where a late write has mixed two."""
        tasks = [(name, document[name]) for name in self._names if document.get(name)]
        uploads = {
            self._upload_id_of_task(answer, self._names[field], task["task_id"])
            for field, task in tasks
        }
        return uploads.pop() if len(uploads) == 1 else None

    def _on_status(
        self,
        process: Process,
        key: tuple[str, str],
        name: str,
        old: dict[str, Any],
        new: dict[str, Any],
    ) -> None:
        answer, task_name = AnswerKey(*key), self._names[name]
        upload = self._upload_of_task(answer, task_name, new["task_id"])
        if upload is None or upload.job is None:
            return
        if old["task_id"] != new["task_id"]:
            # The other way round it repairs what a late write of the older one has left.
            other = self._upload_of_task(answer, task_name, old["task_id"])
            theirs = other.job if other else None
            counts = theirs and theirs.status != "ABORTED"
            newer = counts and theirs and theirs.revision > upload.job.revision
            if newer and not self.is_late(process) and not self._was_under_way(process, answer):
                self.report("a newer upload's task was overwritten", key, name)
            return
        again = any(t.attempt > 1 for t in (upload.transcode, upload.transcribe) if t)
        # A cancel that is written into the document in the middle of a reconcile can be lost (R6).
        foreign = old["status"] == "CANCELLED" and upload.cancel is None
        back = not foreign and _RANK.get(new["status"], 0) < _RANK.get(old["status"], 0)
        if back and not again and not self.is_late(process):
            self.report("a status went back", key, name, old["status"], new["status"])
        if new["status"] == "FAILED" and old["status"] != "FAILED":
            task = upload.transcribe if name == "transcribeTask" else upload.transcode
            decided = any(outcome.kind == "failed" for outcome in upload.outcomes.values())
            if not decided and not (task and task.status == "FAILED"):
                self.report("FAILED was shown while there was hope", key, name)

    def _was_under_way(self, process: Process, answer: AnswerKey) -> bool:
        """Return whether a write was guarded before the newer upload took the answer.

        GraphQL knows no conditional write: what was sent then can land after the newer one's
        document, and is repaired by that one's next look.
        """
        guarded = self._guarded.get((process.name, answer.pk), float("inf"))
        return guarded < self._taken.get(answer.pk, float("-inf"))

    def _on_answer(
        self,
        process: Process | None,
        key: tuple[str, str],
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> None:
        edited, written = before.get("hasEditedTranscript"), after.get("hasEditedTranscript")
        if process and edited and not written and self.is_late(process):
            self._lost_edits.add(key)  # R2: GraphQL let a late write win over a person's.
        self._others.written(process, key, before, after)
        old, new = url_in(before), url_in(after)
        if process is None or old == new:
            return
        upload = self.upload(new.split("/")[3])
        self._shown.add(upload.upload_id)
        if upload.job is None or upload.transcode is None:
            self.report("the answer shows an upload that was not accepted", new)
            return
        if new != upload.transcode.results.get("web"):
            self.report("the answer shows what no task names", new)
        mobile = url_in(after, "mobileMedia")
        half = mobile != upload.transcode.results.get("mobile")
        if half and not self._others.are_in(key, "mobileMedia", mobile):
            self.report("the answer switched by half", key)
        shown = self.upload(old.split("/")[3]) if old else None
        older = shown and shown.job and shown.job.revision > upload.job.revision
        if older and not self.is_late(process):
            self.report("an older upload replaced a newer one", key, process.name)

    def _on_tag(self, _bucket: str, key: str) -> None:
        late = any(self.is_late(process) for process in self.world.processes.values())
        if key in self.world.graphql.named() and not late:
            self.report("what GraphQL names was tagged", key)

    def expect_late_writes(self, seconds: float) -> None:
        """Take into account that GraphQL is slow for so long."""
        self.slow_until = self.world.loop.time() + seconds + _LATE_SECONDS

    def is_late(self, process: Process) -> bool:
        """Return whether a write may come after its lease ended: it is repaired later."""
        now = self.world.loop.time()
        return now < self.slow_until or now - process.stalled_at < _LATE_SECONDS

    def _upload_of_task(self, answer: AnswerKey, name: str, task_id: str) -> Upload | None:
        upload_id = self._upload_id_of_task(answer, name, task_id)
        return self.upload(upload_id) if upload_id else None

    def _upload_id_of_task(self, answer: AnswerKey, name: str, task_id: str) -> str | None:
        for upload_id, owner in self.world.accepted_by.items():
            if owner == answer and task_id_of(upload_id, name) == task_id:
                return upload_id
        return None

    # ---- reading -------------------------------------------------------------------------------

    def upload(self, upload_id: str) -> Upload:
        """Return an upload as the table has it."""
        pk = upload_pk(upload_id)
        items = {sk: item for (other, sk), item in self.world.items.items.items() if other == pk}
        if upload_id not in self._uploads or self._uploads[upload_id][0] != items:
            found = {sk: read(item.answered) for sk, item in items.items()}
            self._uploads[upload_id] = items, Upload.of(upload_id, found)
        return self._uploads[upload_id][1]

    def _current(self, answer: AnswerKey) -> Current | None:
        item = self.world.items.items.get((answer.pk, "CURRENT"))
        return Current.model_validate(read(item.answered)) if item else None

    # ---- once nothing is left to do ------------------------------------------------------------

    def account(self) -> Counter[str]:
        """Return how many uploads ended how; ``accepted`` and ``lost`` among the keys."""
        count: Counter[str] = Counter()
        for upload_id in self.world.accepted_by:
            upload = self.upload(upload_id)
            if upload.job is None or upload.job.status != "ACCEPTED":
                continue
            count["accepted"] += 1
            final = list(upload.outcomes.values())
            count[upload.outcome.kind if upload.outcome else "lost" if not final else "open"] += 1
        return count

    def check_end(self) -> None:
        """Report everything that is not as it must be after the faults have ended."""
        count = self.account()
        ended = sum(count[kind] for kind in ("ready", "failed", "cancelled", "superseded"))
        if count["accepted"] != ended or count["lost"]:
            self.report("conservation:", dict(count))
        for reply in self.world.replies:
            job = self.upload(reply.upload_id).job
            if reply.status == 200 and (job is None or job.status != "ACCEPTED"):
                self.report("answered 200 and not accepted", reply.upload_id)
        if self.world.objects.overwritten:
            self.report("overwritten in S3", self.world.objects.overwritten)
        if self.world.post.contradictions:
            self.report(
                "published with different content under one id", self.world.post.contradictions
            )
        if (
            to_go := {
                key for (_, key), tags in self.world.objects.tags.items() if "superseded" in tags
            }
            & self.world.graphql.named()
        ):
            self.report("GraphQL names what is to be removed", to_go)
        self._check_events()
        for (pk, sk), item in list(self.world.items.items.items()):
            if sk == "CURRENT":
                _, mentor, question = pk.split("#")
                self._check_answer(AnswerKey(mentor, question), read(item.answered))
            if sk.startswith("OUTCOME#") and not item.get("said"):
                self.report("an outcome was never published", pk, sk)

    def _check_events(self) -> None:
        ready = {
            event_data(body)["upload_id"]
            for body in self.world.post.published.values()
            if event_data(body)["type"] == "answer.ready.v1"
        }
        for upload_id in self.world.accepted_by:
            upload = self.upload(upload_id)
            if upload.outcome and upload.outcome.kind == "ready" and upload_id not in ready:
                self.report("answer.ready was never published", upload_id)
            if upload.outcome and upload.outcome.kind == "ready" and upload_id not in self._shown:
                self.report("called ready and never shown", upload_id)

    def _check_answer(self, answer: AnswerKey, item: dict[str, Any]) -> None:
        current = Current.model_validate(item)
        if not current.accepted:
            self.report("an answer is locked by a preparation", answer)
            return
        key = (answer.mentor, answer.question)
        upload = self.upload(current.upload_id)
        outcome, shown = upload.outcome, self.world.graphql.answers.get(key) or {}
        mine = f"/{upload.upload_id}/"
        if outcome is None or upload.transcode is None:
            return
        if outcome.kind == "ready" or outcome.code == "captions":
            results = upload.transcode.results
            revision = upload.job.revision if upload.job else 0
            urls = {"webMedia": results["web"], "mobileMedia": results["mobile"]}
            others = [
                name
                for name in urls
                if self._others.are_in(key, name, url_in(shown, name), revision)
            ]
            if any(url_in(shown, name) != urls[name] for name in urls if name not in others):
                self.report("the answer does not show what is ready", key, url_in(shown))
            if len(others) < len(urls):
                self._check_words(upload, shown)
        elif mine in url_in(shown) and not any(
            # An earlier pair of attempts may have gone live: without captions, and their redrive
            # was cancelled.
            o.kind == "ready" or o.code == "captions"
            for o in upload.outcomes.values()
        ):
            self.report("the answer shows an upload that failed", key)
        self._check_document(key, upload)
        answer_state = self.world.items.items.get((answer.pk, "NOTIFY"))
        if answer_state and AnswerState.model_validate(read(answer_state.answered)).open:
            self.report("the notifier is not done with", key)

    def _check_document(self, key: tuple[str, str], upload: Upload) -> None:
        document = self.world.graphql.tasks.get(key)
        if document:
            left = {(document.get(name) or {}).get("status") for name in self._names} & {
                "QUEUED",
                "IN_PROGRESS",
            }
            failed = [(document.get(name) or {}).get("status") == "FAILED" for name in self._names]
            if left and not any(failed):
                self.report("the UI is kept waiting", key, document)
        seen = upload.upload_id in self._ended | self._let_go
        if not seen and not _shows_end(document or {}):
            self.report("a tab waits for an end that was never shown", key)

    def _check_words(self, upload: Upload, shown: dict[str, Any]) -> None:
        job, outcome = upload.job, upload.outcome
        if job is None or outcome is None or job.transcription != "wanted":
            return
        if shown.get("hasEditedTranscript") or (job.mentor, job.question) in self._lost_edits:
            return  # A person's words stay, and what took their place is taken for a person's.
        expected = words_of(upload.upload_id) if outcome.kind == "ready" else ""
        if shown.get("transcript") != expected:
            self.report("the transcript is not that of the upload", shown.get("transcript"))


def _shows_end(document: Document) -> bool:
    tasks = [document[name] for name in SUB_TASK_FIELDS.values() if document.get(name)]
    statuses = {task["status"] for task in tasks}
    return bool(statuses & {"FAILED", "CANCELLED"}) or statuses == {"DONE"}

"""Actions of this release on what another has written and published.

Reads the stories that :mod:`released.write` printed, with what of their events is ``delivered`` to
the transcriber; prints JSON: story to how the release acts.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from mentor_common import jobs
from mentor_common.clock import ManualClock
from mentor_common.events import UnreadableEventError, decode
from mentor_common.transfers.model import TransferReader
from mentor_common.work.claims import Claimant, Claimed, Ended, Tasks
from mentor_common.work.registry import workers
from mentor_notifier.answers.outcome import outcome_of, shown_statuses, superseded
from mentor_transcriber.bootstrap import build
from mentor_transcriber.settings import TranscriberSettings
from released.outside import STATIC, UPLOADS, Cloud, OneMessage, handle, quiet, settings_of

_STALLED_SECONDS = 24 * 3600
_ALIGNMENT = "alignment"
_RECORDED: dict[type, str] = {Ended: "Over"}
"""Claims to the names that records of releases have for them."""


class Act:
    """A release's services on a story's content.

    Parameters
    ----------
    story
        As written.
    source
        The uploaded video.
    """

    def __init__(self, story: dict[str, Any], source: bytes) -> None:
        self.story = story
        self.source = source

    def cloud(self) -> Cloud:
        """Return a cloud with the story's content, which serves from now on."""
        cloud = Cloud(now=self.story["now"])
        cloud.put_items(self.story["items"])
        cloud.put_texts(self.story["objects"])
        for item in self.story["items"]:
            if item["sk"] == "JOB" and "video" in item:
                cloud.objects.put(UPLOADS, item["video"], self.source)
        cloud.serve()
        return cloud

    def all(self) -> dict[str, Any]:
        """Return how the release acts."""
        uploads = [
            item["upload_id"]
            for item in self.story["items"]
            if item["sk"] == "JOB" and "upload_id" in item
        ]
        return {
            "events": [self.event(event) for event in self.story["events"]],
            "uploads": {upload_id: self.upload(upload_id) for upload_id in uploads},
            "transcriber": self.transcriber(),
            "transfers": self.transfers(),
            "workers": self.workers(),
        }

    def event(self, event: dict[str, Any]) -> str:
        """Return the type that an event is read as, or why it is a dead letter."""
        try:
            return decode(event["body"]).envelope.type
        except UnreadableEventError as error:
            return error.code

    def upload(self, upload_id: str) -> dict[str, Any]:
        """Return how an upload stands, and what becomes of its units of work."""
        self.cloud()
        table = jobs.Table("jobs", "us-east-1")
        reader = jobs.Reader(table)
        upload = reader.upload(upload_id)
        job = upload.job
        if job is None:
            return {"job": None}
        current, answer_state = reader.current(job.answer), reader.answer_state(job.answer)
        now = self.story["now"]
        newest = current is not None and current.upload_id == upload_id
        outcome = (
            outcome_of(upload, job, now=now, stalled_after=_STALLED_SECONDS)
            if newest
            else superseded(upload, now)
        )
        held = reader.upload(current.upload_id) if current else None
        return {
            "standing": reader.validity(upload_id, job.answer),
            "verdict": [outcome.kind, outcome.code] if outcome else ["running", None],
            "free": jobs.answer_is_free(current, held, answer_state),
            "shown": shown_statuses(upload, job, outcome),
            "claims": {
                kind: self.claims(upload_id, kind, task.attempt, list(task.names))
                for kind in ("transcode", "transcribe")
                if (task := upload.task(kind))  # type: ignore[arg-type]  # a literal
            },
        }

    def claims(self, upload_id: str, kind: Any, attempt: int, names: list[str]) -> dict[str, Any]:
        """Return what a worker gets that comes now, after a redrive, and a day later."""
        got: dict[str, Any] = {}
        for when, seconds, redriven in (
            ("now", 0, None),
            ("redriven", 0, attempt),
            ("a day later", 24 * 3600, None),
        ):
            self.cloud()
            clock = ManualClock(self.story["now"] + seconds)
            tasks = Tasks(jobs.Table("jobs", "us-east-1"), clock)
            claimant = Claimant.of_task(upload_id, kind, names, "b:2", 60)
            claim = tasks.claim(claimant, redriven)
            got[when] = _RECORDED.get(type(claim), type(claim).__name__)
            if isinstance(claim, Claimed):
                ended = tasks.finish(
                    claimant, claim.task, {"status": "DONE", "results": {"a": "b"}}
                )
                got[when] = f"Claimed {ended.attempt} {ended.status}"
        return got

    def transcriber(self) -> list[dict[str, Any]]:
        """Return what the transcriber does with each ``delivered`` message.

        Of uploads that no worker has begun: of the others it would be the same, at a second each.
        """
        done = []
        begun = {item["pk"] for item in self.story["items"] if item["sk"].startswith("TASK#")}
        for event in self.story["delivered"]:
            pk = f"UPLOAD#{json.loads(event['body'])['subject']}"
            if pk in begun:
                continue
            cloud = self.cloud()
            before = set(cloud.objects.content)
            settings_of("transcriber")
            queue: Any = OneMessage()
            with tempfile.TemporaryDirectory() as folder:
                wiring = build(TranscriberSettings(), queue, Path(folder))
                handle(wiring.handlers, queue, event["body"], event["attributes"])
            task: dict[str, Any] = cloud.table.items.get((pk, "TASK#transcribe"), {})
            written = [key for key in cloud.objects.content if key not in before]
            engine = task.get("facts", {}).get("engine")
            done.append(
                {
                    "event": json.loads(event["body"])["type"],
                    "does": _does(engine, claimed=bool(task)),
                    "writes": sorted(key.rpartition("/")[2] for b, key in written if b == STATIC),
                    "dead": queue.dead,
                }
            )
        return done

    def transfers(self) -> dict[str, Any]:
        """Return how each transfer stands, where the release has such."""
        found: dict[str, Any] = defaultdict(dict)
        self.cloud()
        reader = TransferReader(jobs.Table("jobs", "us-east-1"))
        for item in self.story["items"]:
            if item["sk"] == "JOB" and "transfer_id" in item:
                state = reader.transfer(item["transfer_id"])
                found[item["transfer_id"]] = {
                    "status": state.status,
                    "active": state.active,
                    "done": sorted(state.in_state("DONE")),
                    "failed": sorted(state.in_state("FAILED")),
                    "counts": reader.is_current(item["transfer_id"], item["mentor"]),
                }
        return found

    def workers(self) -> list[Any]:
        """Return which workers are there, where the release shows such."""
        self.cloud()
        now = self.story["now"]
        return [
            [one.process, one.liveness(now)]
            for one in workers(jobs.Table("jobs", "us-east-1"), now)
        ]


def _does(engine: str | None, *, claimed: bool) -> str:
    if not claimed:
        return "nothing"
    return "aligns" if engine == _ALIGNMENT else "recognises"


if __name__ == "__main__":
    quiet()
    stories = json.load(sys.stdin)
    film = Path(sys.argv[1]).read_bytes()
    json.dump({name: Act(story, film).all() for name, story in stories.items()}, sys.stdout)

"""Work that takes virtual time and goes as a plan says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mentor_common.errors import PermanentError, TransientError
from mentor_common.events import AlignmentRequested
from mentor_common.jobs import ALIGNMENT
from mentor_common.work.result import WorkDone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mentor_common.aws.storage import Storage
    from mentor_common.work.upload_work import Assignment
    from simulation.world import World

Course = Literal["fine", "bad", "half_bad", "stumbles", "defect"]
FILES = {
    "transcode": {
        "original": "original.mp4",
        "web": "web.mp4",
        "mobile": "mobile.mp4",
        "thumbnail": "thumbnail.jpg",
    },
    "transcribe": {"transcript": "transcript.json", "vtt": "en.vtt"},
}
_STUMBLES = 2


@dataclass(frozen=True)
class Plan:
    """The course of the work on one task.

    ``bad`` input fails for good, ``half_bad`` only in the mobile rendition; it ``stumbles`` over
    something that passes, twice; a ``defect`` is met until a release mends it.
    """

    course: Course = "fine"
    seconds: float = 8.0


FINE = Plan()


def worker_of(
    world: World, kind: str, storage: Storage, bucket: str
) -> Callable[[Assignment], Awaitable[WorkDone]]:
    """Return what a worker of this kind does."""

    async def work(assignment: Assignment) -> WorkDone:
        upload_id = assignment.upload.upload_id
        plan = world.plans.get((upload_id, kind), FINE)
        for quarter in (25, 50, 75, 100):
            await asyncio.sleep(plan.seconds / 4)
            assignment.on_percent(quarter)
        world.tries[upload_id, kind] += 1
        _meet(plan, world.tries[upload_id, kind], mended=world.mended)
        results = {name: f"{assignment.prefix}/{file}" for name, file in FILES[kind].items()}
        failures: dict[str, PermanentError] = {}
        if plan.course == "half_bad" and kind == "transcode":
            del results["mobile"]
            failures["transcoding-mobile"] = PermanentError("encode_failed", "Does not encode.")
        for name, key in results.items():
            text = _timings(upload_id) if name == "transcript" else key
            await asyncio.to_thread(storage.put_text, text, bucket, key)
        aligns = isinstance(assignment.upload, AlignmentRequested)
        engine = {"engine": ALIGNMENT} if aligns else {}
        return WorkDone(results, {"sha1": upload_id} | engine, failures)

    return work


def words_of(upload_id: str) -> str:
    """Return the words spoken in an upload."""
    return f"these are the words of {upload_id}"


def _timings(upload_id: str) -> str:
    return json.dumps({"text": words_of(upload_id), "words": [], "duration": 1.0})


def _meet(plan: Plan, tries: int, *, mended: bool) -> None:
    if plan.course == "bad":
        raise PermanentError("no_video", "There is no picture in it.")
    if plan.course == "stumbles" and tries <= _STUMBLES:
        raise TransientError("something that passes")
    if plan.course == "defect" and not mended:
        raise ZeroDivisionError

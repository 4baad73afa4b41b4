"""Everything that this release writes and publishes, by stories.

Prints JSON: story to ``events``, ``items``, ``objects`` and ``now``. The source video is given as a
file and left out of what is printed.
"""

from __future__ import annotations

import itertools
import json
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from mentor_api.transfers.accept import announce as announce_transfer
from mentor_api.uploads.cancel import announce as announce_cancel
from mentor_common import events
from mentor_common.errors import PermanentError
from mentor_common.events import Event, Trim
from mentor_common.transfers.imports import Imports
from mentor_common.transfers.intake import TransferIntake
from mentor_common.transfers.model import Transfer, medium_sk, transfer_pk
from mentor_common.work import registry
from mentor_common.work.claims import Claimant
from mentor_common.work.parked import Parked, parking
from released.outside import UPLOADS, quiet
from released.services import ANSWER, MENTOR, QUESTION, ReleasedServices

if TYPE_CHECKING:
    from collections.abc import Callable


def spoken(services: ReleasedServices) -> None:
    """Accept an upload whose speech is to be written down."""
    services.accept(trim=Trim(start=0.0, end=2.0))


def spoken_idle(services: ReleasedServices) -> None:
    """Accept an upload of the idle question, which has no transcript."""
    services.accept(idle=True)


def edited(services: ReleasedServices) -> None:
    """Accept an upload whose transcript and captions are a person's."""
    services.accept(has_edited_transcript=True)


def edited_trimmed(services: ReleasedServices) -> None:
    """Accept an upload whose person's transcript stays while its captions follow the trim."""
    services.accept(has_edited_transcript=True, trim=Trim(start=0.0, end=1.5))


def edited_without_captions(services: ReleasedServices) -> None:
    """Accept an upload whose person's transcript has no captions yet."""
    services.accept(captions=False, has_edited_transcript=True)


def edited_and_made(services: ReleasedServices) -> None:
    """Make the video of an edited upload; its captions are not made."""
    services.accept(has_edited_transcript=True, trim=Trim(start=0.0, end=1.5))
    services.work("transcode")


def edited_and_aligned(services: ReleasedServices) -> None:
    """Make the video of an edited upload, and captions of its text."""
    upload_id = services.accept(has_edited_transcript=True, trim=Trim(start=0.0, end=1.5))
    services.work("transcode")
    services.work("transcribe")
    services.settle(upload_id)


def at_work(services: ReleasedServices) -> None:
    """Claim the transcoding, and hold it."""
    upload_id = services.accept()
    services.tasks.claim(
        Claimant.of_task(
            upload_id, "transcode", ["transcoding-web", "transcoding-mobile"], "a:1", 60
        )
    )


def went_away(services: ReleasedServices) -> None:
    """Claim the transcoding, and die."""
    at_work(services)
    services.cloud.now += 3600


def ready(services: ReleasedServices) -> None:
    """Bring an upload to its end."""
    upload_id = services.accept()
    services.work("transcode")
    services.work("transcribe")
    services.settle(upload_id)


def bad_video(services: ReleasedServices) -> None:
    """Fail for what the video is."""
    upload_id = services.accept()
    services.work("transcode", error=PermanentError("no_video", "There is no picture in it."))
    services.settle(upload_id)


def without_captions(services: ReleasedServices) -> None:
    """Give up the transcript after the last start; the video is shown without it."""
    upload_id = services.accept()
    services.work("transcode")
    services.work("transcribe", error=ValueError("a defect"), times=6)
    services.settle(upload_id)


def superseded(services: ReleasedServices) -> None:
    """Accept a second upload of the same answer after the first had failed."""
    bad_video(services)
    services.accept("second")


def cancelled(services: ReleasedServices) -> None:
    """Cancel an upload before it was begun."""
    upload_id = services.accept()
    job = services.adapters.reader.upload(upload_id).job
    if job is not None:
        cancel = services.intake.cancel(job, by="user1")
        announce_cancel(services.adapters.topic, services.intake, job, cancel)
    services.settle(upload_id)


def parked(services: ReleasedServices) -> None:
    """Wait for a job of AWS Transcribe."""
    upload_id = services.accept()
    claimant = Claimant.of_task(upload_id, "transcribe", ["transcribing"], "a:1", 60)
    claimed = services.tasks.claim(claimant)
    job = Parked(f"local-{upload_id}-1-1", 60, 4 * 3600)
    changes = parking("transcribe", job, services.cloud.now)
    services.tasks.park(claimant, claimed.task, changes)  # type: ignore[union-attr]  # just claimed


def retried(services: ReleasedServices) -> None:
    """Ask for another attempt of what was given up."""
    without_captions(services)
    current = services.adapters.reader.current(ANSWER)
    job = services.adapters.reader.upload(current.upload_id).job if current else None
    if job is not None:
        services.intake.mark_retried(job, {"transcribe": 1})


def transfer(services: ReleasedServices) -> None:
    """Import a mentor with two media, of which one is copied and one is not."""
    table, clock, now = services.adapters.table, services.clock, services.cloud.now
    transfer_id = str(uuid.uuid4())
    source = events.SourceObject(bucket=UPLOADS, key="transfers/x.json", etag="e", size=2)
    wanted = Transfer(
        transfer_id=transfer_id,
        mentor=MENTOR,
        user="user1",
        status="PREPARING",
        token="t",
        payload=source,
        digest="0" * 64,
        prepared_at=now,
    )
    intake = TransferIntake(table, clock)
    intake.prepare(wanted)
    announce_transfer(services.adapters.topic, intake, intake.accept(wanted))
    imports = Imports(table, clock, 30)
    held = imports.record_intent(transfer_id, MENTOR)
    changes = {"imported_at": now, "manifest": source.model_dump(), "details_key": "d", "media": 2}
    if held is not None:
        imports.record(held, status="IMPORTED", lease_until=0, **changes)
    about: dict[str, Any] = {"transfer_id": transfer_id, "mentor": MENTOR}
    medium = about | {"question": QUESTION}
    ended = {"attempt": 1, "results": {"medium": "videos/a/web.mp4"}}
    for service, event in (
        ("notifier", events.MentorImported(**about, manifest=source, media=2)),
        ("api", events.MediaCopyRequested(**medium, number=0, tag="web", manifest=source)),
        ("api", events.MediaCopied(**medium, number=0, **ended)),
        ("api", events.MediaCopyFailed(**medium, number=1, attempt=1, code="gone", reason="Gone.")),
    ):
        services.topic(service).publish(Event.of(event, service=service, step="", at=now))
    for number, status in enumerate(("DONE", "FAILED")):
        claimant = Claimant(transfer_pk(transfer_id), medium_sk(number), ["copy"], "a:1", 60)
        task = services.tasks.claim(claimant).task  # type: ignore[union-attr]  # just claimed
        services.tasks.finish(claimant, task, {"status": status, "results": {}})


def present(services: ReleasedServices) -> None:
    """Say that a worker is there."""
    consumer: Any = SimpleNamespace(
        slots=1,
        in_flight=1,
        breaker=SimpleNamespace(down={"s3": "no answer"}, is_open=True),
        release_breaker=SimpleNamespace(is_open=False),
    )
    mine = registry.Registration(services.adapters.table, services.clock, "transcoder")
    mine._process = "a:1"
    mine.write(mine.of(consumer, idle=1.0, stopping=False))


_STORIES: tuple[Callable[[ReleasedServices], None], ...] = (
    *(spoken, spoken_idle, edited, edited_trimmed, edited_without_captions),
    *(edited_and_made, edited_and_aligned, at_work, went_away),
    *(ready, bad_video, without_captions, superseded, cancelled),
    *(parked, retried, present, transfer),
)


def write(source: bytes) -> dict[str, Any]:
    """Return all that this release writes."""
    stories: dict[str, Any] = {}
    for story in _STORIES:
        numbers = itertools.count(1)
        with patch("uuid.uuid4", lambda counter=numbers: uuid.UUID(int=next(counter))):
            services = ReleasedServices(source)
            story(services)
        texts = services.cloud.texts()
        stories[story.__name__] = {
            "now": services.cloud.now,
            "events": services.cloud.published,
            "items": services.cloud.items(),
            "objects": {name: text for name, text in texts.items() if f"{UPLOADS}/" not in name},
        }
    return stories


if __name__ == "__main__":
    quiet()
    json.dump(write(Path(sys.argv[1]).read_bytes()), sys.stdout)

"""Publishing how an upload ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.events import AnswerFailed, AnswerReady, Event

if TYPE_CHECKING:
    from mentor_common.events import EventData, Topic
    from mentor_common.jobs import Job, Outcome, Upload


class OutcomePublisher:
    """Publishes ``answer.ready`` and ``answer.failed``; GraphQL alone shows the other outcomes."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    def publish(self, upload: Upload, job: Job, outcome: Outcome) -> None:
        """Publish the outcome's event; the id is that of the pair of attempts."""
        about = {
            "upload_id": upload.upload_id,
            "mentor": job.mentor,
            "question": job.question,
        }
        data: EventData
        if outcome.kind == "ready":
            data = AnswerReady(**about, results=_results(upload))
        elif outcome.kind == "failed":
            data = AnswerFailed(
                **about,
                failed=list(outcome.failed),
                code=outcome.code or "failed",
                reason=outcome.reason or "The upload failed.",
            )
        else:
            return
        event = Event.of(data, service="notifier", step=upload.attempt_pair, at=outcome.at)
        self._topic.publish(event)


def _results(upload: Upload) -> dict[str, Any]:
    tasks = (upload.transcode, upload.transcribe)
    return {name: key for task in tasks if task for name, key in task.results.items()}

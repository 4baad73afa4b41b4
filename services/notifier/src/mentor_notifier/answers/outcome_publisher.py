"""Saying how an upload ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.events import AnswerFailed, AnswerReady, Event

if TYPE_CHECKING:
    from mentor_common.clock import Clock
    from mentor_common.events import EventData, Topic
    from mentor_common.jobs import Job, Upload
    from mentor_notifier.answers.outcome import Verdict


class Herald:
    """Publishes ``answer.ready`` and ``answer.failed``; other outcomes are told by GraphQL alone.

    Parameters
    ----------
    topic
        The notifier's topic.
    clock
        For an outcome decided in this very look.
    """

    def __init__(self, topic: Topic, clock: Clock) -> None:
        self._topic = topic
        self._clock = clock

    def say(self, upload: Upload, job: Job, verdict: Verdict) -> None:
        """Publish the outcome's event; the id is that of the pair of attempts."""
        about = {
            "upload_id": upload.upload_id,
            "mentor": job.mentor,
            "question": job.question,
        }
        data: EventData
        if verdict.kind == "ready":
            data = AnswerReady(**about, results=_results(upload))
        elif verdict.kind == "failed":
            data = AnswerFailed(
                **about,
                failed=list(verdict.failed),
                code=verdict.code or "failed",
                reason=verdict.reason or "The upload failed.",
            )
        else:
            return
        at = upload.outcome.at if upload.outcome else self._clock.now()
        self._topic.publish(Event.of(data, service="notifier", step=upload.attempt_pair, at=at))


def _results(upload: Upload) -> dict[str, Any]:
    tasks = (upload.transcode, upload.transcribe)
    return {name: key for task in tasks if task for name, key in task.results.items()}

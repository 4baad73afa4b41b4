"""GraphQL's inputs for an upload, from its items: pure functions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mentor_common.jobs import (
    SUB_TASK_FIELDS,
    Job,
    Outcome,
    Upload,
    captions_medium,
    task_id_of,
)
from mentor_notifier.answers.outcome import shown_statuses, switches, task_info

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_notifier.answers.gateway import GraphQLState

Media = dict[str, Any]
_VIDEO_FIELDS = {"webMedia": "web", "mobileMedia": "mobile"}


@dataclass(frozen=True)
class Transcript:
    """Text of an upload, read from S3: words and captions, ``None`` where not ours."""

    text: str | None = None
    vtt_key: str | None = None
    vtt: str | None = None

    @property
    def media(self) -> Media | None:
        """Captions as a medium."""
        if self.vtt_key is None:
            return None
        return captions_medium(self.vtt_key) | {"vttText": self.vtt or ""}


def text_keys(upload: Upload, job: Job, outcome: Outcome | None) -> tuple[str | None, str | None]:
    """Return the keys of the transcript and of the captions that are to be shown."""
    task = upload.transcribe
    if job.transcription == "wanted" and task and task.status == "DONE":
        return task.results["transcript"], task.results["vtt"]
    captions = upload.aligned_captions or job.captions_key
    return None, captions if switches(outcome) else None


def videos(upload: Upload) -> dict[str, Media]:
    """Return web and mobile media; durations in milliseconds, hash of the source object."""
    task = upload.transcode
    if task is None:
        return {}
    media: dict[str, Media] = {}
    for field, name in _VIDEO_FIELDS.items():
        if name in task.results:
            media[field] = {
                "type": "video",
                "tag": name,
                "url": task.results[name],
                "transparentVideoUrl": task.results.get(f"{name}_transparent", ""),
                "duration": float(task.facts.get(f"{name}_duration_ms", -1)),
                "hash": task.facts.get("sha1", ""),
                "stringMetadata": task.facts.get("metadata", ""),
                "needsTransfer": False,
            }
    return media


def switched_answer(
    upload: Upload, job: Job, outcome: Outcome, transcript: Transcript, *, person_edited: bool
) -> dict[str, Any]:
    """Return the one ``uploadAnswer`` that makes the answer show the upload.

    Parameters
    ----------
    upload, job, outcome, transcript
        What is shown. An outcome that failed for its captions switches with empty text.
    person_edited
        A person changed the transcript since the upload was accepted: text and captions stay.
    """
    content: dict[str, Any] = {**videos(upload)}
    if job.request.external_video_ids:
        content["externalVideoIds"] = job.request.external_video_ids
    if job.transcription == "wanted" and not person_edited:
        ready = outcome.kind == "ready"
        content["transcript"] = (transcript.text or "") if ready else ""
        content["hasEditedTranscript"] = False
        content["vttMedia"] = transcript.media if ready else None
    elif (
        job.transcription == "edited" and transcript.media and not (job.align_key and person_edited)
    ):
        content["vttMedia"] = transcript.media
    return content


def takes_late_captions(job: Job, content: Mapping[str, Any]) -> bool:
    """Return whether an answer still shows the captions that its switch gave it, or none."""
    shown = (content.get("vttMedia") or {}).get("url")
    cut = job.captions_key is not None and shows(shown, job.captions_key)
    return (not shown or cut) and not person_edited(job, content)


def person_edited(job: Job, content: Mapping[str, Any] | None) -> bool:
    """Return whether a person changed the answer's transcript since the upload was accepted."""
    text = (content or {}).get("markdownTranscript") or ""
    if not text:
        return False
    return hashlib.sha256(text.encode()).hexdigest() != job.transcript_sha256


def task_writes(
    document: Mapping[str, Any],
    upload: Upload,
    job: Job,
    outcome: Outcome | None,
    transcript: Transcript,
) -> list[dict[str, Any]]:
    """Return the updates that make a document show the upload, in their order.

    One sub-task an update. All media go with the first one, so that they are there when the last
    task is shown DONE; FAILED comes last, because the UI deletes the document when it sees it.
    """
    extras = _extras(document, upload, outcome, transcript)
    statuses = shown_statuses(upload, job, outcome)
    changed = [
        (status, {SUB_TASK_FIELDS[name]: info})
        for name, status in statuses.items()
        if not _same(
            document.get(SUB_TASK_FIELDS[name]), info := task_info(upload.upload_id, name, status)
        )
    ]
    changed.sort(key=lambda change: change[0] == "FAILED")
    writes = [write for _, write in changed]
    if extras:
        writes[:1] = [extras | (writes[0] if writes else {})]
    return writes


def whole_document(
    upload: Upload,
    job: Job,
    outcome: Outcome | None,
    transcript: Transcript,
    captions: Media | None,
) -> dict[str, Any]:
    """Return a document that shows the upload: all nine keys, as the acceptance writes them.

    ``captions`` are the answer's, where the upload has no own ones yet.
    """
    statuses = shown_statuses(upload, job, outcome)
    document: dict[str, Any] = {
        field: task_info(upload.upload_id, name, statuses[name]) if name in statuses else None
        for name, field in SUB_TASK_FIELDS.items()
    }
    document |= dict.fromkeys(("originalMedia", "webMedia", "mobileMedia"))
    document |= {"vttMedia": captions, "transcript": "" if job.transcription == "wanted" else None}
    return document | _extras({}, upload, outcome, transcript)


def shows_end(document: Mapping[str, Any]) -> bool:
    """Return whether the UI takes an upload for ended, and deletes the document."""
    tasks = [document[field] for field in SUB_TASK_FIELDS.values() if document.get(field)]
    statuses = {task.get("status") for task in tasks}
    return bool(statuses & {"FAILED", "CANCELLED"}) or statuses == {"DONE"}


def without_end(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as it stood before its end, which an update then writes."""
    if not shows_end(document):
        return document
    tasks = [field for field in SUB_TASK_FIELDS.values() if document.get(field)]
    ends = [field for field in tasks if document[field]["status"] in {"FAILED", "CANCELLED"}]
    running = {field: document[field] | {"status": "IN_PROGRESS"} for field in ends or tasks[-1:]}
    return document | running


def _same(stored: Mapping[str, Any] | None, info: Mapping[str, str]) -> bool:
    return all((stored or {}).get(name) == value for name, value in info.items())


def _extras(
    document: Mapping[str, Any], upload: Upload, outcome: Outcome | None, transcript: Transcript
) -> dict[str, Any]:
    if outcome is not None and not switches(outcome):
        return {}
    brought: dict[str, Media] = videos(upload)
    if upload.transcode and "original" in upload.transcode.results:
        key = upload.transcode.results["original"]
        brought["originalMedia"] = {"type": "video", "tag": "original", "url": key}
    if transcript.media:
        brought["vttMedia"] = transcript.media
    extras: dict[str, Any] = {
        field: media
        for field, media in brought.items()
        if not shows((document.get(field) or {}).get("url"), media["url"])
    }
    if transcript.text and document.get("transcript") != transcript.text:
        extras["transcript"] = transcript.text
    return extras


def names_captions(shown: GraphQLState, key: str) -> bool:
    """Return whether the answer and its document, where there is one, name captions by their key.

    Then they need not be written, and their text is not needed.
    """
    documents = [shown.content or {}, *([shown.document] if shown.document else [])]
    return all(shows((each.get("vttMedia") or {}).get("url"), key) for each in documents)


def shows(url: str | None, key: str) -> bool:
    """Return whether a URL names a key: absolute or relative, with or without query or fragment."""
    path = unquote((url or "").partition("#")[0].partition("?")[0])
    return path == key or path.endswith(f"/{key}")


def is_ours(document: Mapping[str, Any], upload_id: str, job: Job) -> bool:
    """Return whether a document is that of an upload.

    Where it is not, a newer upload was aborted, or the notifier of an older one wrote late. Single
    tasks of another upload are what a late write left behind: those are ours to repair.
    """
    return any(
        (document.get(SUB_TASK_FIELDS[name]) or {}).get("task_id") == task_id_of(upload_id, name)
        for name in job.sub_tasks
    )


def cancelled_outside(document: Mapping[str, Any] | None, upload_id: str, job: Job) -> bool:
    """Return whether a client set one of this upload's tasks to CANCELLING or CANCELLED."""
    for name in job.sub_tasks:
        stored = (document or {}).get(SUB_TASK_FIELDS[name]) or {}
        ours = stored.get("task_id") == task_info(upload_id, name, "QUEUED")["task_id"]
        if ours and str(stored.get("status", "")).startswith("CANCEL"):
            return True
    return False

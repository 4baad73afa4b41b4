"""Tagging what no answer shows any more, for a lifecycle rule to remove (DESIGN rule 21)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.errors import DependencyDownError
from mentor_common.telemetry.logs import get_logger
from mentor_notifier.answers.view import shows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mentor_common.aws.storage import Storage
    from mentor_common.jobs import AnswerKey, Job, Upload

_log = get_logger(__name__)
# videos/{mentor}/{question}/{upload}/{claim}/{file}: only what we wrote in this shape is ours.
_OURS = re.compile(
    r"videos/[0-9a-f]{24}/[0-9a-f]{24}/(?P<upload>[0-9a-f-]{36})/\d+/(?P<file>[^/]+)"
)
_PICTURE = "thumbnail.jpg"


def mentors_picture(answer: AnswerKey, key: str) -> str:
    """Return the key under which an upload's thumbnail becomes the mentor's, and is never tagged.

    The same for a repetition. It lies beside the pictures that mentors send themselves.
    """
    return f"mentor/thumbnails/{answer.mentor}/{key.removeprefix(answer.prefix)}"


@dataclass(frozen=True)
class Left:
    """What an upload or a transfer has left under its id, to be removed.

    Parameters
    ----------
    picture_told
        Whether its thumbnail may be a mentor's: releases before told GraphQL the upload's own key,
        and every import of that mentor copied the name. It stays for good.
    """

    picture_told: bool


@dataclass(frozen=True)
class Named:
    """What GraphQL still names, as far as that lies under the answer's prefix.

    Parameters
    ----------
    documents
        The answer and its upload task, as GraphQL shows them.
    shared
        Keys that imports have made other answers name.
    """

    documents: Sequence[Mapping[str, Any]]
    shared: AbstractSet[str]

    def __contains__(self, key: str) -> bool:
        """Tell whether a key is named."""
        return key in self.shared or any(shows(url, key) for url in self._urls())

    def _urls(self) -> Iterable[str | None]:
        for document in self.documents:
            for medium in document.values():
                if isinstance(medium, dict):
                    yield from (medium.get("url"), medium.get("transparentVideoUrl"))


def superseded_keys(
    keys: Iterable[str],
    upload: Upload,
    job: Job,
    named: Named,
    left_by: Callable[[str], Left | None],
) -> list[str]:
    """Return which objects of an answer nobody needs, once ``upload`` is live and read back.

    Parameters
    ----------
    keys
        Every key under the answer's prefix.
    upload, job
        The live upload: what its tasks and its captions name stays.
    named
        What GraphQL names stays.
    left_by
        Upload id to what it has left, for the upload itself, its accepted predecessors and the
        transfers before it. Anything else stays: captions of an upload that is just being
        accepted lie there before its job does.
    """
    tasks = [task for task in (upload.transcode, upload.transcribe) if task]
    if not all(task.terminal for task in tasks):
        return []  # A redriven task writes what its result will name.
    results = {key for task in tasks for key in task.results.values()}
    needed = {*results, job.captions_key, job.words_key}
    if upload.transcribe is None or upload.transcribe.status != "DONE":
        needed.add(job.align_key)  # A retry reads it.
    return [
        key
        for key in keys
        if (match := _OURS.fullmatch(key))
        and (left := left_by(match["upload"]))
        and not (left.picture_told and match["file"] == _PICTURE)
        and key not in needed
        and key not in named
    ]


def tag(storage: Storage, bucket: str, keys: Iterable[str]) -> None:
    """Tag objects as superseded; an outage only means that they stay for longer."""
    try:
        for key in keys:
            storage.tag_superseded(bucket, key)
    except DependencyDownError as error:
        _log.warning("superseded objects not tagged", error=str(error))

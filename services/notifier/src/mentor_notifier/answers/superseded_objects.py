"""Objects that no answer shows any more, by their keys: pure decisions before they are tagged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_notifier.answers.view import shows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from mentor_common.jobs import AnswerKey, Job, Upload

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
class LeftOver:
    """Objects that an upload or a transfer has left under its id, to be removed.

    Parameters
    ----------
    picture_was_shown
        Whether its thumbnail may be a mentor's: releases before 0.4 gave GraphQL the upload's own
        key, and every import of that mentor copied the name. It stays for good.
    """

    picture_was_shown: bool


@dataclass(frozen=True)
class NamedKeys:
    """Keys that GraphQL still names, as far as that lies under the answer's prefix.

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
        """Return whether a key is named."""
        return key in self.shared or any(shows(url, key) for url in self._urls())

    def _urls(self) -> Iterable[str | None]:
        for document in self.documents:
            for medium in document.values():
                if isinstance(medium, dict):
                    yield from (medium.get("url"), medium.get("transparentVideoUrl"))


def unneeded_keys(keys: Iterable[str], upload: Upload, job: Job) -> list[str]:
    """Return which objects of an answer the live upload does not need.

    Parameters
    ----------
    keys
        Every key under the answer's prefix.
    upload, job
        The live upload: what its tasks and its captions name stays.
    """
    tasks = [task for task in (upload.transcode, upload.transcribe) if task]
    if not all(task.terminal for task in tasks):
        return []  # A redriven task writes what its result will name.
    results = {key for task in tasks for key in task.results.values()}
    needed = {*results, job.captions_key, job.words_key}
    if upload.transcribe is None or upload.transcribe.status != "DONE":
        needed.add(job.align_key)  # A retry reads it.
    return [key for key in keys if _OURS.fullmatch(key) and key not in needed]


def not_tagged_yet(keys: Iterable[str], live: str, tagged: Mapping[str, int]) -> list[str]:
    """Return the objects of uploads that were not all tagged, or have got more objects since.

    So what an upload leaves is tagged once, however often its answer is recorded anew.

    Parameters
    ----------
    live
        Upload whose objects may yet become superseded.
    tagged
        As :func:`all_tagged` returned it when the answer was last read back.
    """
    of_upload = _by_upload(keys)
    return [
        key
        for upload, found in of_upload.items()
        if upload == live or len(found) > tagged.get(upload, 0)
        for key in found
    ]


def all_tagged(keys: Iterable[str], live: str, left: Iterable[str]) -> dict[str, int]:
    """Return the uploads of which no object is left to be tagged, and how many objects they have.

    ``left`` are those objects that must stay, or may not be judged yet.
    """
    of_upload, kept = _by_upload(keys), set(left)
    return {
        upload: len(found)
        for upload, found in of_upload.items()
        if upload != live and not kept & set(found)
    }


def _by_upload(keys: Iterable[str]) -> dict[str, list[str]]:
    """Return the objects in our shape by the upload, or transfer, that has left them."""
    found: dict[str, list[str]] = {}
    for key in keys:
        if match := _OURS.fullmatch(key):
            found.setdefault(match["upload"], []).append(key)
    return found


def stays_for_good(key: str, left_by: Callable[[str], LeftOver | None]) -> bool:
    """Return whether an object is a picture that may be a mentor's: it is never tagged."""
    match = _OURS.fullmatch(key)
    left = left_by(match["upload"]) if match else None
    return bool(match and left and left.picture_was_shown and match["file"] == _PICTURE)


def superseded_keys(
    keys: Iterable[str], named: NamedKeys, left_by: Callable[[str], LeftOver | None]
) -> list[str]:
    """Return the objects that are not needed, once the live upload was read back.

    Parameters
    ----------
    keys
        Of :func:`unneeded_keys`.
    named
        What GraphQL names stays.
    left_by
        Upload id to what it has left, for the upload itself, its accepted predecessors and the
        transfers before it. Anything else stays: captions of an upload that is just being
        accepted lie there before its job does.
    """
    return [
        key
        for key in keys
        if (match := _OURS.fullmatch(key))
        and (left := left_by(match["upload"]))
        and not (left.picture_was_shown and match["file"] == _PICTURE)
        and key not in named
    ]

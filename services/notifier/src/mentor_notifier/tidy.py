"""Tagging what no answer shows any more, for a lifecycle rule to remove (DESIGN rule 21)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mentor_common.errors import DependencyDownError
from mentor_common.logs import get_logger
from mentor_notifier.view import shows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mentor_common.jobs import Job, Upload
    from mentor_common.storage import Storage

_log = get_logger(__name__)
# videos/{mentor}/{question}/{upload}/{claim}/{file}: only what we wrote in this shape is ours.
_OURS = re.compile(r"videos/[0-9a-f]{24}/[0-9a-f]{24}/(?P<upload>[0-9a-f-]{36})/\d+/[^/]+")
_SHOWN = ("webMedia", "mobileMedia", "vttMedia")


def superseded_keys(
    keys: Iterable[str],
    upload: Upload,
    job: Job,
    shown: Mapping[str, Any],
    is_older: Callable[[str], bool],
) -> list[str]:
    """Return which objects of an answer nobody needs, once ``upload`` is live and read back.

    Parameters
    ----------
    keys
        Every key under the answer's prefix.
    upload, job
        The live upload: what its tasks and its captions name stays.
    shown
        The answer as GraphQL shows it: what its media name stays.
    is_older
        Whether an upload id is that of an accepted predecessor. Anything else stays: captions of
        an upload that is just being accepted lie there before its job does.
    """
    tasks = [task for task in (upload.transcode, upload.transcribe) if task]
    if not all(task.terminal for task in tasks):
        return []  # A redriven task writes what its result will name.
    results = {key for task in tasks for key in task.results.values()}
    needed = {*results, job.captions_key, job.words_key}
    if upload.transcribe is None or upload.transcribe.status != "DONE":
        needed.add(job.align_key)  # A retry reads it.
    urls = [(shown.get(field) or {}).get("url") for field in _SHOWN]
    return [
        key
        for key in keys
        if (match := _OURS.fullmatch(key))
        and (match["upload"] == upload.upload_id or is_older(match["upload"]))
        and key not in needed
        and not any(shows(url, key) for url in urls)
    ]


def tag(storage: Storage, bucket: str, keys: Iterable[str]) -> None:
    """Tag objects as superseded; an outage only means that they stay for longer."""
    try:
        for key in keys:
            storage.tag_superseded(bucket, key)
    except DependencyDownError as error:
        _log.warning("superseded objects not tagged", error=str(error))

"""An exported mentor: what of it GraphQL's import takes, and what the import forgets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mentor_common.jobs import AnswerKey
from mentor_common.transfers.manifest import TAGS, ListedMedium, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

_IMPORTABLE = ("type", "tag", "url", "needsTransfer")
_FORGOTTEN = ("transparentVideoUrl", "stringMetadata", "vttText", "hash", "duration")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_OF_ANSWER = re.compile(r"videos/(?P<mentor>[0-9a-f]{24})/(?P<question>[0-9a-f]{24})/[^\s\"\\?#]+")
NO_QUESTION = "an answer without a question was left out"


@dataclass(frozen=True)
class Export:
    """A payload as GraphQL's import takes it.

    Parameters
    ----------
    json, changes
        The import's two arguments.
    left_out
        What cannot be imported, in words.
    """

    json: Json
    changes: Json
    left_out: list[str]

    @classmethod
    def of(cls, payload: str) -> Export:
        """Read a payload.

        Whatever an input type does not know makes GraphQL refuse the whole import, and a media
        input knows four fields. What an answer must have and an old export has not, it gets.
        """
        body = _pruned(json.loads(payload))
        exported, changes = body["mentorExportJson"], body["replacedMentorDataChanges"]
        answers = [answer for answer in exported["answers"] if answer.get("question")]
        left_out = [NO_QUESTION] * (len(exported["answers"]) - len(answers))
        changed = [change.get("data") for change in changes["answerChanges"]]
        for answer in [*answers, *(data for data in changed if data)]:
            answer["transcript"] = answer.get("transcript") or ""
            answer["status"] = answer.get("status") or "NONE"
        return cls({**exported, "answers": answers}, changes, left_out)


def _pruned(value: Any, name: str = "") -> Any:
    """Return a JSON value without what no input type knows."""
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    if not isinstance(value, dict):
        return value
    if name in TAGS:
        return {key: value[key] for key in _IMPORTABLE if key in value}
    return {key: _pruned(item, key) for key, item in value.items() if key != "__typename"}


def own_keys(payload: str) -> dict[AnswerKey, set[str]]:
    """Return the objects of answers that an export names, wherever it does, by their answer.

    Those of another stage are among them: there is no such object here.
    """
    named: dict[AnswerKey, set[str]] = {}
    for match in _OF_ANSWER.finditer(json.dumps(json.loads(payload), ensure_ascii=False)):
        answer = AnswerKey(match["mentor"], match["question"])
        named.setdefault(answer, set()).add(unquote(match[0]))
    return named


def manifest_of(imported: list[Json]) -> Manifest:
    """Return the media that GraphQL marked as lying elsewhere."""
    return Manifest(media=list(_listed(imported)))


def _listed(imported: list[Json]) -> Iterator[ListedMedium]:
    for answer in imported:
        question = (answer.get("question") or {}).get("_id") or ""
        if not _OBJECT_ID.fullmatch(question):
            continue
        for field in TAGS:
            medium = answer.get(field) or {}
            if medium.get("url") and medium.get("needsTransfer"):
                yield ListedMedium(
                    question=question,
                    field=field,
                    tag=medium.get("tag"),
                    url=medium["url"],
                )


def with_details(manifest: Manifest, payload: str) -> tuple[Manifest, list[Json]]:
    """Return the manifest with transparent twins, and what the import forgot of each medium.

    A medium is known again by its field and address: questions may have got new ids.
    """
    forgotten = _ExportedMedia(json.loads(payload)["mentorExportJson"]["answers"])
    details = [forgotten.of(medium.field, medium.url) for medium in manifest.media]
    media = [
        medium.model_copy(update={"transparent_url": found.get("transparentVideoUrl") or ""})
        for medium, found in zip(manifest.media, details, strict=True)
    ]
    return Manifest(media=media), details


class _ExportedMedia:
    """Exported media by field and address."""

    def __init__(self, answers: list[Json]) -> None:
        self._absolute: dict[tuple[str, str], Json] = {}
        self._relative: list[tuple[str, str, Json]] = []
        for answer in answers:
            for field in TAGS:
                medium = answer.get(field) or {}
                url = unquote(medium.get("url") or "")
                if "://" in url:
                    self._absolute[field, url] = medium
                elif url:
                    self._relative.append((field, url.lstrip("/"), medium))

    def of(self, field: str, url: str) -> Json:
        """Return what the import forgot of a medium."""
        url = unquote(url)
        found = self._absolute.get((field, url))
        if found is None:
            # GraphQL answers with absolute addresses where the export had relative ones.
            ends = (m for f, path, m in self._relative if f == field and url.endswith(f"/{path}"))
            found = next(ends, {})
        return {key: found[key] for key in _FORGOTTEN if found.get(key) is not None}

"""Writing the answers of a transfer: the copied media, with what the import forgot of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import AnswerKey, Reader, answer_is_free
from mentor_common.telemetry.logs import get_logger
from mentor_common.transfers.manifest import TAGS, ListedMedium, Manifest
from mentor_notifier.tagging import tag_superseded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_common.aws.storage import Storage
    from mentor_common.transfers.imports import Imports
    from mentor_common.transfers.model import Import, TransferReader, TransferState
    from mentor_notifier.transfers.gateway import TransferGateway

    Json = dict[str, Any]

_log = get_logger(__name__)
_BATCH_ANSWERS = 100
_BATCH_BYTES = 1_000_000
"""Half of what GraphQL takes: captions and metadata travel with the media."""
_VTT_BYTES = 1_000_000
_METADATA_CHARS = 100_000
"""It is not read: where it is so long that an answer might be refused for it, it stays behind."""


@dataclass(frozen=True)
class _Content:
    """The lists of a transfer."""

    manifest: Manifest
    details: list[Json]


@dataclass(frozen=True)
class AnswerWriter:
    """Writes answers in batches, each medium once."""

    imports: Imports
    reader: Reader
    transfers: TransferReader
    gateway: TransferGateway
    storage: Storage
    bucket: str

    def missing(self, held: Import, state: TransferState, why: str) -> list[str]:
        """Return an error for each medium that has not come to an end."""
        ended = state.in_state("DONE") | state.in_state("FAILED")
        if held.manifest is None or len(ended) >= held.media:
            return []
        media = self._content(held).manifest.media
        return [f"{medium.label}: {why}" for n, medium in enumerate(media) if n not in ended]

    def write(self, held: Import, state: TransferState) -> Import:
        """Write what was copied and is not written; return the item as it stands.

        What a newer upload or a newer transfer has brought is never overwritten.
        """
        fresh = state.in_state("DONE") - {int(number) for number in held.written}
        if not fresh or self.transfers.newest(held.mentor) != held.transfer_id:
            return held
        content = self._content(held)
        numbers: dict[str, list[int]] = {}
        for number, medium in enumerate(content.manifest.media):
            numbers.setdefault(medium.question, []).append(number)
        questions = sorted({content.manifest.media[number].question for number in fresh})
        answers = [
            self._answer(content, state, question, numbers[question])
            for question in questions
            if not self._taken(held, question)
        ]
        for batch in _batches(answers):
            self.imports.renew(held)
            held = self._write_batch(held, batch)
            done = [n for answer in batch for n in numbers[answer["questionId"]] if n in fresh]
            held = self.imports.add_written(held, done)
        for question in {content.manifest.media[n].question for n in fresh if _again(state, n)}:
            self._tag_superseded(held, state, question, numbers[question])
        # Those of answers that were taken are never to be written.
        return self.imports.add_written(held, fresh)

    def _tag_superseded(
        self, held: Import, state: TransferState, question: str, numbers: list[int]
    ) -> None:
        """Tag what starts that did not finish have left behind; no answer ever names it."""
        tasks = [state.media.get(number) for number in numbers]
        if not all(task and task.terminal for task in tasks):
            return  # one is being copied just now
        named = {key for task in tasks if task for key in task.results.values()}
        prefix = f"videos/{held.mentor}/{question}/{held.transfer_id}/"
        keys = self.storage.list_keys(self.bucket, prefix)
        unnamed = [key for key in keys if key not in named]
        tag_superseded(self.storage, self.bucket, unnamed)

    def _write_batch(self, held: Import, batch: list[Json]) -> Import:
        """Write a batch; where GraphQL refuses it, one answer at a time."""
        try:
            self.gateway.update_answers(held.mentor, batch)
        except GraphQLRefusedError as error:
            if len(batch) > 1:
                for answer in batch:
                    held = self._write_batch(held, [answer])
                return held
            _log.warning("answer not written", error=str(error))
            error_text = f"answer to question {batch[0]['questionId']}: {error}"
            return self.imports.record(held, left_out=[*held.left_out, error_text])
        return held

    def _content(self, held: Import) -> _Content:
        if held.manifest is None or held.details_key is None:
            raise ValueError(f"transfer {held.transfer_id} has no list of media")
        bucket = held.manifest.bucket
        text = self.storage.get_text(bucket, held.manifest.key)
        details = json.loads(self.storage.get_text(bucket, held.details_key))
        return _Content(Manifest.model_validate_json(text), details)

    def _taken(self, held: Import, question: str) -> bool:
        """Return whether an upload of the answer came after the import, or is under way."""
        answer = AnswerKey(held.mentor, question)
        current = self.reader.current(answer)
        if current is None:
            return False
        upload = self.reader.upload(current.upload_id)
        if upload.job is None or upload.job.status == "ABORTED":
            return False
        at = upload.job.accepted_at or upload.job.prepared_at
        ended_at = upload.outcome.at if upload.outcome else 0
        newer = max(at, ended_at) >= held.intended_at
        return newer or not answer_is_free(current, upload, self.reader.answer_state(answer))

    def _answer(
        self, content: _Content, state: TransferState, question: str, numbers: list[int]
    ) -> Json:
        """Return the write of one answer.

        A medium that was not copied goes along as it is: GraphQL would otherwise forget that it
        still lies elsewhere.
        """
        answer: Json = {"questionId": question}
        for number in numbers:
            medium, details = content.manifest.media[number], content.details[number]
            if medium.field not in TAGS:
                continue  # A newer release has listed it, and was rolled back.
            task = state.media.get(number)
            if task is not None and task.status == "DONE":
                answer[medium.field] = self._copied(medium, details, task.results)
            elif medium.url.startswith(("http://", "https://")):
                twin = details.get("transparentVideoUrl") or ""
                answer[medium.field] = _medium(medium, details, medium.url, twin, elsewhere=True)
        return answer

    def _copied(self, medium: ListedMedium, details: Json, results: dict[str, str]) -> Json:
        key = results["medium"]
        twin = results.get("transparent") or details.get("transparentVideoUrl") or ""
        content = _medium(medium, details, key, twin, elsewhere=False)
        if medium.field == "vttMedia" and not content["vttText"]:
            content["vttText"] = self._captions(key)
        return content

    def _captions(self, key: str) -> str:
        """Return the text of captions that were exported without it."""
        head = self.storage.head(self.bucket, key)
        if head.size > _VTT_BYTES:
            return ""
        return self.storage.get_text(self.bucket, key)


def _medium(medium: ListedMedium, details: Json, url: str, twin: str, *, elsewhere: bool) -> Json:
    """Return a whole medium: GraphQL forgets every field that it is not given."""
    metadata = details.get("stringMetadata") or ""
    return {
        "type": "subtitles" if medium.field == "vttMedia" else "video",
        "tag": TAGS[medium.field],
        "url": url,
        "transparentVideoUrl": twin,
        "stringMetadata": metadata if len(metadata) <= _METADATA_CHARS else "",
        "vttText": details.get("vttText") or "",
        "hash": details.get("hash") or "",
        "duration": details.get("duration", -1),
        "needsTransfer": elsewhere,
    }


def _again(state: TransferState, number: int) -> bool:
    """Return whether a medium was begun more than once."""
    return state.media[number].claim > 1


def _batches(answers: list[Json]) -> Iterator[list[Json]]:
    batch: list[Json] = []
    size = 0
    for answer in answers:
        length = len(json.dumps(answer))
        if batch and (len(batch) >= _BATCH_ANSWERS or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(answer)
        size += length
    if batch:
        yield batch

"""Reads of the jobs table, for every service."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from mentor_common.errors import UnreadableItemError
from mentor_common.jobs.model import (
    FIRST_ATTEMPTS,
    FIRST_PAIR,
    AnswerKey,
    Current,
    Job,
    Upload,
    upload_id_of_pk,
    upload_pk,
)
from mentor_common.jobs.outcome import AnswerState
from mentor_common.jobs.state import is_over
from mentor_common.threads import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mentor_common.aws.table import Item, Table

BATCH = 20
"""Uploads that are read by one call: their keys are as many as DynamoDB takes at once."""
Validity = Literal["current", "undecided", "superseded", "cancelled"]


@dataclass(frozen=True)
class Newest:
    """An answer's newest upload with all its items, and the notifier's state of the answer."""

    current: Current | None
    upload: Upload | None
    answer_state: AnswerState | None


class Reader:
    """Consistent reads of whole uploads and answers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def upload(self, upload_id: str) -> Upload:
        """Return all items of an upload; ``job`` is ``None`` when there is no such upload.

        Here and below, ``UnreadableItemError`` is raised for what fits no model.
        """
        return Upload.of(upload_id, self._table.partition(upload_pk(upload_id)))

    def uploads(self, upload_ids: Sequence[str]) -> Iterator[Upload]:
        """Yield those of the uploads that there are and that can be read, in the order given.

        Twenty that are in their first attempts take one call.
        """
        for upload in self.each(upload_ids):
            if isinstance(upload, Upload) and upload.job is not None:
                yield upload

    def each(
        self, upload_ids: Sequence[str], batches_at_once: int = 1
    ) -> Iterator[Upload | UnreadableItemError]:
        """Yield each upload in the order given, or why it cannot be read, as :meth:`uploads`.

        ``job`` is ``None`` of one that there is not. So many batches are read side by side, when
        the first upload of them is taken.
        """
        starts = range(0, len(upload_ids), BATCH)
        batches = [upload_ids[start : start + BATCH] for start in starts]
        for first in range(0, len(batches), batches_at_once):
            reads = [partial(self._batch, ids) for ids in batches[first : first + batches_at_once]]
            for found in side_by_side(*reads) if len(reads) > 1 else reads:
                yield from found()

    def _batch(self, upload_ids: Sequence[str]) -> list[Upload | UnreadableItemError]:
        keys = [(upload_pk(upload_id), sk) for upload_id in upload_ids for sk in FIRST_ATTEMPTS]
        found: defaultdict[str, dict[str, Item]] = defaultdict(dict)
        for item in self._table.get_many(keys, consistent=True):
            found[item["pk"]][item["sk"]] = item
        return [self._one(upload_id, found[upload_pk(upload_id)]) for upload_id in upload_ids]

    def _one(self, upload_id: str, items: dict[str, Item]) -> Upload | UnreadableItemError:
        """Return an upload by the items of its first attempts, and all of them if it has others."""
        try:
            upload = Upload.of(upload_id, items)
            return upload if upload.attempt_pair == FIRST_PAIR else self.upload(upload_id)
        except UnreadableItemError as error:
            return error

    def current(self, answer: AnswerKey) -> Current | None:
        """Return the answer's newest upload."""
        return _current(self._table.get(answer.pk, "CURRENT"))

    def answer_state(self, answer: AnswerKey) -> AnswerState | None:
        """Return the notifier's state of the answer."""
        return _answer_state(self._table.get(answer.pk, "NOTIFY"))

    def answer_states(self, answers: Sequence[AnswerKey]) -> dict[AnswerKey, AnswerState | None]:
        """Return the notifier's states of answers, in one call, without any that cannot be read."""
        states: dict[AnswerKey, AnswerState | None] = {}
        items = self._items(*((answer.pk, "NOTIFY") for answer in answers))
        for answer, item in zip(answers, items, strict=True):
            with suppress(UnreadableItemError):
                states[answer] = _answer_state(item)
        return states

    def answer(self, answer: AnswerKey) -> tuple[Current | None, AnswerState | None]:
        """Return the answer's newest upload and the notifier's state, in one call."""
        current, state = self._items((answer.pk, "CURRENT"), (answer.pk, "NOTIFY"))
        return _current(current), _answer_state(state)

    def answers(
        self, answers: Sequence[AnswerKey]
    ) -> Iterator[tuple[Current | None, AnswerState | None] | UnreadableItemError]:
        """Yield the items of :meth:`answer` in the order given, or why one cannot be read.

        Fifty answers take one call.
        """
        keys = [(answer.pk, sk) for answer in answers for sk in ("CURRENT", "NOTIFY")]
        items = iter(self._items(*keys))
        for current, answer_state in zip(items, items, strict=True):
            try:
                yield _current(current), _answer_state(answer_state)
            except UnreadableItemError as error:
                yield error

    def before(
        self, upload_id: str, answer: AnswerKey
    ) -> tuple[Job | None, Current | None, AnswerState | None]:
        """Return an upload's job, and the items of :meth:`answer`, in one call."""
        keys = (upload_pk(upload_id), "JOB"), (answer.pk, "CURRENT"), (answer.pk, "NOTIFY")
        job, current, state = self._items(*keys)
        return Job.from_item(job) if job else None, _current(current), _answer_state(state)

    def newest(self, answer: AnswerKey, likely: str | None) -> Newest:
        """Return the answer's newest upload and what the notifier has recorded of the answer.

        One call where that is the ``likely`` one, in its first attempts.
        """
        keys = [(answer.pk, "CURRENT"), (answer.pk, "NOTIFY")]
        if likely is not None:
            keys += [(upload_pk(likely), sk) for sk in FIRST_ATTEMPTS]
        found, notify, *items = self._items(*keys)
        current, state = _current(found), _answer_state(notify)
        if current is None:
            return Newest(None, None, state)
        if current.upload_id == likely:
            upload = Upload.of(likely, {item["sk"]: item for item in items if item})
            if upload.attempt_pair == FIRST_PAIR:
                return Newest(current, upload, state)
        return Newest(current, self.upload(current.upload_id), state)

    def latest(
        self, mentor: str, limit: int, after: Item | None = None
    ) -> tuple[list[str], Item | None]:
        """Return the ids of a mentor's uploads, the latest first, and where the next page begins.

        ``after`` is where a former page ended; ``None`` for the first page.
        """
        keys, following = self._table.of_mentor(mentor, limit, after)
        return [upload_id_of_pk(key["pk"]) for key in keys if key["sk"] == "JOB"], following

    def newest_of_mentor(
        self, mentor: str, most: int, after: Item | None = None
    ) -> tuple[list[str], Item | None]:
        """Return the newest upload of each of a mentor's answers, out of ``most`` uploads.

        As :meth:`latest` does: ids, the latest first, and where the uploads before those begin.
        What was not accepted changed nothing, and is left out.
        """
        ids, following = self.latest(mentor, most, after)
        keys = [(upload_pk(upload_id), "JOB") for upload_id in ids]
        jobs = {job["pk"]: job for job in self._table.get_many(keys, "pk", "question", "status")}
        newest: dict[str, str] = {}
        for upload_id in ids:
            job = jobs.get(upload_pk(upload_id), {"status": "ABORTED"})
            if job.get("status") != "ABORTED":
                newest.setdefault(str(job.get("question")), upload_id)
        return list(newest.values()), following

    def displaced(self, job: Job) -> Upload | None:
        """Return the upload that goes on if a preparation is aborted; ``None`` for none or over.

        The notifier reconciles it in any case, and then shows it again.
        """
        current = self.current(job.answer)
        if current is None or current.upload_id != job.upload_id or current.previous is None:
            return None
        older = self.upload(current.previous.upload_id)
        return None if older.job is None or is_over(older) else older

    def transfer_ended_at(self, transfer_id: str) -> float | None:
        """Return when a transfer was done, epoch seconds; ``None`` for none and for others."""
        item = self._table.get(f"TRANSFER#{transfer_id}", "IMPORT")
        return item.get("ended_at") if item and item.get("status") == "DONE" else None

    def validity(self, upload_id: str, answer: AnswerKey) -> Validity:
        """Return whether work for an upload still counts.

        ``undecided``: a newer upload is being prepared; until it is accepted or aborted the
        older one's messages are hidden, not deleted.
        """
        item, cancel = self._items((answer.pk, "CURRENT"), (upload_pk(upload_id), "CANCEL"))
        return validity_of(upload_id, _current(item), is_cancelled=cancel is not None)

    def _items(self, *keys: tuple[str, str]) -> list[Item | None]:
        """Return items in the order of their keys, in one call."""
        found = self._table.get_many(list(dict.fromkeys(keys)), consistent=True)
        by_key = {(item["pk"], item["sk"]): item for item in found}
        return [by_key.get(key) for key in keys]


def validity_of(upload_id: str, current: Current | None, *, is_cancelled: bool) -> Validity:
    """Return whether work for an upload still counts, by its answer's newest one."""
    if current is not None and current.upload_id != upload_id:
        previous = current.previous
        if current.accepted or previous is None or previous.upload_id != upload_id:
            return "superseded"
        return "undecided"
    return "cancelled" if is_cancelled else "current"


def _current(item: Item | None) -> Current | None:
    return Current.from_item(item) if item else None


def _answer_state(item: Item | None) -> AnswerState | None:
    return AnswerState.from_item(item) if item else None

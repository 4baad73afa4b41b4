"""Items of the jobs table that fit no model of this release: found, shown, and taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentor_common.errors import UnreadableItemError
from mentor_common.jobs import AnswerState, ConditionFailedError, Current, Upload, Write
from mentor_common.transfers.model import Newest, TransferState
from mentor_common.work.registry import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mentor_common.aws.table import Item
    from mentor_common.jobs import Table
    from mentor_common.jobs.item import StoredItem

_MODELS: Mapping[tuple[str, str], type[StoredItem]] = {
    ("ANSWER", "CURRENT"): Current,
    ("ANSWER", "NOTIFY"): AnswerState,
    ("MENTOR", "TRANSFER"): Newest,
}
_FENCES = ("token", "lease_token", "status")
"""Attributes of which a write of any service changes one, where an item has them."""


def unreadable_items(items: Iterable[Item]) -> Iterator[UnreadableItemError]:
    """Yield why, for each of the items that cannot be read; others' kinds are left out."""
    for item in items:
        try:
            _read(item)
        except UnreadableItemError as error:
            yield error


def _read(item: Item) -> None:
    pk, sk = str(item["pk"]), str(item["sk"])
    kind, _, id_ = pk.partition("#")
    if kind == "UPLOAD":
        Upload.of(id_, {sk: item})
    elif kind == "TRANSFER":
        TransferState.of(id_, {sk: item})
    elif kind == "WORKERS":
        Worker.from_item(item)
    elif (model := _MODELS.get((kind, sk))) is not None:
        model.from_item(item)


def discard(table: Table, found: Sequence[Item]) -> list[str]:
    """Remove items as they were seen; return the sort keys of those that are gone.

    One that was written since is left alone.
    """
    gone = []
    for item in found:
        seen = {name: item[name] for name in _FENCES if isinstance(item.get(name), (str, int))}
        condition = " AND ".join(["attribute_exists(pk)", *(f"#{n} = :{n}" for n in seen)])
        try:
            table.write(Write(item["pk"], item["sk"], condition=condition, values=seen))
        except ConditionFailedError:
            continue
        gone.append(str(item["sk"]))
    return gone

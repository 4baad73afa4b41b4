"""Whatever stands in an item, it is readable everywhere or set aside everywhere, and stops nobody.

The items are those that the last release wrote, each with one attribute changed into something
odd that DynamoDB can hold. Beside it lies an upload to which nothing was done.
"""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from mentor_api.console.uploads import Uploads
from mentor_api.uploads.status import Statuses
from mentor_api.uploads.sweep import Sweep
from mentor_common.clock import ManualClock
from mentor_common.errors import UnreadableItemError
from mentor_common.explain import Backlog
from mentor_common.jobs import Answers, Intake, Reader, Table, is_over, state
from mentor_common.jobs.model import upload_id_of_pk
from mentor_common.operating import search
from mentor_common.operating.history import describe
from mentor_common.operating.unreadable import unreadable_items
from mentor_common.sweeping import tally
from mentor_common.transfers.model import TransferReader
from mentor_common.work.registry import workers
from mentor_notifier.answers.outcome import outcome_of, shown_statuses
from mentor_notifier.handlers import sweep as notifier_sweep
from released import releases
from released.outside import Cloud

if TYPE_CHECKING:
    from mentor_common.events import Event
    from mentor_common.jobs import AnswerKey

LAST = releases.RECORDS / list(releases.COMMITS)[-1]
STORIES = {
    path.stem: json.loads(path.read_text())
    for path in sorted(LAST.glob("*.json"))
    if "items" in json.loads(path.read_text())
}
DAY = 24 * 3600
Item = dict[str, Any]
Place = tuple[str, int, tuple[str, ...]]

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, "", "text", "\x00", "5" * 24, "READY", "DONE", "x" * 5000),
        *(0, -1, 1, 101, 1.5, 10**9, 10**12, 1e11, 1e100, 10**125, -1e120, 1e-6),
        *([], [1], [[]], ["a", "b", "c"], {}, {"status": 5}, {"a": {"b": [1]}}, ...),
    ]
)
"""Values in an attribute's place; ``...`` takes it away."""


def places() -> list[Place]:
    """Return every attribute of every recorded item, and those within them, but for the keys."""
    found: list[Place] = []

    def walk(story: str, number: int, value: Any, path: tuple[str, ...]) -> None:
        for name, inner in value.items():
            if path or name not in {"pk", "sk", *_INDEXED}:
                found.append((story, number, (*path, name)))
            if isinstance(inner, dict) and "$set" not in inner:  # a set, as it is recorded
                walk(story, number, inner, (*path, name))

    for story, told in STORIES.items():
        for number, item in enumerate(told["items"]):
            walk(story, number, item, ())
    return found


_INDEXED = {"due_kind", "due_at", "day", "day_at"}
"""Keys of indexes: DynamoDB holds nothing else in them than text and numbers."""
HEALTHY, OTHER = "spoken", "99999999-9999-5999-8999-999999999999"


class Topic:
    """Takes events as SNS does: as JSON."""

    def __init__(self) -> None:
        self.about: set[str] = set()

    def publish(self, event: Event) -> None:
        event.to_json()
        self.about.add(event.data.subject)


class World:
    """The table with a changed item and the healthy upload, and who reads it."""

    def __init__(self, place: Place, value: Any) -> None:
        story, number, path = place
        told = STORIES[story]
        changed = copy.deepcopy(told["items"])
        inner = changed[number]
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value
        if value is ...:
            del inner[path[-1]]
        self.healthy = _renamed(STORIES[HEALTHY]["items"])
        self.cloud = Cloud()
        self.cloud.put_items([*_due(changed), *_due(self.healthy)])
        process: Any = None
        self.table = Table("jobs", "us-east-1", self.cloud.table.client(process))
        self.clock = ManualClock(told["now"] + 3600)
        self.reader = Reader(self.table)
        self.ids = sorted(
            {upload_id_of_pk(item["pk"]) for item in changed if item["pk"].startswith("UPLOAD#")}
        )
        self.transfers = {
            item["pk"].partition("#")[2] for item in changed if item["pk"].startswith("TRANSFER#")
        }

    def show(self, upload_id: str) -> str:
        """Return the state of an upload by all that shows or decides upon one."""
        upload = self.reader.upload(upload_id)
        if upload.job is None:
            return "UNKNOWN"
        nobody: Any = None
        backlog = Backlog(self.table, self.clock)
        statuses = Statuses(nobody, self.reader, self.clock, backlog, "https://static/")
        json.dumps(statuses.of(upload).model_dump(mode="json"), allow_nan=False)
        finder = search.UploadFinder(self.table, self.reader, self.clock)
        uploads = Uploads(finder, self.reader, self.clock, backlog, None)
        match = search.Match(search.Place(0, upload_id), upload)
        uploads._row(match).model_dump_json()
        uploads.one(upload_id).model_dump_json()
        json.dumps(describe(upload, self.reader), allow_nan=False)
        outcome = outcome_of(upload, upload.job, now=self.clock.now(), stalled_after=DAY)
        shown_statuses(upload, upload.job, outcome)
        is_over(upload)
        return state(upload)

    def reconcile(self, answer: AnswerKey) -> None:
        current = self.reader.current(answer)
        self.reader.answer_state(answer)
        if current is not None:
            self.show(current.upload_id)


def _due(items: list[Item]) -> list[Item]:
    """Return items as they are when every sweep is to see to them."""
    kinds = {
        ("UPLOAD", "JOB"): "api",
        ("ANSWER", "NOTIFY"): "notifier",
        ("TRANSFER", "JOB"): "api-transfer",
        ("TRANSFER", "IMPORT"): "transfer",
    }
    due = []
    for item in items:
        kind = kinds.get((item["pk"].partition("#")[0], item["sk"]))
        due.append(item | ({"due_kind": kind, "due_at": 1.0} if kind else {}))
    return due


def _renamed(items: list[Item]) -> list[Item]:
    """Return the healthy upload's items under ids of its own."""
    upload = next(item["upload_id"] for item in items if item["sk"] == "JOB")
    text = json.dumps(items)
    for old, new in (
        (upload, OTHER),
        (_answer(items, 1), "8" * 24),
        (_answer(items, 2), "7" * 24),
    ):
        text = text.replace(old, new)
    found: list[Item] = json.loads(text)
    return found


def _answer(items: list[Item], part: int) -> str:
    pk = next(item["pk"] for item in items if item["pk"].startswith("ANSWER#"))
    return str(pk.split("#")[part])


@settings(max_examples=150)
@given(st.sampled_from(places()), ODD)
def test_one_item_is_read_or_set_aside_and_everything_else_goes_on(place: Place, odd: Any) -> None:
    with structlog.testing.capture_logs():
        world = World(place, odd)
        broken = list(unreadable_items(world.cloud.items()))
        for upload_id in world.ids:
            try:
                world.show(upload_id)
            except UnreadableItemError:
                assert broken
        assert world.show(OTHER) == "QUEUED"
        nobody: Any = None
        for transfer_id in world.transfers:
            try:
                found = TransferReader(world.table).transfer(transfer_id)
                assert found.status
                assert found.updated_at is None or math.isfinite(found.updated_at)
            except UnreadableItemError:
                assert broken
        list(workers(world.table, world.clock.now()))

        topic: Any = Topic()
        intake = Intake(world.table, world.clock)
        with tally() as run:
            Sweep(intake, world.reader, topic, nobody, world.clock).run()
        assert OTHER in topic.about, "the healthy one is announced again"
        reconciler: Any = world
        notifier_sweep(Answers(world.table, world.clock), reconciler)
        assert not run.failed

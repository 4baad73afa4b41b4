"""The notifier looks before it takes an answer's lease, and writes nothing for what only runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.events import SourceObject
from mentor_common.graphql import GraphQLRefusedError
from mentor_common.jobs import AnswerKey, Answers, Intake, Job, Reader, UploadRequest
from mentor_common.work.claims import Claimant, Claimed, Tasks
from mentor_notifier.answers.ports import Pace, Ports
from mentor_notifier.answers.reconciler import Reconciler
from simulation.memory import NOW, Clock, items_in_memory, table_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from mentor_common.jobs.reader import Newest

ANSWER = AnswerKey("a" * 24, "b" * 24)
UPLOAD = "7a0cb5e5-91ab-53c9-bf6e-2e34b3f95dd8"


class LookingReader(Reader):
    """A reader that counts its looks; ``after`` is called at the end of the first one."""

    looks = 0
    after: Callable[[], object] | None = None

    def newest(self, answer: AnswerKey, likely: str | None) -> Newest:
        found = super().newest(answer, likely)
        self.looks += 1
        if self.after is not None:
            call, self.after = self.after, None
            call()
        return found


class RefusingGateway:
    """GraphQL that refuses each request, and counts them."""

    asked = 0

    def read(self, _answer: AnswerKey) -> None:
        self.asked += 1
        raise GraphQLRefusedError(["not now"])


class Scene:
    """An accepted upload of which the transcoding has just ended, and a notifier."""

    def __init__(self) -> None:
        self.clock, self.items = Clock(), items_in_memory()
        table = table_in_memory(self.items)
        self.answers, self.reader = Answers(table, self.clock), LookingReader(table)
        self.gateway, self.intake = RefusingGateway(), Intake(table, self.clock)
        self.job = self.intake.accept(
            self.intake.prepare(
                Job(
                    upload_id=UPLOAD,
                    mentor=ANSWER.mentor,
                    question=ANSWER.question,
                    status="PREPARING",
                    token="t",
                    user="c" * 24,
                    video="v",
                    source=SourceObject(bucket="b", key="k", etag="e", size=1),
                    request=UploadRequest(),
                    transcription="wanted",
                    prepared_at=NOW,
                    revision=0,
                )
            )
        )
        tasks = Tasks(table, self.clock)
        tasks.claim(Claimant.of_task(UPLOAD, "transcribe", ["transcribing"], "test", 60))
        claimant = Claimant.of_task(UPLOAD, "transcode", ["transcoding-web"], "test", 60)
        claimed = tasks.claim(claimant)
        assert isinstance(claimed, Claimed)
        tasks.finish(claimant, claimed.task, {"status": "DONE"})
        unused: Any = None
        gateway: Any = self.gateway
        self.reconciler = Reconciler(
            Ports(
                answers=self.answers,
                reader=self.reader,
                gateway=gateway,
                storage=unused,
                bucket="static",
                publisher=unused,
                clock=self.clock,
                pace=Pace(),
            )
        )

    @property
    def notify(self) -> dict[str, Any]:
        """What the notifier has stored of the answer."""
        return self.items.items[ANSWER.pk, "NOTIFY"]

    def reconcile(self) -> None:
        self.reconciler.reconcile(ANSWER, (UPLOAD,))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_end_of_the_first_task_is_left_to_the_sweep(scene: Scene) -> None:
    before = scene.notify
    scene.reconcile()
    assert scene.notify == before
    assert (scene.reader.looks, scene.gateway.asked) == (1, 0)


@pytest.mark.parametrize(
    "lost", [{"due_at"}, {"open"}], ids=["of which no sweep knows", "that is not open"]
)
def test_an_upload_is_left_to_no_sweep_that_does_not_know_it(scene: Scene, lost: set[str]) -> None:
    key = ANSWER.pk, "NOTIFY"
    scene.items.set(None, key, {n: v for n, v in scene.notify.items() if n not in lost})
    scene.reconcile()
    assert scene.notify["open"] == {UPLOAD}
    assert scene.notify["due_at"] == NOW + 10, "it runs: its document is looked at later"


def test_what_was_seen_is_used_once_the_lease_is_there(scene: Scene) -> None:
    scene.intake.cancel(scene.job, "user")
    scene.reconcile()
    assert (scene.reader.looks, scene.gateway.asked) == (1, 1)


def test_what_was_seen_is_read_again_where_another_notifier_came_between(scene: Scene) -> None:
    scene.intake.cancel(scene.job, "user")

    def another() -> None:
        held = scene.answers.acquire(ANSWER, ())
        assert held is not None
        scene.answers.release(held, settled=(), due_at=NOW + 60, read_back_at=NOW + 60)

    scene.clock.time = NOW + 10
    scene.reader.after = another
    scene.reconcile()
    assert (scene.reader.looks, scene.gateway.asked) == (2, 1)


def test_what_was_seen_is_read_again_where_something_was_requested_meanwhile(scene: Scene) -> None:
    scene.intake.cancel(scene.job, "user")
    scene.reader.after = lambda: scene.answers.request(ANSWER, (UPLOAD,))
    scene.reconcile()
    assert (scene.reader.looks, scene.gateway.asked) == (2, 1)


def test_what_was_seen_long_before_the_lease_is_read_again(scene: Scene) -> None:
    scene.intake.cancel(scene.job, "user")

    def pause() -> None:
        scene.clock.time += scene.answers.lease_seconds

    scene.reader.after = pause
    scene.reconcile()
    assert (scene.reader.looks, scene.gateway.asked) == (2, 1)

"""Anything that can happen, in any order: hypothesis disturbs the whole system in virtual time.

Safety holds after every step; once the faults stop, everything comes to its end. ``make test``
plays the same 40 runs of 50 steps each time; ``make chaos`` plays a hundred rounds of 200 runs of
100 steps, each of a fresh seed, which it prints and, as ``SEED=``, plays again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import Counter
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mentor_common.jobs import SUB_TASK_FIELDS, AnswerKey, UploadRequest
from simulation.laws import Laws
from simulation.outside import DEPENDENCIES
from simulation.props import all_answers, trimmed
from simulation.work import Plan
from simulation.world import MANAGER, WORKERS, World

pytestmark = pytest.mark.usefixtures("virtual_hours")

RUNS = int(os.environ.get("CHAOS_RUNS", "40"))
STEPS = int(os.environ.get("CHAOS_STEPS", "50"))
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
SEED = os.environ.get("CHAOS_SEED")
"""A number, or ``fresh`` for one drawn in each round; without it, the same examples each time."""
ANSWERS = tuple(all_answers(2, 2))
IDLE_QUESTION = ANSWERS[1].question
_VIDEOS = ("webMedia", "mobileMedia")
QUEUES = ("transcoder", "transcriber", "notifier")

answers = st.sampled_from(ANSWERS)
workers = st.sampled_from(WORKERS)
courses = st.sampled_from(("fine", "fine", "fine", "bad", "half_bad", "stumbles", "defect"))
seconds = st.sampled_from((1, 5, 20, 45, 90))


class Chaos(RuleBasedStateMachine):
    """The system and everything that may happen to it."""

    fired: ClassVar[Counter[str]] = Counter()
    ended: ClassVar[Counter[str]] = Counter()
    digest: ClassVar[Any] = hashlib.sha256()

    def __init__(self) -> None:
        super().__init__()
        self.videos: list[tuple[str, AnswerKey]] = []

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.world = World(seed).__enter__()
        self.world.graphql.question_names[IDLE_QUESTION] = "_IDLE_"
        self.laws = Laws(self.world)

    def _did(self, name: str, wait: float = 0.5) -> None:
        Chaos.fired[name] += 1
        self.world.outside.note(None, "RULE", name)
        self.world.run(wait)

    # ---- what people do ------------------------------------------------------------------------

    @rule(answer=answers, transcode=courses, transcribe=courses)
    def upload(self, answer: AnswerKey, transcode: Any, transcribe: Any) -> None:
        self._upload(answer, UploadRequest(), transcode, transcribe)
        self._did("upload")

    @rule(answer=answers, transcode=courses, how_long=seconds)
    def upload_trimmed(self, answer: AnswerKey, transcode: Any, how_long: float) -> None:
        self._upload(answer, trimmed(), transcode, "fine")
        self._did("upload_trimmed", how_long)

    @rule(answer=answers, edited=st.booleans(), how_long=seconds)
    def upload_special(self, answer: AnswerKey, edited: bool, how_long: float) -> None:
        request = UploadRequest(has_edited_transcript=edited, generate_thumbnail=not edited)
        self._upload(answer, request, "fine", "fine")
        self._did("upload_special", how_long)

    @rule(answer=answers)
    def upload_and_a_better_one(self, answer: AnswerKey) -> None:
        self._upload(answer, UploadRequest(), "bad", "fine")
        self.world.run(6)
        self._upload(answer, UploadRequest(), "fine", "fine")
        self._did("upload_and_a_better_one")

    @rule(answer=answers, first=courses, from_answer=st.booleans(), how_long=seconds)
    def upload_again_while_one_runs(
        self, answer: AnswerKey, first: Any, from_answer: bool, how_long: float
    ) -> None:
        self._upload(answer, UploadRequest(), first, "fine")
        self.world.run(how_long / 10)
        self._upload(answer, UploadRequest(from_answer=from_answer), "fine", "fine")
        self._did("upload_again_while_one_runs")

    @rule(answer=answers)
    def two_tabs_upload_at_once(self, answer: AnswerKey) -> None:
        for _ in range(2):
            self._upload(answer, UploadRequest(), "fine", "fine")
        self._did("two_tabs_upload_at_once")

    @rule(answer=answers, wait=seconds)
    def another_person_uploads(self, answer: AnswerKey, wait: float) -> None:
        self.world.upload(answer, caller=MANAGER)
        self._did("another_person_uploads", wait)

    def _upload(
        self, answer: AnswerKey, request: UploadRequest, transcode: Any, transcribe: Any
    ) -> None:
        video = f"mentor-user/rule-{len(self.videos)}"
        self.videos.append((video, answer))
        plans = {"transcode": Plan(transcode), "transcribe": Plan(transcribe, seconds=5)}
        self.world.upload(answer, video=video, request=request, plans=plans)

    @precondition(lambda self: self.videos)
    @rule(data=st.data())
    def the_same_request_again(self, data: st.DataObject) -> None:
        video, answer = data.draw(st.sampled_from(self.videos))
        self.world.upload(answer, video=video)
        self._did("the_same_request_again")

    @rule(answer=answers)
    def cancel(self, answer: AnswerKey) -> None:
        self.world.cancel(answer)
        self._did("cancel")

    @precondition(lambda self: self.world.graphql.tasks)
    @rule(data=st.data())
    def cancel_in_the_document(self, data: st.DataObject) -> None:
        document = data.draw(st.sampled_from(sorted(self.world.graphql.tasks)).map(self._document))
        for name in SUB_TASK_FIELDS.values():
            if document.get(name):
                document[name] = {**document[name], "status": "CANCELLED"}
        self._did("cancel_in_the_document")

    def _document(self, key: tuple[str, str]) -> dict[str, Any]:
        return self.world.graphql.tasks[key]

    @rule()
    def ui_looks(self) -> None:
        for answer in ANSWERS:
            self.world.ui_looks((answer.mentor, answer.question))
        self._did("ui_looks")

    @precondition(lambda self: self.world.graphql.tasks)
    @rule(data=st.data())
    def ui_deletes_the_document(self, data: st.DataObject) -> None:
        self.world.graphql.delete_task(data.draw(st.sampled_from(sorted(self.world.graphql.tasks))))
        self._did("ui_deletes_the_document")

    @rule(answer=answers)
    def a_person_edits_the_transcript(self, answer: AnswerKey) -> None:
        self.world.graphql.edit_transcript((answer.mentor, answer.question), "my own words")
        self._did("a_person_edits_the_transcript")

    @rule(answer=answers, names=st.sampled_from((_VIDEOS, _VIDEOS[:1], _VIDEOS[1:])))
    def somebody_puts_in_other_media(self, answer: AnswerKey, names: tuple[str, ...]) -> None:
        number = Chaos.fired["somebody_puts_in_other_media"]
        urls = {name: f"https://elsewhere.example.org/{number}/{name}.mp4" for name in names}
        self.world.graphql.set_media((answer.mentor, answer.question), urls)
        self._did("somebody_puts_in_other_media")

    @rule(answer=answers)
    def another_mentor_is_imported_from_this_one(self, answer: AnswerKey) -> None:
        shown = self.world.graphql.thumbnails
        if answer.mentor in shown:
            shown["imported"] = shown[answer.mentor]
        self._did("another_mentor_is_imported_from_this_one")

    @rule(mended=st.booleans())
    def redrive(self, mended: bool) -> None:
        self.world.mended = mended
        self.world.redrive()
        self._did("redrive")

    # ---- what machines do ----------------------------------------------------------------------

    @rule(name=st.sampled_from(("web", *WORKERS)), after=seconds)
    def kill(self, name: str, after: float) -> None:
        self.world.kill(name)
        if name == "web":
            self.world.start(name)
        else:
            self.world.later(after, self._restart, name)
        self._did("kill")

    @rule(name=workers)
    def restart(self, name: str) -> None:
        if self.world.processes[name].alive:
            self.world.terminate(name)
            self.world.later(60, self._restart, name)
            self._did("restart")

    def _restart(self, name: str) -> None:
        process = self.world.processes[name]
        if process.stop.is_set() or not process.alive:
            process.kill()
            self.world.start(name)

    @rule(name=st.sampled_from(("web", *WORKERS)), how_long=seconds)
    def pause(self, name: str, how_long: float) -> None:
        self.world.pause(name)
        self.world.later(how_long, self.world.resume, name)
        self._did("pause")

    @rule(dependency=st.sampled_from(DEPENDENCIES), how_long=seconds)
    def outage(self, dependency: str, how_long: float) -> None:
        self._fault(dependency, "down", how_long)
        self._did("outage")

    @rule(dependency=st.sampled_from(DEPENDENCIES), how_long=seconds)
    def answers_get_lost(self, dependency: str, how_long: float) -> None:
        self._fault(dependency, "lossy", how_long)
        self._did("answers_get_lost")

    @rule(kind=st.sampled_from(("slow", "refusing")), how_long=seconds)
    def graphql_misbehaves(self, kind: str, how_long: float) -> None:
        self._fault("graphql", kind, how_long)
        self._did("graphql_misbehaves")

    def _fault(self, dependency: str, kind: str, how_long: float) -> None:
        self.world.outside.faults[dependency] = kind
        if kind == "slow":
            self.laws.expect_late_writes(how_long)
        self.world.later(how_long, self.world.outside.faults.pop, dependency, None)

    # ---- what queues do ------------------------------------------------------------------------

    @rule(queue=st.sampled_from(QUEUES))
    def messages_come_twice(self, queue: str) -> None:
        for message in list(self.world.post.queues[queue].messages):
            self.world.post.put(queue, message.body, message.attributes, message.group)
        self._did("messages_come_twice")

    @rule(queue=st.sampled_from(QUEUES))
    def visibility_ends(self, queue: str) -> None:
        for message in self.world.post.queues[queue].messages:
            message.visible_at = self.world.loop.time()
        self.world.post.wake(queue)
        self._did("visibility_ends")

    @rule(count=st.integers(1, 3))
    def deletes_get_lost(self, count: int) -> None:
        self.world.post.lose_deletes += count
        self._did("deletes_get_lost")

    @rule(late=st.sampled_from((0, 30, 120)), twice=st.booleans())
    def deliveries_are_late(self, late: float, twice: bool) -> None:
        self.world.post.delay = late
        self.world.post.twice = twice
        self._did("deliveries_are_late")

    @rule(data=st.data())
    def an_old_event_comes_again(self, data: st.DataObject) -> None:
        bodies = list(self.world.post.published.values())
        if bodies:
            self.world.post.put("notifier", data.draw(st.sampled_from(bodies)), {})
            self._did("an_old_event_comes_again")

    @rule(how_long=st.sampled_from((1, 5, 20, 70, 300)))
    def time_passes(self, how_long: float) -> None:
        self._did("time_passes", how_long)

    # ---- the laws ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_broken(self) -> None:
        assert not self.laws.broken, self.story()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.world.heal()
            settled = self.world.settle(minutes=120)
            self.laws.check_end()
            assert settled, f"something waits for ever: {self.story()}"
            assert not self.laws.broken, self.story()
            self._answers_can_be_answered_again()
            Chaos.ended.update(self.laws.account())
            Chaos.digest.update("\n".join(self.world.outside.log).encode())
        finally:
            self.world.__exit__()

    def _answers_can_be_answered_again(self) -> None:
        again = {self.world.upload(answer, request=trimmed()) for answer in ANSWERS}
        settled = self.world.settle(minutes=60)
        self.laws.check_end()
        kinds = {u: o.kind for u in again if (o := self.laws.upload(u).outcome)}
        assert settled, self.story()
        assert set(kinds.values()) == {"ready"}, self.story()
        assert len(kinds) == len(again), self.story()

    def story(self) -> str:
        """Return what was broken, and the end of the event log."""
        return "\n".join([*self.laws.broken, *self.world.outside.log[-60:]])


def play(runs: int, steps: int, chosen: int | None = None) -> str:
    """Play so many runs, of a seed if one is chosen; return a digest of all their event logs."""
    Chaos.fired.clear()
    Chaos.ended.clear()
    Chaos.digest = hashlib.sha256()
    run_state_machine_as_test(
        Chaos if chosen is None else seed(chosen)(Chaos),
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            phases=(Phase.generate,) if chosen is None else (Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return str(Chaos.digest.hexdigest())


@pytest.mark.timeout(0)  # `make chaos` takes hours
@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_happens_nothing_is_lost_and_nothing_is_done_twice(
    capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """Every rule fires, safety always, liveness at the end."""
    chosen = secrets.randbits(32) if SEED == "fresh" else int(SEED) if SEED else None
    with capsys.disabled():
        print(f"\nround {number + 1}: {RUNS} x {STEPS}, seed {chosen}")  # noqa: T201 -- to be played again
    play(RUNS, STEPS, chosen)
    with capsys.disabled():
        print(f"ended: {dict(Chaos.ended)}; fired: {dict(Chaos.fired)}")  # noqa: T201 -- `make chaos` shows it
    rules = {
        name for name, value in vars(Chaos).items() if hasattr(value, "hypothesis_stateful_rule")
    }
    assert rules
    assert rules == set(Chaos.fired), "a rule never fired"
    assert {"ready", "failed", "cancelled", "superseded"} <= set(Chaos.ended)
    assert not Chaos.ended["lost"] + Chaos.ended["open"]


def test_the_same_seed_gives_the_same_event_log() -> None:
    assert play(3, 30) == play(3, 30)

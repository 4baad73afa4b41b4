"""The breakers that stop receiving, in virtual time: outages, a bad release, a mentor's junk."""

from __future__ import annotations

from typing import Any

import pytest

from mentor_common.consumer import breaker
from mentor_common.errors import DependencyDownError
from simulation.laws import Laws
from simulation.outside import DEPENDENCIES
from simulation.props import all_answers
from simulation.work import Plan
from simulation.world import World

HOUR = 3600


def dead_letters(world: World) -> int:
    """Return how many dead letters there are."""
    return sum(len(q.messages) for name, q in world.post.queues.items() if name.endswith("-dlq"))


@pytest.mark.parametrize("dependency", DEPENDENCIES)
@pytest.mark.usefixtures("virtual_hours")
def test_an_outage_of_an_hour_dead_letters_nothing(dependency: str) -> None:
    """It costs no dead letter and all catches up by itself."""
    with World(5) as world:
        laws = Laws(world)
        # One more than four transcoder slots.
        uploads = [world.upload(answer) for answer in all_answers(5, 1)]
        world.run(4)
        assert {reply.status for reply in world.replies} == {200}
        world.outside.faults[dependency] = "down"
        world.run(HOUR)
        assert dead_letters(world) == 0
        outcomes = [laws.upload(upload).outcome for upload in uploads]
        assert not any(outcome and outcome.kind == "failed" for outcome in outcomes)
        del world.outside.faults[dependency]
        assert world.settle(minutes=20), "it catches up by itself"
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 5, "ready": 5}
        assert dead_letters(world) == 0
        tasks = [task for upload in uploads if (task := laws.upload(upload).transcode)]
        starts = {task.starts for task in tasks}
        if dependency == "graphql":
            assert starts == {1}
        if dependency == "s3":  # down when the results are to be stored
            broken_off = [task for task in tasks if task.claim > 1]
            assert len(broken_off) == 4, "those in hand"
            assert starts == {1}, "the claims were handed back uncounted"


@pytest.mark.usefixtures("virtual_hours")
def test_a_release_that_always_fails_stops_within_20_messages_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged: list[str] = []

    class Log:
        def __getattr__(self, level: str) -> Any:
            return lambda event, **_: logged.append(f"{level}: {event}")

    monkeypatch.setattr(breaker, "_log", Log())
    with World(6) as world:
        laws = Laws(world)
        world.kill("transcoder-b")
        answers = list(all_answers(3, 10))
        defect = {"transcode": Plan("defect", seconds=0.2)}
        uploads = [world.upload(answer, plans=defect) for answer in answers]
        world.run(60)
        claims = sum(task.claim for u in uploads if (task := laws.upload(u).transcode))
        assert "critical: most messages fail, trying one at a time" in logged
        assert claims <= 22, "20 messages and the two that were in hand"
        assert dead_letters(world) == 0
        world.run(8 * 60)
        claims = sum(task.claim for u in uploads if (task := laws.upload(u).transcode))
        assert claims <= 22 + 8 * 2, "single probes, one in half a minute"
        assert dead_letters(world) == 0, "the queue was not poured into the dead-letter queue"
        world.mended = True
        assert world.settle(minutes=120)
        assert "info: work succeeds again, receiving resumed" in logged
        assert laws.account()["ready"] == len(answers)


@pytest.mark.parametrize("junk", ["bad", "defect"])
def test_junk_of_one_mentor_stops_nobody(junk: Any) -> None:
    """Complaint: one mentor's files stop the others."""
    with World(8) as world:
        laws = Laws(world)
        mine, *rest = (list(all_answers(4, 12))[i : i + 12] for i in range(0, 48, 12))
        for answer in mine:
            world.upload(answer, plans={"transcode": Plan(junk, seconds=0.2)})
        world.run(2)
        others = [world.upload(answers[0]) for answers in rest]
        world.run(90)
        kinds = [o.kind if (o := laws.upload(u).outcome) else "running" for u in others]
        assert kinds == ["ready"] * len(others)


def test_a_defect_in_a_probe_does_not_end_the_poller() -> None:
    """Complaint: the poller dies without a word. Found by the state machine."""
    with World(9) as world:
        laws = Laws(world)
        upload = world.upload(next(all_answers(1, 1)))
        world.run(1)
        world.outside.faults["graphql"] = "down"
        world.run(30)
        # GraphQL is back and refuses even the probe: it answers, so it is not down.
        world.outside.faults["graphql"] = "refusing"
        world.run(30)
        world.outside.faults.clear()
        assert world.settle()
        assert laws.account() == {"accepted": 1, "ready": 1}
        assert laws.upload(upload).outcome


async def _surprised() -> None:
    raise ZeroDivisionError


def test_an_unexpected_error_of_a_probe_counts_as_down() -> None:
    import asyncio  # noqa: PLC0415 -- this test alone needs no world

    guard = breaker.DependencyBreaker({"s3": _surprised})
    guard.trip(DependencyDownError("s3", "503"))
    assert asyncio.run(guard.probe()) is False
    assert guard.is_open

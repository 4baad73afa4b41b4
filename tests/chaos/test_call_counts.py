"""The calls that one upload's life costs, from the POST to the read-back, all services together.

Who is idle calls as well (polls, sweeps, the registry of workers); that is measured and subtracted.
Calls to S3 are those of the simulated work, which stores what a real worker does but the thumbnail.
Sweeps do not multiply with their replicas.
"""

from __future__ import annotations

from collections import Counter

import pytest

from simulation.laws import Laws
from simulation.props import all_answers
from simulation.work import Plan
from simulation.world import World

(ANSWER,) = all_answers(1, 1)
LIFE_SECONDS = 150
PLANS = {"transcode": Plan(seconds=3.0), "transcribe": Plan(seconds=1.0)}
MOST_GRAPHQL = {"web": 2, "notifier": 5}
MOST_DYNAMODB = {"web": 4, "transcoder": 3, "transcriber": 3, "notifier": 10}
MOST_AWS = 42
MOST_DYNAMODB_IDLE_A_MINUTE = 24


def calls_of(
    seed: int, uploads: int, plans: dict[str, Plan] | None = None
) -> Counter[tuple[str, str]]:
    """Return (service, dependency) to the number of calls of so many uploads' lives."""
    with World(seed, transfers=True) as world:
        laws = Laws(world)
        world.run(3)
        world.outside.calls.clear()
        for _ in range(uploads):
            world.upload(ANSWER, plans=plans)
        world.run(LIFE_SECONDS)
        calls = Counter(world.outside.calls)
        assert world.idle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account()["ready"] == uploads
        return calls


def by_dependency(calls: Counter[tuple[str, str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (_, dependency), count in calls.items():
        total[dependency] += count
    return total


@pytest.mark.parametrize("seed", range(4))
def test_an_upload_costs_no_more_calls_than_it_did(seed: int) -> None:
    calls = calls_of(seed, 1, PLANS) - calls_of(seed, 0)
    for dependency, most in (("graphql", MOST_GRAPHQL), ("dynamodb", MOST_DYNAMODB)):
        cost = {service: n for (service, where), n in calls.items() if where == dependency}
        assert cost.keys() == most.keys()
        assert {service: n for service, n in cost.items() if n > most[service]} == {}
    total = by_dependency(calls)
    assert total.total() - total["graphql"] <= MOST_AWS


def test_a_successor_of_what_the_answer_shows_costs_one_read_more() -> None:
    with World(0) as world:
        laws = Laws(world)
        world.upload(ANSWER, plans=PLANS)
        world.run(LIFE_SECONDS)
        world.outside.calls.clear()
        world.upload(ANSWER, plans=PLANS)
        world.run(LIFE_SECONDS)
        laws.check_end()
        assert laws.account()["ready"] == 2
        assert world.outside.calls["web", "dynamodb"] == MOST_DYNAMODB["web"] + 1


def test_who_has_nothing_to_do_asks_little() -> None:
    idle = by_dependency(calls_of(0, 0))
    assert idle["dynamodb"] <= MOST_DYNAMODB_IDLE_A_MINUTE * LIFE_SECONDS / 60
    assert set(idle) == {"dynamodb", "sqs"}


def looks(replicas: int, kind: str = "notifier") -> list[tuple[str, int]]:
    """Return which notifiers have looked what is due within five minutes, and how often."""
    with World(0, transfers=True) as world:
        names = [f"notifier-{letter}" for letter in "abc"]
        for name in names[:replicas]:
            if name not in world.processes:
                world.start(name)
        for name in set(names[replicas:]) & set(world.processes):
            world.kill(name)
        world.run(300)
        return [(name, count) for (name, of), count in world.items.looks.items() if of == kind]


@pytest.mark.parametrize("kind", ["notifier", "transfer"])
def test_of_three_replicas_one_looks_what_is_due(kind: str) -> None:
    ((_, alone),) = looks(1, kind)
    ((_, of_three),) = looks(3, kind)
    assert of_three <= alone + 1


def test_another_replica_sweeps_when_the_one_that_did_dies() -> None:
    with World(0) as world:
        laws = Laws(world)
        world.start("notifier-c")
        world.run(70)
        ((holder, _),) = [key for key in world.items.looks if key[1] == "notifier"]
        world.upload(ANSWER, plans={"transcode": Plan(seconds=300)})
        world.run(5)
        world.kill(holder)
        world.items.looks.clear()
        world.run(60)
        assert {name for name, of in world.items.looks if of == "notifier"} < {
            f"notifier-{letter}" for letter in "abc"
        } - {holder}
        task = world.graphql.tasks[ANSWER.mentor, ANSWER.question]
        assert task["transcodeWebTask"]["status"] == "IN_PROGRESS", "swept since"
        assert laws.broken == []

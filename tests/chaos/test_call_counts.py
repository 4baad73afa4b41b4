"""The calls that one upload's life costs, from the POST to the read-back, all services together.

Who is idle calls as well (sweeps, the registry of workers); that is measured and subtracted.
"""

from __future__ import annotations

from collections import Counter

import pytest

from simulation.laws import Laws
from simulation.props import all_answers
from simulation.world import World

(ANSWER,) = all_answers(1, 1)
LIFE_SECONDS = 150
MOST_GRAPHQL = {"web": 2, "notifier": 8}
MOST_DYNAMODB = {"web": 6, "transcoder": 7, "transcriber": 7, "notifier": 34}


def calls_of(seed: int, uploads: int) -> Counter[tuple[str, str]]:
    """Return (service, dependency) to the number of calls of so many uploads' lives."""
    with World(seed) as world:
        laws = Laws(world)
        world.run(3)
        world.outside.calls.clear()
        for _ in range(uploads):
            world.upload(ANSWER)
        world.run(LIFE_SECONDS)
        calls = Counter(world.outside.calls)
        assert world.idle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account()["ready"] == uploads
        return calls


@pytest.mark.parametrize("seed", range(4))
def test_an_upload_costs_no_more_calls_than_it_did(seed: int) -> None:
    calls = calls_of(seed, uploads=1) - calls_of(seed, uploads=0)
    for dependency, most in (("graphql", MOST_GRAPHQL), ("dynamodb", MOST_DYNAMODB)):
        cost = {service: n for (service, where), n in calls.items() if where == dependency}
        assert cost.keys() == most.keys()
        assert {service: n for service, n in cost.items() if n > most[service]} == {}

"""What docs/costs.md says an answer takes is what the simulation counts, rounded up a little."""

from __future__ import annotations

from collections import Counter

import pytest
from bench.costs.counts import IDLE, OTHER, STANDARD, Counts

from simulation.capacity import Capacity
from simulation.laws import Laws
from simulation.props import all_answers
from simulation.work import Plan
from simulation.world import World

(ANSWER,) = all_answers(1, 1)
LIFE_SECONDS = 150
NOT_SIMULATED = {"s3": 4}
"""The client's POST of the recording, both workers' fetches of it, the thumbnail's copy."""
ROUNDED_UP_BY = 1.15


def counted(uploads: int, counts: Counts) -> Counter[str]:
    """Return the calls by dependency, and units of DynamoDB, of so many uploads' lives."""
    transcoding, transcribing = (Plan(seconds=seconds) for seconds in counts.working_s)
    with World(0, transfers=True) as world:
        laws = Laws(world)
        world.run(3)
        world.outside.calls.clear()
        capacity = Capacity()
        world.items.meters.append(capacity)
        for _ in range(uploads):
            world.upload(ANSWER, plans={"transcode": transcoding, "transcribe": transcribing})
        world.run(LIFE_SECONDS)
        assert world.idle()
        assert laws.account()["ready"] == uploads
    found = Counter({"reads": round(capacity.reads), "writes": capacity.writes})
    for (_, dependency), calls in world.outside.calls.items():
        found[dependency] += calls
    return found


@pytest.mark.parametrize("counts", [STANDARD, OTHER], ids=["standard", "other"])
def test_an_answer_takes_what_the_costs_reckon_with(counts: Counts) -> None:
    found = counted(1, counts) - counted(0, counts) + Counter(NOT_SIMULATED)
    said = {
        "reads": counts.dynamodb_reads,
        "writes": counts.dynamodb_writes,
        "sqs": counts.sqs,
        "sns": counts.sns,
        "s3": counts.s3_reads + counts.s3_writes,
    }
    for name, amount in said.items():
        assert found[name] <= amount <= found[name] * ROUNDED_UP_BY, name


def test_an_idle_stage_asks_what_the_costs_reckon_with() -> None:
    idle, minutes = counted(0, STANDARD), LIFE_SECONDS / 60
    assert idle["reads"] <= IDLE.dynamodb_reads * minutes
    assert idle["writes"] <= IDLE.dynamodb_writes * minutes
    assert idle["sqs"] <= IDLE.sqs * minutes

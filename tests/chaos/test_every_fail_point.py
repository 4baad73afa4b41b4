"""At every effect of every service, once before and once after it: a defect, and SIGKILL.

The services' real code on the simulated outside; an upload of which a process dies at that point
must end as if nothing had happened, with nothing lost and nothing done twice.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mentor_common import failpoints
from mentor_common.jobs import UploadRequest
from simulation.laws import Laws
from simulation.props import all_answers, trimmed
from simulation.work import Plan
from simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("virtual_hours")

_MOST_HITS = 5
"""Polling and sweeping repeat themselves: later hits pass nothing new."""
_ACTIONS = ("raise", "kill")
_LATER = {"before": ("raise",), "after": ("kill",)}
"""At later hits. A kill before an effect leaves what a kill after the one before it left."""
_LATER_SECONDS = 120
"""Longer than a lease: a task whose worker died over it has failed by then."""
_ACCEPTED_SECONDS = 5
(ANSWER,) = all_answers(1, 1)


def fine(world: World) -> None:
    """An upload that becomes ready."""
    world.upload(ANSWER, request=trimmed())
    world.run(_ACCEPTED_SECONDS)


def bad(world: World) -> None:
    """A video without a picture, and a better one a little later."""
    world.upload(ANSWER, plans={"transcode": Plan("bad", seconds=1)})
    world.run(_LATER_SECONDS)
    world.upload(ANSWER)
    world.run(_ACCEPTED_SECONDS)


def given_up(world: World) -> None:
    """Captions that a defect prevents five times: a dead letter, redriven after the mending."""
    world.upload(
        ANSWER,
        request=UploadRequest(generate_thumbnail=True),
        plans={"transcribe": Plan("defect", seconds=1)},
    )
    world.run(_ACCEPTED_SECONDS)


ENDS: dict[Callable[[World], None], Counter[str]] = {
    fine: Counter(accepted=1, ready=1),
    bad: Counter(accepted=2, ready=1, failed=1),
    given_up: Counter(accepted=1, failed=1),
}


def play(story: Callable[[World], None], strike: tuple[str, str, int] | None, action: str) -> World:
    """Play a story to its end with one strike; return the world as it was left."""
    with World(seed=7) as world:
        laws = Laws(world)
        if strike:
            world.strikes[strike] = action
        story(world)
        settled = world.settle(minutes=90)
        laws.check_end()
        assert settled, f"{strike} {action}: not settled; {world.outside.log[-5:]}"
        assert not laws.broken, f"{strike} {action}: {laws.broken}"
        if 200 in {reply.status for reply in world.replies}:
            account = laws.account()
            # A web process that died over its request may have left an upload that counts less.
            if strike is None or strike[0] != "web":
                # A failed upload whose outcome was not decided yet when the better one came.
                account["failed"] += account.pop("superseded", 0)
                assert account == ENDS[story], f"{strike} {action}"
        return world


@pytest.mark.parametrize("story", ENDS, ids=lambda story: story.__name__)
def test_a_death_at_any_effect_loses_nothing_and_doubles_nothing(
    story: Callable[[World], None],
) -> None:
    """For every service and every fail point it passes, at each hit."""
    calm = play(story, None, "")
    struck: set[tuple[str, str, str]] = set()
    for (service, point), hits in sorted(calm.hits.items()):
        _, _, side = point.rpartition(":")
        for hit in range(1, min(hits, _MOST_HITS) + 1):
            for action in _ACTIONS if hit == 1 else _LATER[side]:
                world = play(story, (service, point, hit), action)
                struck |= {(*where[:2], action) for where in world.struck}
    missed = {(*where, action) for where in calm.hits for action in _ACTIONS} - struck
    assert not missed, "the fail point was reached in the calm run only"


def test_the_stories_pass_every_kind_of_effect_that_uploads_have() -> None:
    passed = {point.partition(":")[0] for story in ENDS for _, point in play(story, None, "").hits}
    elsewhere = {
        "s3.copy",  # the transcoder's: test_processes_that_die
        "s3.tag",
        "s3.delete",
        "s3.multipart",
        "transcribe.start",
        "registry.write",  # nothing depends on it: test_registry
    }
    assert passed | elsewhere >= failpoints.EFFECTS

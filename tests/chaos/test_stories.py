"""What the state machine found, told as stories: each was a defect once."""

from __future__ import annotations

from simulation.laws import Laws
from simulation.props import all_answers
from simulation.world import World

(ANSWER,) = all_answers(1, 1)


def test_an_answer_that_was_shown_is_said_to_be_ready_also_when_a_newer_one_follows_at_once() -> (
    None
):
    """The notifier dies between showing the answer and saying so; a newer upload is accepted."""
    with World(2) as world:
        laws = Laws(world)
        world.strikes["notifier", "sns.publish:before", 1] = "kill"
        first = world.upload(ANSWER)
        world.run(12)
        assert world.struck
        second = world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 2, "ready": 2}
        said = [name.split("/")[0] for name in world.post.published if "answer.ready" in name]
        assert sorted(said) == sorted([first, second])

"""Common complaints of users of such systems, in virtual time.

The others of that list: "poller dies without a word" is in ``test_breakers``; "messages received
after stop", "deploys fill the dead-letter queue", "deletes lost in a buffer at shutdown", "an
out-of-memory kill loops for ever", "in progress left behind after a crash", "scale-in kills running
work" and "stuck and nobody says why" are in ``test_processes``, with real processes; "bad media
crashes instead of being refused" is the transcoder's hostile corpus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulation.laws import Laws
from simulation.props import all_answers
from simulation.work import Plan
from simulation.world import WORKERS, World

if TYPE_CHECKING:
    from simulation.queues import StoredMessage

ANSWER, *OTHERS = all_answers(3, 3)
HANGS = 10.0**6


def receives(world: World, queue: str) -> int:
    """Return how often messages of a queue were received."""
    return sum(f" receive {queue} " in line for line in world.outside.log)


def hides(world: World) -> int:
    """Return how often the transcoder set a visibility."""
    return world.hits["transcoder", "sqs.hide:before"]


def only_message(world: World) -> StoredMessage:
    """Return the one message of the transcoder's queue."""
    (found,) = world.post.queues["transcoder"].messages
    return found


def test_complaint_redelivered_while_still_running() -> None:
    """Ten minutes of work under a visibility of one are received and begun once."""
    with World(1) as world:
        laws = Laws(world)
        upload = world.upload(ANSWER, plans={"transcode": Plan(seconds=600)})
        world.run(590)
        assert receives(world, "transcoder") == 1
        assert world.settle()
        task = laws.upload(upload).transcode
        assert task
        assert (task.status, task.starts, task.claim) == ("DONE", 1, 1)


def test_complaint_heartbeat_outlives_its_message_and_hides_it_for_hours() -> None:
    with World(1) as world:
        world.upload(ANSWER, plans={"transcode": Plan(seconds=100)})
        assert world.settle()
        before = hides(world)
        assert before >= 4, "there was a heartbeat"
        world.run(600)
        assert hides(world) == before, "it ended with the message"


@pytest.mark.usefixtures("virtual_hours")
def test_complaint_a_handler_that_hangs_hides_its_message_for_hours() -> None:
    """Nothing may hang for ever: after four hours the work is broken off and begun anew."""
    with World(1) as world:
        laws = Laws(world)
        upload = world.upload(ANSWER, plans={"transcode": Plan(seconds=HANGS)})
        world.run(60)
        for name in WORKERS:
            if not name.startswith("transcoder"):
                world.kill(name)
        world.run(3 * 3600)
        task = laws.upload(upload).transcode
        assert task
        assert task.claim == 1
        world.run(1.2 * 3600)
        task = laws.upload(upload).transcode
        assert task
        assert task.claim == 2


def test_complaint_heartbeat_overwrites_the_backoff() -> None:
    with World(1) as world:
        laws = Laws(world)
        upload = world.upload(ANSWER, plans={"transcode": Plan("stumbles", seconds=50)})
        world.run(48)
        while not ((task := laws.upload(upload).transcode) and task.last_error):
            world.run(0.1)
        world.run(0.5)
        shown = only_message(world).visible_at
        assert shown - world.loop.time() <= 10, "the first backoff is under ten seconds"
        while world.loop.time() < shown:
            assert only_message(world).visible_at == shown, "and nothing prolongs it"
            world.run(0.5)
        assert world.settle()
        task = laws.upload(upload).transcode
        assert task
        assert task.starts == 3


def test_complaint_an_expired_receipt_handle_kills_the_pump() -> None:
    """Another worker holds a newer receipt; the first one's beat and delete are refused."""
    with World(1) as world:
        laws = Laws(world)
        upload = world.upload(ANSWER, plans={"transcode": Plan(seconds=200)})
        world.run(30)
        only_message(world).visible_at = world.loop.time()
        world.post.wake("transcoder")
        world.run(40)
        assert receives(world, "transcoder") == 2, "the message came again in the middle of it"
        again = world.upload(OTHERS[0])
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        for done in (upload, again):
            task = laws.upload(done).transcode
            assert task
            assert (task.status, task.starts) == ("DONE", 1)


def test_complaint_one_slow_message_blocks_the_rest() -> None:
    with World(1) as world:
        laws = Laws(world)
        world.kill("transcoder-b")
        slow = world.upload(ANSWER, plans={"transcode": Plan(seconds=600)})
        world.run(2)
        quick = [world.upload(answer, plans={"transcode": Plan(seconds=3)}) for answer in OTHERS]
        world.run(120)
        ended = {o.kind for u in quick if (o := laws.upload(u).outcome)}
        assert ended == {"ready"}
        assert laws.upload(slow).outcome is None
        assert world.settle()


def test_complaint_automatic_captions_overwrite_the_ones_a_person_wrote() -> None:
    """A person corrects the transcript while the upload is worked on."""
    with World(1) as world:
        laws = Laws(world)
        world.upload(ANSWER)
        assert world.settle()
        world.upload(ANSWER, plans={"transcribe": Plan(seconds=30)})
        world.run(5)
        key = (ANSWER.mentor, ANSWER.question)
        world.graphql.edit_transcript(key, "my own words")
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account()["ready"] == 2
        assert world.graphql.answers[key]["transcript"] == "my own words"

"""Stories of defects, most of them found by the state machine; each happened once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mentor_common.jobs import SUB_TASK_FIELDS, UploadRequest, task_id_of
from simulation.laws import Laws
from simulation.process import Process
from simulation.props import all_answers
from simulation.work import Course, Plan
from simulation.world import MANAGER, World

if TYPE_CHECKING:
    from collections.abc import Callable

(ANSWER,) = all_answers(1, 1)


def at_first(
    observers: list[Any], matches: Callable[..., bool], act: Callable[[Process], object]
) -> list[Process]:
    """Act on the process of the first event that matches, as it happens; return that process.

    Parameters
    ----------
    observers
        Watchers or gates of a simulated service, called with a process and its event.
    matches
        Called with the process and its event.

    Returns
    -------
    list
        Empty until there was such an event.
    """
    met: list[Process] = []

    def observe(process: Process | None, *event: object) -> None:
        if process and not met and matches(process, *event):
            met.append(process)
            act(process)

    observers.append(observe)
    return met


def writes_outcome(_process: Process, key: tuple[str, str], *_items: object) -> bool:
    return key[1].startswith("OUTCOME#")


def web_writes_job(process: Process, key: tuple[str, str], *_items: object) -> bool:
    return process.name == "web" and key[1] == "JOB"


def web_writes_document(process: Process, what: str, *_rest: object) -> bool:
    return process.name == "web" and what == "task"


def writes_answer(_process: Process, what: str, *_rest: object) -> bool:
    return what == "answer"


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
        ready = [name.split("/")[0] for name in world.post.published if "answer.ready" in name]
        assert sorted(ready) == sorted([first, second])


def test_a_reconcile_that_a_newer_upload_overtakes_writes_nothing_more() -> None:
    """A notifier is held up in the middle of a reconcile, well within its lease."""
    with World(2) as world:
        laws = Laws(world)
        overwritten: list[str] = []

        def hold(process: Process) -> None:
            world.pause(process.name)
            world.later(1, world.upload, ANSWER)
            world.later(6, world.resume, process.name)

        def watch(_process: object, what: str, _key: object, before: Any, after: Any) -> None:
            tasks = [(document or {}).get("transcodeWebTask") or {} for document in (before, after)]
            ids = [task.get("task_id") for task in tasks]
            if what == "task" and ids[1] == task_id_of(first, "transcoding-web") != ids[0]:
                overwritten.append(str(before))

        first = world.upload(ANSWER, plans={"transcode": Plan("bad", seconds=1)})
        world.run(0.5)
        held = at_first(world.items.watchers, writes_outcome, hold)
        world.graphql.watchers.append(watch)
        assert world.settle()
        laws.check_end()
        assert held
        assert laws.broken == []
        assert overwritten == []
        assert laws.account() == {"accepted": 2, "ready": 1, "failed": 1}


def test_a_preparation_that_was_aborted_meanwhile_accepts_nothing() -> None:
    """A web process is held up for longer than a preparation may take; the mentor tries again."""
    with World(2) as world:
        laws = Laws(world)
        first = at_first(world.items.watchers, web_writes_job, Process.pause)
        video = "mentor-user/held-up"
        upload = world.upload(ANSWER, video=video)
        world.run(70)
        job = laws.upload(upload).job
        assert job
        assert job.status == "ABORTED"
        world.start("web")
        second = at_first(world.items.watchers, web_writes_job, Process.pause)
        world.upload(ANSWER, video=video)
        world.run(10)
        first[0].resume(world.loop.time())
        world.run(10)
        assert [reply.status for reply in world.replies] == [503, 0], "its time was over"
        second[0].resume(world.loop.time())
        assert world.settle()
        assert [reply.status for reply in world.replies] == [503, 200]
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 1, "ready": 1}


def test_a_document_that_an_aborted_upload_left_behind_is_not_shown_as_an_older_ones() -> None:
    """It says FAILED until the UI deletes it; the older upload is ready, the newer one is not."""
    with World(2) as world:
        laws = Laws(world)
        key = (ANSWER.mentor, ANSWER.question)
        first = world.upload(ANSWER)
        assert world.settle()
        world.graphql.delete_task(key)

        at_first(world.graphql.watchers, web_writes_document, Process.pause)
        second = world.upload(ANSWER)
        world.run(90)
        job = laws.upload(second).job
        assert job
        assert job.status == "ABORTED"
        old = next(
            body for name, body in world.post.published.items() if "answer.ready" not in name
        )
        world.post.put("notifier", old, {})
        world.run(90)
        shown = world.graphql.tasks[key]["transcodeWebTask"]
        assert shown["task_id"] == task_id_of(second, "transcoding-web")
        assert shown["status"] == "FAILED"
        assert laws.broken == []
        world.start("web")
        assert laws.upload(first).outcome


@pytest.mark.parametrize("course", ["fine", "bad"])
def test_the_ui_waits_for_an_alignment_and_nobody_fails_with_it(course: Course) -> None:
    """A person's transcript has no word timings; finding them takes longer than the transcoder."""
    with World(2) as world:
        laws = Laws(world)
        key = ANSWER.mentor, ANSWER.question
        world.graphql.edit_transcript(key, "my own words")
        early: list[Any] = []

        def watch(_process: object, what: str, _key: object, _before: Any, after: Any) -> None:
            tasks = [after.get(name) for name in SUB_TASK_FIELDS.values()] if what == "task" else []
            statuses = {task["status"] for task in tasks if task}
            upload = laws.upload(upload_id)
            if statuses == {"DONE"} and (upload.outcome is None or not upload.transcribe):
                early.append(after)

        world.graphql.watchers.append(watch)
        upload_id = world.upload(
            ANSWER,
            request=UploadRequest(has_edited_transcript=True),
            plans={"transcode": Plan(seconds=2), "transcribe": Plan(course, seconds=20)},
        )
        assert world.settle()
        laws.check_end()
        assert laws.broken == early == []
        upload = laws.upload(upload_id)
        assert upload.transcribe is not None
        assert upload.transcribe.status == ("DONE" if course == "fine" else "FAILED")
        shown = world.graphql.answers[key]
        assert upload_id in shown["webMedia"]["url"]
        assert (shown["transcript"], shown["hasEditedTranscript"]) == ("my own words", True)
        assert bool(shown.get("vttMedia")) == (course == "fine")
        assert laws.account() == {"accepted": 1, "ready": 1}


@pytest.mark.parametrize("dead", [False, True])
def test_the_video_of_an_edited_answer_is_shown_where_an_older_release_knows_no_alignment(
    dead: bool,
) -> None:
    """The subscriptions are older than the api, or (``dead``) the transcribers are.

    An older transcriber buries what it does not know at once. Its dead letter is sent again when a
    newer one is there.
    """
    with World(2) as world:
        laws = Laws(world)
        key = ANSWER.mentor, ANSWER.question
        world.graphql.edit_transcript(key, "my own words")
        subscribed = world.post.subscriptions["api"]
        older = [
            (q if "alignment.requested.v1" not in f["type"] else "nobody", f) for q, f in subscribed
        ]
        world.post.add("nobody")
        world.post.subscriptions = {**world.post.subscriptions, "api": older}
        upload_id = world.upload(ANSWER, request=UploadRequest(has_edited_transcript=True))
        world.run(20 * 60)
        messages = world.post.queues["nobody"].messages
        assert {message.data["type"] for message in messages} == {"alignment.requested.v1"}
        assert len(messages) == 2, "asked for again after 15 minutes"
        assert laws.upload(upload_id).outcome is None
        world.run(20 * 60)
        shown = world.graphql.answers[key]
        assert upload_id in shown["webMedia"]["url"]
        assert (shown["transcript"], shown.get("vttMedia")) == ("my own words", None)
        assert laws.account() == {"accepted": 1, "ready": 1}
        if dead:
            for message in messages:
                world.post.put("transcriber", message.body, message.attributes, message.group)
            assert world.settle()
            shown = world.graphql.answers[key]
            assert upload_id in shown["vttMedia"]["url"], "its captions come late"
            assert shown["transcript"] == "my own words"
        messages.clear()
        assert world.settle()
        laws.check_end()
        assert laws.broken == []


def test_a_preparation_that_was_cancelled_and_overtaken_ends() -> None:
    """Found by the state machine: it stayed PREPARING, and the sweep looked at it for ever."""
    with World(2) as world:
        laws = Laws(world)
        stuck = at_first(world.items.watchers, web_writes_job, Process.pause)
        first = world.upload(ANSWER)
        world.run(5)
        world.start("web")
        world.cancel(ANSWER)
        world.run(2)
        second = world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        jobs = [laws.upload(upload).job for upload in (first, second)]
        assert [job.status for job in jobs if job] == ["ABORTED", "ACCEPTED"]
        stuck[0].kill()


@pytest.mark.parametrize("course", ["fine", "bad"])
def test_an_outcome_that_was_decided_stands_whoever_wakes_up_later(course: Course) -> None:
    """A notifier about to decide "ready" or "failed" is held up; meanwhile the mentor cancels."""
    with World(2) as world:
        laws = Laws(world)
        held = at_first(world.items.gates, writes_outcome, Process.pause)
        upload = world.upload(ANSWER, plans={"transcode": Plan(course)})
        world.run(20)
        assert held
        assert laws.upload(upload).outcome is None
        world.cancel(ANSWER)
        world.run(60)  # longer than the lease of the one that is held up
        outcome = laws.upload(upload).outcome
        assert outcome
        assert outcome.kind == "cancelled"
        held[0].resume(world.loop.time())
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 1, "cancelled": 1}


def test_a_video_without_captions_stays_live_when_their_redrive_is_cancelled() -> None:
    """Only captions failed, so the new video is live; an operator redrives, a mentor cancels."""
    with World(2) as world:
        laws = Laws(world)
        upload = world.upload(ANSWER, plans={"transcribe": Plan("defect", seconds=1)})
        assert world.settle()
        assert laws.account() == {"accepted": 1, "failed": 1}
        shown = dict(world.graphql.answers[ANSWER.mentor, ANSWER.question])
        assert upload in shown["webMedia"]["url"]
        world.plans[upload, "transcribe"] = Plan(seconds=60)
        world.mended = True
        assert world.redrive() == 1
        world.run(20)
        world.cancel(ANSWER)
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 1, "cancelled": 1}
        assert (
            world.graphql.answers[ANSWER.mentor, ANSWER.question]["webMedia"] == shown["webMedia"]
        )


@pytest.mark.parametrize("names", [("mobileMedia",), ("webMedia", "mobileMedia")])
def test_what_the_ui_writes_after_a_switch_stays_whoever_finishes_the_reconcile(
    names: tuple[str, ...],
) -> None:
    """The read-back undoes others' writes: so did the repetition of a switch that had landed."""
    with World(2) as world:
        laws = Laws(world)
        key = ANSWER.mentor, ANSWER.question
        theirs = {name: f"https://elsewhere.example.org/{name}.mp4" for name in names}

        def hold(process: Process) -> None:
            world.pause(process.name)
            world.later(5, world.graphql.set_media, key, theirs)
            world.later(60, world.resume, process.name)

        held = at_first(world.graphql.watchers, writes_answer, hold)
        upload = world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert held
        assert laws.broken == []
        assert laws.account() == {"accepted": 1, "ready": 1}
        shown = world.graphql.answers[key]
        assert {name: shown[name]["url"] for name in names} == theirs
        assert (upload in shown["webMedia"]["url"]) == ("webMedia" not in names)


def test_the_mentors_picture_is_there_after_the_next_upload_also_for_imported_mentors() -> None:
    """The mentor's picture is tagged for deletion: it lay among what the upload had left."""
    with World(2) as world:
        laws = Laws(world)
        pictures = world.graphql.thumbnails
        world.upload(ANSWER, request=UploadRequest(generate_thumbnail=True))
        assert world.settle()
        pictures["imported"] = picture = pictures[ANSWER.mentor]
        world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert pictures == {ANSWER.mentor: picture, "imported": picture}
        assert ("static", picture) in world.objects.content
        assert world.objects.tags, "the first upload's files are superseded"
        assert ("static", picture) not in world.objects.tags


def test_an_upload_that_a_newer_one_replaces_is_never_called_ready_unless_it_was_shown() -> None:
    """A notifier about to decide "ready" is held up; meanwhile the same person uploads again."""
    with World(2) as world:
        laws = Laws(world)
        held = at_first(world.items.gates, writes_outcome, Process.pause)
        first = world.upload(ANSWER)
        world.run(20)
        assert held
        second = world.upload(ANSWER)
        world.run(5)
        held[0].resume(world.loop.time())
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 2, "ready": 1, "superseded": 1}
        outcomes = [laws.upload(upload).outcome for upload in (first, second)]
        assert [outcome.kind for outcome in outcomes if outcome] == ["superseded", "ready"]


def test_a_newer_upload_waits_while_the_older_one_is_about_to_be_shown() -> None:
    """The notifier dies between deciding "ready" and showing it; the person uploads again."""
    with World(2) as world:
        laws = Laws(world)

        def kill(process: Process) -> None:
            world.kill(process.name)
            world.later(60, world.start, process.name)

        killed = at_first(world.items.watchers, writes_outcome, kill)
        world.upload(ANSWER)
        world.run(12)
        assert killed
        world.upload(ANSWER)
        world.run(10)
        assert [reply.status for reply in world.replies] == [200, 503]
        assert world.settle()
        world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 2, "ready": 2}


def test_a_document_that_a_refused_tab_deleted_is_shown_again_until_its_end() -> None:
    """A content manager uploads while the mentor's video is being worked on."""
    with World(2) as world:
        laws = Laws(world)
        key = (ANSWER.mentor, ANSWER.question)
        world.upload(ANSWER, plans={"transcode": Plan(seconds=60)})
        world.run(5)
        world.upload(ANSWER, caller=MANAGER)
        world.run(1)
        assert [reply.status for reply in world.replies] == [200, 409]
        assert key not in world.graphql.tasks
        world.run(16)
        assert key in world.graphql.tasks
        assert world.settle()
        assert world.ui_looks(key)
        world.run(300)
        assert key not in world.graphql.tasks
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 1, "ready": 1}


def test_a_preparation_that_dies_shows_no_failure_to_whom_follows_the_running_upload() -> None:
    """The same person uploads again and the web process dies over it; the first one goes on."""
    with World(2) as world:
        laws = Laws(world)
        key = (ANSWER.mentor, ANSWER.question)
        first = world.upload(ANSWER, plans={"transcode": Plan(seconds=200)})
        world.run(5)
        failures: list[Any] = []

        def die(process: Process | None, what: str, *documents: Any) -> None:
            statuses = [task["status"] for task in (documents[2] or {}).values() if is_task(task)]
            if what == "task" and "FAILED" in statuses:
                failures.append(documents[2])
            if process and process.name == "web" and what == "task":
                world.kill("web")

        def is_task(value: Any) -> bool:
            return isinstance(value, dict) and "status" in value

        world.graphql.watchers.append(die)
        second = world.upload(ANSWER)
        world.run(90)
        assert laws.upload(second).job
        shown = world.graphql.tasks[key]["transcodeWebTask"]
        assert shown["task_id"] == task_id_of(first, "transcoding-web")
        world.start("web")
        assert world.settle()
        laws.check_end()
        assert laws.broken == failures == []
        assert laws.account() == {"accepted": 1, "ready": 1}


def test_an_older_uploads_words_are_not_taken_for_a_persons_by_the_newer_one() -> None:
    """Found by the state machine: the older one is shown after the newer one's text was read."""
    with World(2) as world:
        laws = Laws(world)

        def hold(process: Process) -> None:
            world.pause(process.name)
            world.upload(ANSWER)
            world.later(1, world.resume, process.name)

        world.upload(ANSWER)
        world.run(1)
        held = at_first(world.items.watchers, writes_outcome, hold)
        assert world.settle()
        assert held
        assert [reply.status for reply in world.replies] == [200, 200]
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 2, "ready": 2}


def test_an_end_that_nobody_could_see_is_not_taken_for_one_that_was_shown() -> None:
    """Found by the state machine: a tab deletes the document, and the notifier dies over a new one.

    It had noted the end, and lost the write that was to show it.
    """
    with World(2) as world:
        laws = Laws(world)
        key = (ANSWER.mentor, ANSWER.question)
        killed: list[str] = []

        def vanish_and_die(process: Process | None, item: tuple[str, str], *items: Any) -> None:
            if process and item[1].startswith("OUTCOME#") and key in world.graphql.tasks:
                world.graphql.delete_task(key)
            after = items[-1] or {}
            noted = item[1] == "NOTIFY" and "ended" in after and key not in world.graphql.tasks
            if process and noted and not killed:
                killed.append(process.name)
                world.kill(process.name)
                world.later(30, world.start, process.name)

        world.items.watchers.append(vanish_and_die)
        world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert laws.broken == []
        assert laws.account() == {"accepted": 1, "ready": 1}


def test_a_person_edits_the_transcript_while_a_notifier_is_held_up_before_the_switch() -> None:
    """It goes on well within its lease, but what it has read is too old to be written from."""
    with World(2) as world:
        laws = Laws(world)
        key = (ANSWER.mentor, ANSWER.question)
        held: list[str] = []

        def hold(process: Process | None, item: tuple[str, str], *_items: object) -> None:
            if process and item[1].startswith("OUTCOME#") and not held:
                held.append(process.name)
                world.pause(process.name)
                world.later(5, world.graphql.edit_transcript, key, "my own words")
                world.later(16, world.resume, process.name)

        world.items.watchers.append(hold)
        upload = world.upload(ANSWER)
        assert world.settle()
        laws.check_end()
        assert held
        assert laws.broken == []
        shown = world.graphql.answers[key]
        assert upload in shown["webMedia"]["url"]
        assert (shown["transcript"], shown["hasEditedTranscript"]) == ("my own words", True)

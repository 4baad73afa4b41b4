"""What the studio knows and what follows from it: its reducer and what is read of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WORLD = """
  const modules = ["state", "standing", "questions/listing"].map((name) => `/studio/${name}.js`);
  const m = Object.assign({}, ...(await Promise.all(modules.map((path) => import(path)))));
  const question = (id, subject, web) => ({
    question: id, text: `Question ${id}`, subject, idle: false, answer: web ? { web } : null,
  });
  const upload = (id, state, at, finished = "2026-01-02") => ({
    upload_id: `${id}-${at}`, question: id, state, live: state === "READY",
    accepted_at: at, finished_at: finished,
  });
  const questions = [
    question("a", "One", "web"), question("b", "One"), question("c", "Two"), question("d", "Two"),
  ];
  const mentor = { mentor: "m", name: "M", thumbnail: null };
  const take = (id, question, more) => ({
    id, question, mentor: "m", owner: "", upload: null, setAside: false, deleted: false, ...more,
  });
  const opened = m.reduce(m.EMPTY,
    { type: "opened", mentor, questions, takes: [take("t", "d")] });
  const play = (state, ...actions) => actions.reduce(m.reduce, state);
  const standings = (state) => state.questions.map((each) => m.standingOf(state, each)).join(" ");
  const uploads = (...uploads) => ({ type: "uploads", uploads });
  const ended = (state) => ({ type: "ended", upload: upload("b", state, "2026-01-01") });
  const work = (question, step, more) => ({ type: "work", question, work: { step, ...more } });
  const sending = (question, phase, more) => ({ type: "sending", sending: {
    id: `${question}${more?.mentor ?? ""}`, mentor: "m", question, phase, take: null, ...more,
  } });
"""


def world(expression: str) -> str:
    """Return an expression of the opened state and of what makes actions."""
    return f"await (async () => {{ {WORLD} return {expression}; }})()"


def test_how_questions_stand_follows_from_answers_uploads_takes_and_work(
    run: Callable[..., Any],
) -> None:
    assert run("state", world("standings(opened)")) == "answered open open not-sent"
    uploads = """standings(play(opened, uploads(upload("b", "FAILED", "2026-01-01"),
      upload("c", "QUEUED", "2026-01-01", null), upload("a", "FAILED", "2026-01-01"))))"""
    assert run("state", world(uploads)) == "failed failed running not-sent"
    working = """standings(play(opened, { type: "take-gone", take: take("t", "d") },
      sending("a", "failed"), sending("b", "waiting"), work("c", "record"),
      sending("d", "sending", { mentor: "another" })))"""
    assert run("state", world(working)) == "not-sent sending not-sent open"


def test_takes_are_a_list_and_wait_until_one_of_them_was_sent(run: Callable[..., Any]) -> None:
    changes = """[{ id: "u" }, { deleted: true }, { upload: "1" }, { setAside: true }]
      .map((more) => ({ type: "take", take: { ...take("t", "d"), ...more } }))"""
    stand = f"""{changes}.map((change) => play(opened, change))
      .map((state) => [m.standingOf(state, questions[3]), state.takes.d.length])"""
    open_with_one = ["open", 1]
    assert run("state", world(stand)) == [["not-sent", 2], *[open_with_one] * 3]
    late = """[{ mentor: "other" }, { owner: "other" }].map((more) =>
      play(opened, { type: "take", take: { ...take("u", "b"), ...more } }).takes.b ?? null)"""
    assert run("state", world(late)) == [None, None], "it ended when another mentor was open"
    pictured = """["m", "other"].map((mentor) =>
      play(opened, { type: "pictured", mentor, thumbnail: "new" }).mentor.thumbnail)"""
    assert run("state", world(pictured)) == ["new", None]


def test_leaving_stops_what_is_recorded_or_sent_and_loses_what_is_not_kept(
    run: Callable[..., Any],
) -> None:
    busy = """[work("b", "record"), work("b", "prepare", { take: null }),
      sending("b", "sending"), sending("b", "queued", { mentor: "other" }), sending("b", "paused"),
      sending("b", "paused", { take: "t" }), sending("b", "elsewhere"), sending("b", "file-needed"),
      work("b", "prepare", { take: "t" }), work("b", "choose")]
      .map((action) => m.isBusy(play(opened, action)))"""
    assert run("state", world(busy)) == [True] * 5 + [False] * 5


def test_what_is_on_its_way_goes_on_when_another_mentor_is_opened(run: Callable[..., Any]) -> None:
    other = """(() => {
      const left = play(opened, sending("b", "sending"), { type: "opened", questions, takes: [],
        mentor: { mentor: "other", name: "O", thumbnail: null } });
      return [Object.keys(left.sendings), m.workOf(left, "b").step,
        m.workOf(play(opened, sending("b", "waiting")), "b").step,
        m.workOf(play(opened, sending("b", "file-needed")), "b").step,
        play(left, { type: "sending-gone", id: "b" },
          { type: "sending-change", id: "b", change: { sent: 1 } }).sendings];
    })()"""
    assert run("state", world(other)) == [["b"], "choose", "sending", "choose", {}]


def test_a_take_is_sent_ahead_while_the_person_is_at_it_and_the_tray_counts_what_is_wanted(
    run: Callable[..., Any],
) -> None:
    held = """[{ step: "record" }, { step: "prepare", take: "t" }, { step: "prepare", take: "u" },
      { step: "choose" }, null].map((work) => m.isHeld(
        { user: "o", mentor: { mentor: "m" }, work: work ? { b: work } : {} }, given))"""
    take = {"id": "t", "owner": "o", "mentor": "m", "question": "b"}
    assert run("uploads/ahead", held, take) == [True, True, False, False, False]
    assert not any(run("uploads/ahead", held, take | {"mentor": "another"}))
    assert not any(run("uploads/ahead", held, take | {"owner": "somebody else"}))
    phases = ["sending", "arrived", "waiting", "failed", "file-needed", "paused", "queued"]
    line = run("uploads/tray", "m.summary(given.map((phase) => ({ phase })))", phases)
    assert line == "2 uploading, 1 waiting for the connection, 2 not sent, 1 paused, 1 in line"
    assert run("uploads/tray", "m.summary([])") == ""


def test_the_newest_upload_of_a_question_counts_in_whatever_order_they_come(
    run: Callable[..., Any],
) -> None:
    pages = """play(opened,
      uploads(upload("b", "READY", "2026-01-05"), upload("b", "FAILED", "2026-01-04")),
      uploads(upload("b", "FAILED", "2026-01-03"))).uploads.b.state"""
    assert run("state", world(pages)) == "READY"
    sent = """play(opened, uploads(upload("b", "QUEUED", null, null)),
      uploads(upload("b", "FAILED", "2026-01-04"))).uploads.b.upload_id"""
    assert run("state", world(sent)) == "b-null", "what was handed in just now is newer than any"
    known = """play(opened, uploads(upload("b", "QUEUED", "2026-01-04", null)),
      uploads(upload("b", "READY", "2026-01-04"))).uploads.b.state"""
    assert run("state", world(known)) == "READY", "its status is replaced"


def test_an_end_is_shown_to_who_watches_and_nobody_is_taken_from_a_recording(
    run: Callable[..., Any],
) -> None:
    watched = """["READY", "FAILED"].map((state) =>
      m.workOf(play(opened, work("b", "progress"), ended(state)), "b"))"""
    assert run("state", world(watched)) == [{"step": "ready", "fresh": True}, {"step": "failed"}]
    busy = """m.workOf(play(opened, work("b", "record"), ended("READY")), "b").step"""
    assert run("state", world(busy)) == "record"


def test_the_list_is_searched_filtered_and_counted_by_subject(run: Callable[..., Any]) -> None:
    found = """[{}, { search: "two QUESTION" }, { search: "ónè a" }, { filter: "open" },
      { filter: "not-sent" }].map((change) => m.listed(play(opened, { type: "listing", change }))
        .map((group) => `${group.subject} ${group.answered}/${group.total}: `
          + group.questions.map((each) => each.question).join("")))"""
    assert run("state", world(found)) == [
        ["One 1/2: ab", "Two 0/2: cd"],
        ["Two 0/2: cd"],
        ["One 1/2: a"],
        ["One 1/2: b", "Two 0/2: c"],
        ["Two 0/2: d"],
    ]
    assert run("state", world("m.counts(opened)")) == {
        "all": 4,
        "open": 2,
        "failed": 0,
        "not-sent": 1,
    }


def test_the_next_question_is_the_next_open_one_from_the_top_again_at_last(
    run: Callable[..., Any],
) -> None:
    following = """["a", "b", "c", "d"].map((id) => m.nextOpen(opened, id)?.question)"""
    assert run("state", world(following)) == ["b", "c", "b", "b"]
    last = """m.nextOpen(play(opened, work("b", "record")), "c") ?? null"""
    assert run("state", world(last)) is None


def test_the_camera_is_on_only_where_it_is_on_the_screen(run: Callable[..., Any]) -> None:
    wanted = """[work("b", "choose"), work("b", "record"), work("b", "prepare", { recorded: true }),
      work("b", "prepare", { recorded: false }), work("b", "progress", { recorded: true })]
      .map((action) => m.wantsCamera(play(opened, { type: "shown", question: "b" }, action)))"""
    assert run("state", world(wanted)) == [False, True, True, False, True]
    back = """["a", "b"].map((question) => ({ type: "shown", question }))
      .reduce((states, action) => [...states, m.reduce(states.at(-1), action)],
        [play(opened, { type: "shown", question: "b" }, work("b", "prepare", { recorded: true }))])
      .map(m.wantsCamera)"""
    assert run("state", world(back)) == [True, False, False], "leaving turns it off for good"
    turned_off = """m.wantsCamera(play(opened, { type: "shown", question: "b" },
      work("b", "prepare", { recorded: true }), { type: "camera-off", question: "b" }))"""
    assert run("state", world(turned_off)) is False


def test_what_ends_is_counted_once_and_only_if_it_ran(run: Callable[..., Any]) -> None:
    counted = """(() => {
      const upload = (id, state, finished_at = null) => ({ upload_id: id, state, finished_at });
      const over = (id, state) => upload(id, state, "2026-01-02");
      const before = { a: upload("1", "QUEUED"), b: upload("2", "IN_PROGRESS"),
        c: over("3", "FAILED"), d: upload("4", "QUEUED"), e: upload("5", "QUEUED") };
      const after = { a: over("1", "READY"), b: over("2", "FAILED"),
        c: over("3", "FAILED"), d: over("6", "READY"), e: over("5", "CANCELLED") };
      return [[before, after], [after, after], [before, {}]].map((two) => m.endedBetween(...two));
    })()"""
    nothing = {"ready": 0, "failed": 0}
    assert run("uploads/outcomes", counted) == [{"ready": 1, "failed": 1}, nothing, nothing]
    words = "[m.outcomes.count(12, 2), m.outcomes.count(0, 1), m.outcomes.count(0, 0)]"
    assert run("texts", words) == ["12 ready, 2 failed", "1 failed", ""]

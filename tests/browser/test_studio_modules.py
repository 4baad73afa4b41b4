"""The studio's modules without the page around them, in the browser that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from mentor_common.captions import check_vtt
from mentor_common.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from browsing import Watch
    from mentor_local.running import RunningStack

MIB = 1 << 20
VTT = """\ufeffWEBVTT - made by hand\r
\r
NOTE not a cue\r
\r
first\r
00:01.000 --> 00:02.500 align:start\r
Tom &amp; <i>Jerry</i>\r
two lines\r
\r
01:00:00.000 --> 01:00:01.250\r
late\r
"""


SHOWN_BY_BROWSERS = {
    "00:00:01.000 --> 00:00:02.500": True,
    "01:01.000 --> 01:02.500": True,
    "0:00:01.000 --> 0:00:02.500": True,
    "00:00:01.000-->00:00:02.500": True,
    "\t00:00:01.000 --> 00:00:02.500 align:start bogus": True,
    "00:00:01.5 --> 00:00:02.500": False,
    "00:00:01.5000 --> 00:00:02.500": False,
    "00:00:01,000 --> 00:00:02,500": False,
    "0:01.000 --> 0:02.500": False,
    "00:60:01.000 --> 00:61:01.500": False,
    "00:00:01.000\u00a0-->\u00a000:00:02.500": False,
    "00:00:01.000 -> 00:00:02.500": False,
}
CUES_OF = """async (text) => {
  const video = document.createElement("video");
  const track = document.createElement("track");
  track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
  const loaded = new Promise((resolve) => { track.onload = resolve; });
  document.body.append(video);
  video.append(track);
  track.track.mode = "hidden";
  await loaded;
  return track.track.cues.length;
}"""


def test_captions_are_accepted_if_and_only_if_a_real_browser_shows_them(page: Page) -> None:
    for timings, shown in SHOWN_BY_BROWSERS.items():
        text = f"WEBVTT\n\n{timings}\nhello\n"
        assert page.evaluate(CUES_OF, text) == int(shown), timings
        try:
            check_vtt(text)
            accepted = True
        except PermanentError:
            accepted = False
        assert accepted is shown, timings


def test_captions_are_read_and_written_without_loss(run: Callable[..., Any]) -> None:
    cues = run("words/vtt", "m.parse(given)", VTT)
    assert [(cue["start"], cue["end"]) for cue in cues] == [(1.0, 2.5), (3600.0, 3601.25)]
    assert cues[0]["id"] == "first"
    assert cues[0]["settings"] == "align:start"
    assert run("words/vtt", "m.plain(given)", cues[0]["text"]) == "Tom & Jerry\ntwo lines"
    assert run("words/vtt", "m.parse(m.serialise(given))", cues) == cues
    serialised = "m.serialise([{id: '', start: 1, end: 2, settings: '', text: given}])"
    text = run("words/vtt", serialised, "a-->b\n\nc")
    assert text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na→b\nc\n"
    assert run("words/vtt", "m.plain(m.escaped(given))", "1 < 2 & 3 > 2") == "1 < 2 & 3 > 2"


CHOOSE = """await (async () => {
  const { h, render } = await import("/shared/ui.js");
  const taken = [];
  const view = document.createElement("div");
  const then = { onRecord: () => {}, onForget: () => {}, onFile: (file) => taken.push(file.name) };
  render(h(m.Choose, { idle: false, interrupted: null, maxBytes: given.limit, ...then }), view);
  const input = view.querySelector("#file");
  for (const [name, size] of given.files) {
    const chosen = new DataTransfer();
    chosen.items.add(new File([new Uint8Array(size)], name, { type: "video/mp4" }));
    input.files = chosen.files;
    input.dispatchEvent(new Event("change"));
  }
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return { taken, text: view.textContent };
})()"""


def test_the_form_says_the_size_limit_and_refuses_a_larger_file_before_sending_it(
    run: Callable[..., Any],
) -> None:
    files = [["fits.mp4", 2_000_000], ["large.mp4", 2_000_001]]
    found = run("answer/choose", CHOOSE, {"limit": 2_000_000, "files": files})
    assert found["taken"] == ["fits.mp4"]
    assert "of at most 2.0 MB" in found["text"]
    assert "This file is too large" in found["text"]


GROWING = """await (async () => {
  const wrong = [];
  for (const { pieces, part } of given) {
    const source = new m.Source();
    let n = 0;
    const file = new Blob(pieces.map((length, at) => new Uint8Array(length).fill(at + 1)));
    const sent = [];
    const send = () => {
      for (const each of m.plan(source, part, sent.keys().map((at) => at + 1))) {
        sent.push(source.slice(each.start, each.end));
        if (each.number !== sent.length) wrong.push(["order", pieces, part]);
      }
    };
    for (const length of pieces) {
      source.append(new Blob([new Uint8Array(length).fill(n += 1)]));
      send();
      if (sent.some((each) => each.size !== part)) wrong.push(["a part that is not full", pieces]);
    }
    source.end();
    send();
    const [joined, whole] = await Promise.all([new Blob(sent).text(), file.text()]);
    if (joined !== whole) wrong.push(["joined", pieces, part]);
    if (sent.slice(0, -1).some((each) => each.size !== part)) wrong.push(["short", pieces, part]);
  }
  return wrong;
})()"""


def test_parts_of_a_growing_recording_joined_are_the_file_and_only_missing_ones_are_planned(
    run: Callable[..., Any],
) -> None:
    recordings = ([1], [7, 1], [16, 16], [3, 40, 1, 1, 25, 9, 64, 2])
    given = [{"pieces": each, "part": part} for each in recordings for part in (1, 7, 16, 64)]
    assert run("uploads/source", GROWING, given) == []
    plan = "m.plan({ size: given.size, ended: true }, given.part, given.stored)"
    parts = run("uploads/source", plan, {"size": 20 * MIB, "part": 8 * MIB, "stored": [2]})
    assert [(p["number"], p["start"], p["end"]) for p in parts] == [
        (1, 0, 8 * MIB),
        (3, 16 * MIB, 20 * MIB),
    ]
    whole = {"size": 16 * MIB, "part": 8 * MIB, "stored": []}
    assert len(run("uploads/source", plan, whole)) == 2
    assert run("uploads/source", plan, {"size": 1, "part": 8 * MIB, "stored": [1]}) == []


PAUSES = """await (async () => {
  const { Problem } = await import("/shared/problem.js");
  const { setTimeout } = window;
  const pauses = [];
  Math.random = () => 1;
  const leaving = new AbortController();
  const pass = [(go) => go(), (go) => go(), () => m.tryNow(), () => leaving.abort()];
  window.setTimeout = (action, ms) => {
    const then = pass[pauses.length];
    pauses.push(ms);
    return setTimeout(() => then(action));
  };
  const refused = async () => { throw new Problem(503, "busy"); };
  await m.persistently(refused, leaving.signal, () => {}).catch(() => {});
  window.setTimeout = setTimeout;
  return pauses;
})()"""


def test_what_a_retry_can_mend_is_tried_again_with_a_growing_pause(
    run: Callable[..., Any],
) -> None:
    verdicts = """await (async () => {
      const { Problem } = await import("/shared/problem.js");
      const ours = [0, 400, 401, 403, 404, 409, 413, 429, 500, 503];
      const store = [[403, "AccessDenied", 3_600_000], [403, "AccessDenied", 900],
        [400, "RequestTimeout", 0], [400, "EntityTooLarge", 0], [404, "NoSuchUpload", 0],
        [503, "", 0]];
      return [ours.map((status) => m.verdictOf(new Problem(status, ""))),
        store.map(([status, code, age]) => m.verdictOf(new m.StoreRefusal(status, code, age, "")))];
    })()"""
    again, stop = "again", "stop"
    assert run("uploads/retry", verdicts) == [
        [again, stop, again, stop, "anew", again, stop, again, again, again],
        [again, stop, again, stop, "anew", again],
    ]
    pauses = "[1, 2, 3, 99].map((n) => [m.pauseBefore(n, 0), m.pauseBefore(n, 1)])"
    assert run("uploads/retry", pauses) == [
        [500, 1000],
        [1000, 2000],
        [2000, 4000],
        [30_000, 60_000],
    ]
    woken = """await (async () => {
      const going = new AbortController();
      const waking = [() => dispatchEvent(new Event("online")),
        () => document.dispatchEvent(new Event("resume")),
        () => document.dispatchEvent(new Event("visibilitychange")), m.tryNow, () => going.abort()];
      for (const wake of waking) {
        const waiting = m.wait(3_600_000, going.signal);
        wake();
        await waiting;
      }
      return "woken";
    })()"""
    assert run("uploads/retry", woken) == "woken"
    assert run("uploads/retry", PAUSES) == [1000, 2000, 4000, 1000], "anew when it was woken"


UNANSWERED = """await (async () => {
  const { Problem } = await import("/shared/problem.js");
  const who = { token: "t", endsSoon: false };
  const { setTimeout } = window;
  window.setTimeout = (action, ms) => setTimeout(action, ms === 120_000 ? 0 : ms);
  window.fetch = (_, { signal }) => new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  const leaving = AbortSignal.abort();
  const why = (error) => (error instanceof Problem ? error.status : error.name);
  const asked = [m.data(who, "/a"), m.data(who, "/a", { signal: new AbortController().signal }),
    m.dataOf(new Response('{"data": {')), m.dataOf(new Response("<html>Sign in to the Wi-Fi")),
    m.dataOf(new Response("{"), leaving)];
  return Promise.all(asked.map((each) => each.catch(why)));
})()"""


def test_an_answer_that_never_comes_or_breaks_off_is_an_outage(run: Callable[..., Any]) -> None:
    found = run("session", UNANSWERED, of_page="shared")
    assert found == [0, 0, 0, 0, "SyntaxError"]


ALIVE = """await (async () => {
  const going = new AbortController();
  const heard = new BroadcastChannel("studio-upload/t");
  let answers = 0;
  const answered = () => new Promise((resolve) => {
    heard.onmessage = ({ data }) => data === "this tab" && resolve();
  }).then(() => (answers += 1) < 9 || going.abort());
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  const holding = m.alone("t", going.signal, () => {}, (turn) => {
    begin();
    return new Promise((resolve) => turn.addEventListener("abort", resolve));
  });
  await begun;
  const silent = await m.isUnanswered("studio-upload/t", going.signal, answered);
  await holding;
  return [silent, answers];
})()"""
FROZEN = """await (async () => {
  const asked = [];
  const silent = await m.isUnanswered("nobody", new AbortController().signal,
    async (ms) => asked.push(ms));
  return [silent, asked.length];
})()"""
ROBBED = """await (async () => {
  const told = [];
  let begun;
  const first = new Promise((resolve) => (begun = resolve));
  const done = m.alone("r", new AbortController().signal, () => told.push("elsewhere"), (turn) => {
    told.push("begun");
    begun();
    if (told.length > 1) return Promise.resolve();
    return new Promise((_, reject) => turn.addEventListener("abort", () => reject(turn.reason)));
  });
  await first;
  const rob = () => void told.push("robbed");
  await navigator.locks.request("studio-upload/r", { steal: true }, rob);
  await done;
  return told;
})()"""


def test_a_tab_keeps_its_turn_while_it_answers_and_has_another_one_after_who_took_it_over(
    run: Callable[..., Any],
) -> None:
    assert run("uploads/alone", ALIVE) == [False, 9]
    assert run("uploads/alone", FROZEN) == [True, 4]
    told = run("uploads/alone", ROBBED)
    assert sorted(told[:3]) == ["begun", "elsewhere", "robbed"]
    assert told[3:] == ["begun"]


STORE = """
  const store = { begins: 0, sent: [], aborted: 0, completed: [], fail: [] };
  const api = {
    begin: async () => ({ key: "k", multipart_id: `${++store.begins}`, part_size: 2 }),
    stored: async () => [],
    sign: async (_, numbers) => numbers.map((n) => ({ part_number: n, url: "/unused" })),
    complete: async (_, parts) => { store.completed = parts.map((part) => part.part_number); },
    abort: async () => { store.aborted += 1; },
  };
  const send = async (_, bytes) => {
    const failure = store.fail.shift();
    if (failure) throw failure;
    store.sent.push(bytes);
    return "etag";
  };
  const { Source } = await import("/studio/uploads/source.js");
  const { tryNow } = await import("/studio/uploads/retry.js");
  const { Problem } = await import("/shared/problem.js");
  const texts = (blobs) => Promise.all(blobs.map((blob) => blob.text()));
  const turn = () => new Promise((resolve) => setTimeout(resolve)); // all that is pending has run
"""
TRANSFERS = """
  const growing = new Source();
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  const transfer = new m.Transfer(growing, 9, null, api, send);
  const arrived = transfer.run(released);
  growing.append(new Blob(["abc"]));
  await turn();
  const early = [...store.sent];
  transfer.pause();
  growing.append(new Blob(["de"]));
  growing.end();
  await turn();
  const whilePaused = store.sent.length;
  transfer.resume();
  await turn();
  const before = store.completed.length;
  release();
  const key = await arrived;
  const sent = (await texts(store.sent)).toSorted();
  return { early: await texts(early), whilePaused, before, key, sent, completed: store.completed };
"""
OUTAGES = """
  store.fail = [new Problem(503, ""), new Problem(0, ""), new Problem(404, "")];
  const told = [];
  const transfer = new m.Transfer(Source.of(new Blob(["ab"])), 2, null, api, send);
  transfer.onProgress = ({ trouble }) => trouble && told.push(trouble.status);
  const arrived = transfer.run();
  for (let n = 0; n < 9; n += 1) { await turn(); tryNow(); }
  await arrived;
  let answer;
  const begin = () => new Promise((resolve) => { answer = () => resolve(api.begin()); });
  const slow = { ...api, begin };
  const dropped = new m.Transfer(new Source(), 9, null, slow, send);
  const leaving = dropped.run().catch((error) => error.name);
  await turn();
  dropped.stop();
  answer();
  const refused = new m.Transfer(Source.of(new Blob(["abcd"])), 4, null, api, send);
  store.fail = [new Problem(413, "too large")];
  const why = await refused.run().catch((error) => error.message);
  const { begins, aborted } = store;
  store.sent = [];
  store.fail = [0, 503, 0, 404, 503, 0].map((status) => new Problem(status, ""));
  const three = new m.Transfer(Source.of(new Blob(["abcdef"])), 6, null, api, send);
  const whole = three.run();
  for (let n = 0; n < 9; n += 1) { await turn(); tryNow(); }
  await whole;
  const anew = [store.begins - begins, (await texts(store.sent.slice(-3))).toSorted()];
  return { anew, told: [...new Set(told)], begins, ended: await leaving, aborted, why };
"""


def test_a_transfer_follows_a_growing_file_and_outlives_outages(run: Callable[..., Any]) -> None:
    found = run("uploads/multipart", f"await (async () => {{ {STORE} {TRANSFERS} }})()")
    assert found == {
        "early": ["ab"],
        "whilePaused": 1,
        "before": 0,
        "key": "k",
        "sent": ["ab", "cd", "e"],
        "completed": [1, 2, 3],
    }
    found = run("uploads/multipart", f"await (async () => {{ {STORE} {OUTAGES} }})()")
    assert found["told"] == [503, 0]
    assert found["begins"] == 4, "again after 404; one for each of the others"
    assert (found["ended"], found["aborted"]) == ("AbortError", 1), "begun while it was stopped"
    assert found["why"] == "too large"
    assert found["anew"] == [2, ["ab", "cd", "ef"]], "all of it, though parts were on their way"


ENDED_MEANWHILE = """await (async () => {
  const { dispatch, state } = await import("/studio/store.js");
  const mentor = (id) => ({ mentor: id, name: "", thumbnail: null });
  const open = (id) => dispatch({ type: "opened", mentor: mentor(id), questions: [], takes: [] });
  const upload = { upload_id: "u", question: "q", mentor: "m", tasks: [] };
  let ask;
  window.setInterval = (action) => (ask = action);
  window.fetch = async (url) => {
    if (!String(url).includes("/questions")) {
      const ended = { ...upload, state: "READY", finished_at: "2026-01-02" };
      return Response.json({ data: { uploads: [ended] } });
    }
    open("another"); // while the questions of the first are read again
    return Response.json({ data: { mentor: mentor("m"), questions: [] } });
  };
  open("m");
  dispatch({ type: "uploads", uploads: [{ ...upload, state: "QUEUED", finished_at: null }] });
  m.followState();
  await ask();
  return [state.peek().mentor.mentor, state.peek().uploads];
})()"""


def test_what_ends_while_another_mentor_is_opened_is_none_of_theirs(
    run: Callable[..., Any],
) -> None:
    assert run("uploads/following", ENDED_MEANWHILE) == ["another", {}]


def test_events_are_found_in_pieces_of_a_stream(run: Callable[..., Any]) -> None:
    text = 'id: a\nevent: status\ndata: {"x": 1}\n\n: still here\n\nid: b\nevent: ov'
    found = run("uploads/status-feed", "m.parseEvents(given)", text)
    assert found["events"] == [{"id": "a", "event": "status", "data": '{"x": 1}'}]
    assert found["rest"] == "id: b\nevent: ov"


def test_the_word_that_is_spoken(run: Callable[..., Any]) -> None:
    words = [
        {"text": t, "start": s, "end": s + 0.4} for t, s in (("one", 1), ("two", 1.5), ("six", 9))
    ]
    at = "given.map((t) => m.spokenAt(WORDS, t))".replace("WORDS", str(words))
    assert run("words/words", at, [0.5, 1.0, 1.45, 1.6, 5.0, 9.1]) == [-1, 0, 0, 1, -1, 2]


def test_languages_have_names(run: Callable[..., Any]) -> None:
    names = run("format", "given.map(m.languageName)", ["es", "zh", "he", "not_a tag"])
    assert names == ["Spanish", "Chinese", "Hebrew", "not_a tag"]


def test_times_sizes_and_ids_in_words(run: Callable[..., Any]) -> None:
    assert run("format", "[0, 9.96, 62.5, 3600].map(m.clock)") == [
        "0:00.0",
        "0:10.0",
        "1:02.5",
        "60:00.0",
    ]
    assert run("format", "[0, 1, 61, 120].map(m.spoken)") == [
        "0 seconds",
        "1 second",
        "1 minute 1 second",
        "2 minutes",
    ]
    assert run("format", "[0, 12, 8_400_000, 62_914_560].map(m.size)") == [
        "0 KB",
        "1 KB",
        "8.4 MB",
        "63 MB",
    ]
    mentor = "5EE0000000000000000000b1"
    pasted = [f" {mentor} ", f"https://example.org/?mentor={mentor}&x=1", "Olive Owner"]
    assert run("format", "given.map(m.mentorIdIn)", pasted) == [mentor.lower()] * 2 + [""]


def test_an_h264_recording_is_known_by_its_first_bytes(run: Callable[..., Any]) -> None:
    good = b"\0\0\0\x18ftypiso5 avcC\x01\x64\0\x1f mdat media"
    broken = (good.replace(b"ftyp", b"\0\0\0\0"), good.replace(b"avcC\x01\x64", b"avcC\x01\0"))
    cut, vp9 = good[:-6], good.replace(b"avcC", b"vpcC")
    given = [list(each) for each in (good, *broken, cut, vp9)]
    known = "given.map((each) => m.isH264Mp4(Uint8Array.from(each)))"
    found = run("recording/recorder", known, given)
    assert found == [True, False, False, False, False]


def test_a_recorder_of_which_nothing_comes_is_not_used(run: Callable[..., Any]) -> None:
    kinds = """await Promise.all(given.map((piece) => {
      window.MediaRecorder = class {
        static isTypeSupported = (kind) => kind === "video/mp4";
        state = "recording";
        start() {
          setTimeout(() => {
            this.ondataavailable({ data: new Blob([piece]) });
            this.stop();
          });
        }
        stop() {
          this.state = "inactive";
          setTimeout(() => this.onstop());
        }
      };
      return m.recordedKind(null);
    }))"""
    assert run("recording/recorder", kinds, ["", "media"]) == [None, "video/mp4"]


def test_room_for_less_than_ten_minutes_is_worth_a_word(run: Callable[..., Any]) -> None:
    room = """[[200e6, 0], [100e6, 60e6], [1, 2], [undefined, 0]]
      .map(([quota, usage]) => m.minutesLeft({ quota, usage }))"""
    assert run("takes/room", room) == [10, 2, 0, None]
    words = "[null, 10, 2, 1].map((minutes) => m.shortage(minutes)?.slice(0, 47) ?? null)"
    assert run("takes/room", words) == [
        None,
        None,
        "This browser has room for about 2 minutes of re",
        "This browser has room for about 1 minute of rec",
    ]


WITHOUT_A_PICTURE = """await (async () => {
  const { append } = await import("/studio/takes/database.js");
  const { dispatch, state } = await import("/studio/store.js");
  dispatch({ type: "mentors", user: "p", mentors: [], maxBytes: 1 });
  dispatch({ type: "opened", mentor: { mentor: "m" }, questions: [], takes: [] });
  const known = { owner: "p", mentor: "m", question: "q", kind: "video/mp4", at: 0, bytes: 1 };
  const standing = { upload: null, setAside: false, deleted: false };
  for (const [id, head] of [["broken", "    ftyp"], ["whole", "    ftyp....mdat....."]]) {
    await append({ id, ...known, ...standing, seconds: 1 }, 0, new Blob([head]));
  }
  const shown = () => (state.peek().takes.q ?? []).map(({ id, setAside }) => [id, setAside]);
  await m.reread("m");
  const first = shown();
  await m.sent({ mentor: "m", question: "q", take: null }, "u");
  return [first, shown(), await m.count()];
})()"""


def test_of_a_crash_before_the_first_picture_no_take_is_ever_shown(run: Callable[..., Any]) -> None:
    assert run("takes/takes", WITHOUT_A_PICTURE) == [[["whole", False]], [["whole", True]], 1]


LOADED = """() => performance.getEntriesByType("resource")
  .map(({ name }) => new URL(name).pathname.slice(1)).filter((path) => path.endsWith(".js"))"""


@pytest.mark.parametrize("name", ["studio", "ops"])
def test_all_modules_are_asked_for_before_one_of_them_is_there(
    running: RunningStack, open_page: Callable[..., tuple[Page, Watch]], name: str
) -> None:
    page, _ = open_page()
    address = f"{running.endpoints['api']}/{name}"
    named = page.request.get(address).text().count('rel="modulepreload"')
    assert named > 20
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)
        if len(held) == named + 1:
            for each in held:
                each.continue_()

    page.route("**/*.js", hold)
    page.goto(address, wait_until="commit")
    page.get_by_role("dialog", name="Sign in").wait_for()  # never, if one of them leads to another
    asked = sorted(urlsplit(route.request.url).path[1:] for route in held)
    assert sorted(page.evaluate(LOADED)) == asked, "each of them once, and no other"

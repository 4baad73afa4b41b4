"""The studio's modules without the page around them, in the browser that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentor_common.captions import check_vtt
from mentor_common.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from browsing import StudioPage

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


def test_captions_are_accepted_if_and_only_if_a_real_browser_shows_them(
    studio: Callable[..., StudioPage],
) -> None:
    page = studio().page
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
  render(h(m.Choose, { idle: false, unfinished: null, maxBytes: given.limit, ...then }), view);
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


def test_only_what_has_not_arrived_is_planned(run: Callable[..., Any]) -> None:
    plan = "m.plan(given.size, given.part, given.stored)"
    parts = run("uploads/multipart", plan, {"size": 20 * MIB, "part": 8 * MIB, "stored": [2]})
    assert [(p["number"], p["start"], p["end"]) for p in parts] == [
        (1, 0, 8 * MIB),
        (3, 16 * MIB, 20 * MIB),
    ]
    whole = {"size": 16 * MIB, "part": 8 * MIB, "stored": []}
    assert len(run("uploads/multipart", plan, whole)) == 2
    assert run("uploads/multipart", plan, {"size": 1, "part": 8 * MIB, "stored": [1]}) == []
    waits = run("uploads/multipart", "[1, 2, 3, 9].map((n) => [m.backoff(n, 0), m.backoff(n, 1)])")
    assert waits == [[250, 500], [500, 1000], [1000, 2000], [5000, 10000]]


PAUSED_WHILE_SIGNING = """await (async () => {
  let requests = 0;
  let pauses = 1;
  const stub = {
    stored: async () => [],
    sign: async (_, numbers) => {
      if (pauses-- > 0) sending.pause();
      return numbers.map((n) => ({ part_number: n, url: "/unused" }));
    },
    complete: async () => {},
  };
  const sending = new m.Sending(new Blob(["ab"]), { part_size: 1 }, stub, () => {});
  sending.put = async () => { requests += 1; return "etag"; };
  const arrived = sending.run();
  await new Promise((resolve) => setTimeout(resolve)); // all that is pending has run by then
  const whilePaused = requests;
  sending.resume();
  await arrived;
  return [whilePaused, requests];
})()"""


def test_a_pause_holds_for_a_part_whose_address_is_being_signed(run: Callable[..., Any]) -> None:
    assert run("uploads/multipart", PAUSED_WHILE_SIGNING) == [0, 2]


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


def test_times_sizes_and_reasons_in_words(run: Callable[..., Any]) -> None:
    reason = "waiting for a free transcoder: 3 uploads ahead"
    assert run("format", "m.plainly(given)", reason) == reason.replace("transcoder", "machine")
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
    assert run("format", "[12, 8_400_000, 62_914_560].map(m.size)") == ["1 KB", "8.4 MB", "63 MB"]


def test_an_h264_recording_is_known_by_its_first_bytes(run: Callable[..., Any]) -> None:
    good = b"\0\0\0\x18ftypiso5 avcC\x01\x64\0\x1f mdat media"
    broken = (good.replace(b"ftyp", b"\0\0\0\0"), good.replace(b"avcC\x01\x64", b"avcC\x01\0"))
    cut, vp9 = good[:-6], good.replace(b"avcC", b"vpcC")
    given = [list(each) for each in (good, *broken, cut, vp9)]
    known = "given.map((each) => m.isH264Mp4(Uint8Array.from(each)))"
    found = run("recording/recorder", known, given)
    assert found == [True, False, False, False, False]


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

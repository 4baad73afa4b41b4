"""Choosing the part of a video, and the mentor's picture from its frames."""

from __future__ import annotations

import base64
import io
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from browsing import WATCH_SHIFTS, check_calm, check_zoomed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from browsing import StudioPage
    from mentor_local.running import RunningStack

    Keep = Callable[[Page, str], None]

PHONE = {"width": 360, "height": 740}
VOICE_S = 0.35
"""How exactly it is known when a synthetic voice begins."""
VIDEO = "document.querySelector('.workspace .screen video')"


def test_a_part_keeps_a_second_stays_inside_and_can_be_undone(run: Callable[..., Any]) -> None:
    moved = "m.moved(given.range, given.edge, given.to, 10)"
    whole = {"start": 0, "end": 10}
    assert run("cutting/range", moved, {"range": whole, "edge": "start", "to": -3}) == whole
    late = run("cutting/range", moved, {"range": whole, "edge": "start", "to": 12})
    assert late == {"start": 9, "end": 10}
    early = run("cutting/range", moved, {"range": {"start": 4, "end": 10}, "edge": "end", "to": 1})
    assert early == {"start": 4, "end": 5}
    assert run("cutting/range", "m.asRequest(given, 10)", whole) is None
    rounded = run("cutting/range", "m.asRequest({start: 0, end: 9.00049}, 10)")
    assert rounded == {"start": 0, "end": 9}
    histories = """(() => {
      const at = (start) => ({ start, end: 10 });
      const drag = [1, 2, 3].reduce((h, to) => m.changed(h, at(to), "drag 1"), m.begun(at(0)));
      const then = m.changed(m.changed(drag, at(4)), at(5), "drag 2");
      const all = [then];
      const { undone, redone } = m;
      for (const how of [undone, undone, undone, undone, redone]) all.push(how(all.at(-1)));
      const other = m.changed(all.at(-1), at(7));
      const same = m.changed(then, at(5)) === then;
      return [all.map((h) => h.range.start), other.future.length, same];
    })()"""
    assert run("cutting/range", histories) == [[5, 4, 3, 0, 0, 3], 0, True]


def test_times_are_read_as_people_write_them(run: Callable[..., Any]) -> None:
    read = {
        "1:02.5": 62.5,
        " 1:02,5 ": 62.5,
        "62.5": 62.5,
        ".5": 0.5,
        "7": 7,
        "1 : 02": 62,
        "1.02.5": 62.5,
        "1:00:02": 3602,
        "1m 2.5s": 62.5,
        "1 minute 2.5 seconds": 62.5,
        "2 min": 120,
        "90m": 5400,
        "\u0663:\u0660\u0664\u066b\u0665": 184.5,  # as Arabic keyboards write 3:04.5
        "\uff11\uff1a\uff10\uff12": 62,  # as Japanese ones write 1:02
        "": None,
        "soon": None,
        "1:75": None,
        "1m75s": None,
        "1 2": None,
        "-3": None,
        "1:2:3:4": None,
        "300ms": None,
        "1e3": None,
    }
    assert run("cutting/times", "given.map(m.parse)", list(read)) == list(read.values())
    written = run("cutting/times", "[0, 9.96, 62.5, 62.533, 59.999, 3600].map(m.written)")
    assert written == ["0:00.0", "0:09.96", "1:02.5", "1:02.53", "1:00.0", "60:00.0"]
    again = """Array.from({ length: 40_000 }, (_, n) => n / 100)
      .filter((at) => Math.abs(m.parse(m.written(at)) - at) > 1e-9)"""
    assert run("cutting/times", again) == [], "what a field shows can be typed"
    typed = """[["start", "0:11"], ["start", "9.04"], ["end", "never"], ["end", "10.02"]]
      .map(([edge, text]) => m.typed({ start: 2, end: 10 }, edge, text, 10))"""
    assert run("cutting/range", typed) == [
        {"problem": "outside", "least": 0, "most": 9},
        {"range": {"start": 9, "end": 10}},
        {"problem": "unreadable"},
        {"range": {"start": 2, "end": 10}},
    ]


REACHED = """(() => {
  const [width, duration] = [268, 300];
  const whole = { from: 0, to: duration };
  const missed = { zoomed: [], fine: [], outside: [] };
  for (let tenth = 0; tenth <= duration * 10; tenth += 1) {
    const at = tenth / 10;
    // Zoomed in as far as it goes, at any place: some pixel is this tenth.
    const view = m.showing(m.zoomed(whole, 1000, 150, duration), at, duration);
    const perPixel = (view.to - view.from) / width;
    const pixel = Math.round(m.shareOf(view, at) * width);
    const chosen = m.snapped(m.secondsAt(view, pixel / width), perPixel);
    if (Math.abs(chosen - at) > 0.005) missed.zoomed.push(at);
    const inside = view.from >= 0 && view.to <= duration && at >= view.from && at <= view.to;
    if (!inside) missed.outside.push(at);
  }
  // Not zoomed, but pulled down: some movement of a whole pixel lands on each tenth.
  const perPixel = (duration / width) * m.fineness(100);
  const landed = new Set();
  for (let at = 0; at <= duration + 1; at += perPixel) landed.add(m.snapped(at, perPixel));
  for (let tenth = 0; tenth <= duration * 10; tenth += 1) {
    if (!landed.has(tenth / 10)) missed.fine.push(tenth / 10);
  }
  return missed;
})()"""
ZOOMS = """(() => {
  const wrong = [];
  for (const duration of [0.4, 1, 7.3, 300, 3600]) {
    for (const share of [0, 0.2, 0.9, 1]) {
      let view = { from: 0, to: duration };
      for (const factor of [2, 8, 0.5, 1000, 0.25, 3, 1e-6]) {
        const before = view;
        const at = m.secondsAt(before, share);
        view = m.zoomed(before, factor, at, duration);
        const length = view.to - view.from;
        const longEnough = length >= Math.min(2, duration) - 1e-9;
        const inside = longEnough && view.from >= 0 && view.to <= duration + 1e-9;
        const atAnEnd = view.from < 1e-9 || view.to > duration - 1e-9;
        const stays = atAnEnd || Math.abs(m.shareOf(view, at) - share) < 1e-9;
        if (!inside || !stays) wrong.push({ duration, share, factor, before, view });
      }
      if (!m.isWhole(view, duration)) wrong.push({ duration, view });
    }
  }
  return wrong;
})()"""


def test_every_tenth_of_five_minutes_is_reached_on_268_pixels(run: Callable[..., Any]) -> None:
    assert run("cutting/view", REACHED) == {"zoomed": [], "fine": [], "outside": []}
    assert run("cutting/view", ZOOMS) == []
    panned = "m.panned({ from: 10, to: 20 }, given, 60)"
    assert run("cutting/view", panned, -99) == {"from": 0, "to": 10}
    assert run("cutting/view", panned, 99) == {"from": 50, "to": 60}


# Speech is loud and quiet in turns; noise goes up and down a little.
HEARD = """(() => {
  const rate = 50;
  const heard = ({ length, speech, clicks = [], noise, loud }) => {
    const noisy = (_, n) => noise * (1 + 0.4 * Math.sin(n * 7));
    const values = Float32Array.from({ length: length * rate }, noisy);
    for (const [from, to] of speech) {
      for (let n = from * rate; n < to * rate; n += 1) {
        const word = n % 25 < 20 ? loud * (0.5 + 0.5 * Math.abs(Math.sin(n))) : 0;
        values[n] = Math.max(values[n], word);
      }
    }
    for (const click of clicks) values.fill(1, click * rate, click * rate + 3);
    return { values, rate };
  };
  return given.map((each) => m.withoutSilence(heard(each), each.length));
})()"""


def test_silence_at_the_ends_is_found_above_any_noise(run: Callable[..., Any]) -> None:
    usual = {"length": 20, "speech": [[3, 8], [9, 16]], "noise": 0.002, "loud": 0.1}
    cases = [
        usual,
        usual | {"noise": 0.01},
        usual | {"noise": 0},
        usual | {"noise": 1e-5, "loud": 1e-2},
        usual | {"clicks": [0.5, 19.5]},
    ]
    for found in run("cutting/silence", HEARD, cases):
        assert found["start"] == pytest.approx(3 - 0.3, abs=0.15)
        assert found["end"] == pytest.approx(16 + 0.5, abs=0.15)
    nothing = [
        usual | {"speech": []},
        usual | {"speech": [[0.2, 19.8]]},
        usual | {"noise": 0.05},  # nobody can tell them apart
        usual | {"noise": 0, "loud": 0},
        usual | {"length": 0.4, "speech": [[0.1, 0.2]]},
    ]
    assert run("cutting/silence", HEARD, nothing) == [None] * len(nothing)
    only_behind = run("cutting/silence", HEARD, [usual | {"speech": [[0.1, 9], [9.2, 16]]}])[0]
    assert only_behind["start"] == 0
    left = """[[0, 20], [2.5, 20], [3, 16], [16, 20]].map(([start, end]) =>
      m.silenceIn({ start, end }, { start: 2.7, end: 16.5 }))"""
    assert run("cutting/silence", left) == [
        {"start": pytest.approx(2.7), "end": pytest.approx(3.5)},
        {"start": 0, "end": pytest.approx(3.5)},
        None,
        None,
    ]


LEVELS = """(async () => {
  const { piecesOf } = await import("/studio/cutting/sound-pieces.js");
  const file = new Blob([Uint8Array.from(atob(given), (each) => each.charCodeAt(0))]);
  const context = new OfflineAudioContext(1, 8000, 8000);
  const sound = await context.decodeAudioData(await file.arrayBuffer());
  const whole = sound.getChannelData(0);
  const told = [];
  const tell = (levels) => told.push(levels.values.length);
  const { signal } = new AbortController();
  const { values, rate } = await m.readLevels(file, 6, tell, signal, 1);
  const heard = Array.from({ length: Math.floor((whole.length * rate) / 8000) }, (_, n) => {
    const piece = whole.subarray((n * 8000) / rate, ((n + 1) * 8000) / rate);
    return Math.sqrt(piece.reduce((sum, each) => sum + each * each, 0) / piece.length);
  });
  const mean = (all) => all.reduce((sum, each) => sum + each, 0) / all.length;
  // A decoder that begins anew leaves out, or puts in, a frame or two.
  const off = Math.min(...[-4, -3, -2, -1, 0, 1, 2, 3, 4].map((lag) =>
    mean(heard.map((value, n) => Math.abs(value - (values[n + lag] ?? value))))));
  const pieces = [];
  for await (const piece of piecesOf(file, 6, 1)) pieces.push(piece.size);
  const calls = told.length;
  return {
    pieces: pieces.length,
    share: Math.max(...pieces) / file.size,
    lasts: [values.length / rate, sound.duration],
    off: off / mean(heard),
    told: calls,
    none: await m.readLevels(new Blob(["no sound of any kind"]), 6, tell, signal),
  };
})()"""


# Name, pieces at least, and of the whole file a piece at most.
SOUNDS = [
    ("fragments.mp4", 3, 0.8),  # as Chromium records
    ("clusters.webm", 3, 0.8),  # as Firefox records
    ("spoken.mp4", 1, 0.5),  # as phones make them
]


def test_sound_in_pieces_is_the_sound_of_the_whole(
    run: Callable[..., Any], clip: Callable[[str], Path]
) -> None:
    for name, pieces, share in SOUNDS:
        video = base64.b64encode(clip(name).read_bytes()).decode()
        found = run("cutting/sound", f"await {LEVELS}", video)
        assert found["pieces"] == found["told"] >= pieces, name
        assert found["share"] < share, name
        lasts, whole = found["lasts"]
        assert lasts == pytest.approx(whole, abs=0.15), name
        assert found["off"] < 0.2, name
        assert found["none"] is None


FRAME = """(() => {
  const bytes = Uint8Array.from(atob(given), (each) => each.charCodeAt(0));
  return m.frameSeconds(new Blob([bytes]));
})()"""
TYPICAL = """given.map((runs) =>
  m.typicalSeconds(runs.map(([count, seconds]) => ({ count, seconds }))))"""
USUAL_S = 1 / 30


def test_a_frame_lasts_as_long_as_the_file_says(
    run: Callable[..., Any], clip: Callable[[str], Path]
) -> None:
    film = clip("hesitant.mp4").read_bytes()
    files = {
        "film": (film, 1 / 25),
        "camera": (clip("spoken.mp4").read_bytes(), 1 / 30),
        "fragments": (clip("fragments.mp4").read_bytes(), USUAL_S),
        "webm": (clip("clusters.webm").read_bytes(), USUAL_S),
        "cut off": (film[: len(film) // 2], USUAL_S),
        "nothing": (b"", USUAL_S),
    }
    for name, (content, expected) in files.items():
        found = run("cutting/frame-seconds", f"await {FRAME}", base64.b64encode(content).decode())
        assert found == pytest.approx(expected), name
    held = [[1, 0.4], [60, 0.02], [3, 0.04], [2, 0.01]]
    slides = [[4, 10.0]]
    typical = run("cutting/frame-seconds", TYPICAL, [held, slides, [], [[9, 0.0]]])
    assert typical == [0.02, *[pytest.approx(USUAL_S)] * 3]


def test_cutting_on_a_phone_by_suggestion_numbers_and_small_steps(
    running: RunningStack,
    studio: Callable[..., StudioPage],
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
    keep: Keep,
) -> None:
    question = new_question("What do you say when you have thought about it first?")
    here = studio(lambda page: page.add_init_script(WATCH_SHIFTS), viewport=PHONE, has_touch=True)
    page = here.page
    here.sign_in()
    here.step("choose")
    page.evaluate("id => { location.hash = id; }", question)
    here.says("What do you say when you have thought about it first?")
    here.choose(clip("hesitant.mp4"))
    here.drawn()
    start, end = here.handle("Beginning"), here.handle("End")
    cut_the_silence(here, start, end)
    type_times(here, start)
    step_and_zoom(here, start)
    zoom_by_fingers_and_wheel(here)
    keep(page, "studio-cutting-phone")
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "nothing sticks out to the side"
    play_around(here)
    choose_a_picture(running, here, keep)
    check_calm(page)
    check_zoomed(page)
    expected = {"start": seconds_of(start), "end": seconds_of(end)}
    with running.held("transcoder"), running.held("transcriber"):
        with page.expect_request(lambda r: r.url.endswith("/upload/answer")) as sent:
            here.press("Send this video")
        here.step("progress")
        here.press("Stop this upload")  # else it is worked on while other tests run
        here.step("failed")
    body: Any = sent.value.post_data_json
    assert body["trim"] == pytest.approx(expected, abs=0.006)
    assert body["generateThumbnail"] is False, "it would take the place of the chosen one"


def seconds_of(handle: Locator) -> float:
    """Return where a handle is."""
    return float(handle.get_attribute("aria-valuenow") or "nan")


def cut_the_silence(here: StudioPage, start: Locator, end: Locator) -> None:
    """Take the suggestion, go back, and take it again."""
    here.says("Silence: 1.")
    expect(here.page.locator(".strip .silence")).to_have_count(2)
    here.press("Cut the silence")
    here.says("No silence to cut at the ends.")
    assert seconds_of(start) == pytest.approx(1.5 - 0.3, abs=VOICE_S)
    assert 4.5 < seconds_of(end) < 6.5
    cut = start.get_attribute("aria-valuenow") or ""
    here.press("Undo")
    here.page.locator(".chosen", has_text="The whole video").wait_for()
    expect(here.page.locator("#announcements")).to_contain_text("The whole video, 8")
    here.press("Redo")
    expect(start).to_have_attribute("aria-valuenow", cut)


def type_times(here: StudioPage, start: Locator) -> None:
    """Type times that are none, that cannot be, and that can."""
    field = here.page.get_by_role("textbox", name="Beginning, minutes and seconds")
    field.fill("soon")
    field.press("Enter")
    here.says("Enter a time such as 1:02.5")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("0:07.9")
    field.press("Enter")
    here.says("Enter a time from 0:00.0 to 0:0")
    field.fill("2,5")
    field.press("Enter")
    expect(start).to_have_attribute("aria-valuetext", "starts at 2.5 seconds")
    expect(field).to_have_value("0:02.5")
    expect(field).to_have_attribute("aria-invalid", "false")


def step_and_zoom(here: StudioPage, start: Locator) -> None:
    """Move by frames and tenths; then drag a hundredth where the strip shows two seconds."""
    here.press("Beginning: one frame later")
    # The film has 25 frames a second.
    expect(start).to_have_attribute("aria-valuetext", "starts at 2.54 seconds")
    here.press("Beginning: +0.1 seconds")
    start.press(",")
    expect(start).to_have_attribute("aria-valuetext", "starts at 2.6 seconds")
    for _ in range(3):
        start.press("+")
    nearer = here.page.get_by_role("button", name="Zoom in")
    expect(nearer).to_have_attribute("aria-disabled", "true")  # the strip shows two seconds
    box = start.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = here.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 12, y)
    mouse.up()
    strip = here.page.locator(".strip").bounding_box()
    assert strip
    assert seconds_of(start) == pytest.approx(2.6 + 12 * 2 / strip["width"], abs=0.011)
    start.press("Control+z")
    assert seconds_of(start) == pytest.approx(2.6, abs=0.01)


SEEN = """() => {
  const along = document.querySelector(".zoom input");
  const duration = Number(document.querySelector(".handle.end").ariaValueMax);
  return [along.valueAsNumber, duration - along.max];
}"""


def zoom_by_fingers_and_wheel(here: StudioPage) -> None:
    """Pinch, drag and tap the strip with fingers; then zoom and move it with the wheel."""
    page = here.page
    start = here.handle("Beginning")
    start.press("0")
    strip = page.locator(".strip .sound").bounding_box()
    assert strip
    y = strip["y"] + strip["height"] / 2
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *shares: float) -> None:
        points = [
            {"x": strip["x"] + share * strip["width"], "y": y, "id": n}
            for n, share in enumerate(shares)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def seen(begins: float, lasts: float) -> None:
        from_s, length = page.evaluate(SEEN)
        assert (from_s, length) == (
            pytest.approx(begins, abs=0.1),
            pytest.approx(lasts, abs=0.1),
        )

    seen(0, 8)
    fingers("touchStart", 0.4, 0.6)
    fingers("touchMove", 0.3, 0.7)
    fingers("touchEnd")
    seen(2, 4)  # what was beneath each finger still is
    fingers("touchStart", 0.5)
    fingers("touchMove", 0.25)
    fingers("touchEnd")
    seen(3, 4)
    before = page.evaluate(f"{VIDEO}.currentTime")
    fingers("touchStart", 0.3, 0.5)
    fingers("touchEnd")
    assert page.evaluate(f"{VIDEO}.currentTime") == before, "two fingers do not tap"
    fingers("touchStart", 0.5)
    fingers("touchEnd")
    assert page.evaluate(f"{VIDEO}.currentTime") == pytest.approx(5, abs=0.1)

    page.mouse.move(strip["x"] + strip["width"] / 4, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.mouse.wheel(strip["width"] / 2, 0)
    here.until(f"Math.abs(({SEEN})()[0] - 4.5) < 0.1")
    seen(4.5, 2)


def play_around(here: StudioPage) -> None:
    """Play over an edge; the player stops by itself two seconds behind it."""
    here.page.evaluate(f"""() => {{
      const video = {VIDEO};
      video.playbackRate = 3;
      window.stopped = new Promise((resolve) => {{
        const tell = () => resolve(video.currentTime);
        const wait = () => video.addEventListener("pause", tell, {{ once: true }});
        video.addEventListener("play", wait, {{ once: true }});
      }});
    }}""")
    here.press("Beginning: Play around it")
    assert 4.6 <= float(here.page.evaluate("window.stopped")) < 7.9, "the video lasts 8 seconds"


def choose_a_picture(running: RunningStack, here: StudioPage, keep: Keep) -> None:
    """Choose a frame; the mentor's picture is that frame."""
    page = here.page
    here.press("Choose a frame of this video")
    here.until("document.activeElement.ariaLabel === 'Moment of the video'")
    page.get_by_role("button", name="Frame at 3").first.click()
    here.until("!document.querySelector('.frame-picker video').seeking")
    shown = page.evaluate("""() => {
      const video = document.querySelector(".frame-picker video");
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
      canvas.getContext("2d").drawImage(video, 0, 0);
      return canvas.toDataURL("image/png").split(",")[1];
    }""")
    check_zoomed(page)
    keep(page, "studio-frames-phone")
    here.press("Use this frame")
    here.says("This is your picture now")
    here.focused("Choose a frame of this video")
    mentor = {"mentor": running.endpoints["mentor"]}
    found = running.ui.query("query M($mentor: ID!) { mentor(id: $mentor) { thumbnail } }", mentor)
    with urllib.request.urlopen(found["mentor"]["thumbnail"]) as response:  # noqa: S310 -- ours
        stored = Image.open(io.BytesIO(response.read())).convert("RGB")
    frame = Image.open(io.BytesIO(base64.b64decode(shown))).convert("RGB")
    assert stored.size == frame.size == (320, 180)
    assert max(ImageStat.Stat(ImageChops.difference(stored, frame)).mean) < 8

// Recording with the camera: what is needed before, the countdown, the recording, and the take that comes of it.
import { announce } from "../../shared/dom.js";
import { Button, h, Note, useEffect, useRef, useState } from "../../shared/ui.js";
import { clock } from "../format.js";
import { questionOf } from "../standing.js";
import { state, work } from "../store.js";
import { useShortage } from "../takes/room.js";
import { devices as deviceTexts, record as texts, room as roomTexts } from "../texts.js";
import { camera } from "./camera.js";
import { useCountdown } from "./countdown.js";
import { useKeys } from "./keys.js";
import { Level, useLoudness, VerdictNote } from "./level.js";
import { stopWhenLost } from "./lost.js";
import { Notes } from "./notes.js";
import { Picker } from "./picker.js";
import { startRecording } from "./recording.js";
import { Self } from "./self.js";
import { TroubleNote } from "./trouble-note.js";

const TICK_MS = 100;

/** @typedef {import("./recording.js").Recording} Recording */

/**
 * The view that records an answer to a question.
 * @param {{question: string}} props
 */
export function Record({ question }) {
  const { stream, ready, trouble } = camera.value;
  const [recording, setRecording] = useState(/** @type {Recording|null} */ (null));
  const [kept, setKept] = useState(true);
  const stage = useRef(/** @type {HTMLDivElement|null} */ (null));
  const countdown = useCountdown();
  const shortage = useShortage();
  const { user, mentor } = state.value;
  const paused = recording?.time.paused.value ?? false;
  const { meter, verdict } = useLoudness(stream, recording !== null && !paused);
  const idle = questionOf(state.value, question)?.idle; // silent as it should be
  // Whoever turns to another question keeps what was recorded.
  useEffect(() => () => recording?.stop(), [recording]);

  const begin = async () => {
    // What is read meanwhile is as near to the lens as it can be.
    stage.current?.closest(".workspace")?.scrollIntoView();
    const stillHere = await countdown.run();
    const { stream, kind, ready } = camera.peek();
    if (!stillHere || !stream || !ready) return; // left or turned off while it was counted
    const recording = startRecording(stream, kind, question, setKept);
    const lost = stopWhenLost(stream, recording);
    setRecording(recording);
    recording.done.then((made) => show(question, made, lost()));
    announce(texts.recording);
  };
  const pause = () => {
    if (!recording) return;
    recording.time.toggle();
    announce(recording.time.paused.peek() ? texts.paused : texts.recording);
  };
  useKeys((command) => {
    if (command === "pause") pause();
    else if (recording) recording.stop();
    else if (countdown.left > 0) countdown.skip();
    else if (ready) begin();
  });

  return h(
    "div",
    { class: "recording stack" },
    h(
      "div",
      { class: "stage", ref: stage },
      h(Notes, { whose: { user, mentor: mentor?.mentor ?? "", question } }),
      h(
        "div",
        { class: "screen" },
        h(Self, { stream }),
        !stream && !trouble && h("p", { class: "waiting" }, texts.waiting),
        countdown.left > 0 && h("span", { class: "countdown", "aria-hidden": "true" }, countdown.left),
        recording && h(Elapsed, { recording }),
        h(VerdictNote, { verdict: idle ? "good" : verdict }),
      ),
    ),
    h(Level, { meter }),
    shortage && h(Note, { kind: "warn", title: roomTexts.title, text: shortage }),
    !kept && h(Note, { kind: "bad", title: roomTexts.unkept, text: roomTexts.unkeptWhy }),
    trouble && h(TroubleNote, { trouble }),
    h(Controls, { recording, countdown, ready, begin, pause, back: () => work(question, { step: "choose" }) }),
    h(Picker, { locked: recording !== null || countdown.left > 0 }),
  );
}

/**
 * The buttons, and the keys that press them; the next one to be pressed has the focus.
 * @param {{recording: Recording|null, countdown: import("./countdown.js").Countdown, ready: boolean, begin: () => Promise<void>, pause: () => void, back: () => void}} props
 */
function Controls({ recording, countdown, ready, begin, pause, back }) {
  const next = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const counting = countdown.left > 0;
  const started = useRef(false);
  useEffect(() => {
    if (ready && !started.current) next.current?.focus(); // later the camera may be another one, chosen with the focus elsewhere
    started.current ||= ready;
  }, [ready]);
  useEffect(() => {
    if (recording || counting) next.current?.focus();
  }, [recording, counting]);
  return h(
    "div",
    { class: "row controls" },
    recording
      ? h(Button, { key: "stop", action: recording.stop, class: "primary", "aria-keyshortcuts": "R", ref: next }, texts.stop)
      : counting
        ? h(Button, { key: "skip", action: countdown.skip, class: "primary", "aria-keyshortcuts": "R", ref: next }, texts.skip)
        : h(Button, { key: "start", action: begin, class: "record primary", disabled: !ready, "aria-keyshortcuts": "R", "data-next": ready, ref: next }, texts.start),
    recording && h(Button, { key: "pause", action: pause, "aria-keyshortcuts": "P" }, recording.time.paused.value ? texts.resume : texts.pause),
    !recording && h(Button, { key: "back", action: back, class: "quiet" }, texts.back),
    h(
      "p",
      { class: "keys small soft" },
      h("span", {}, h("kbd", {}, "R"), " ", texts.keys.record),
      h("span", {}, h("kbd", {}, "P"), " ", texts.keys.pause),
    ),
  );
}

/** The time that was recorded. @param {{recording: Recording}} props */
function Elapsed({ recording }) {
  const { time } = recording;
  const paused = time.paused.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (paused) return;
    const ticking = setInterval(() => tick((ticks) => ticks + 1), TICK_MS);
    return () => clearInterval(ticking);
  }, [paused]);
  return h("span", { class: `clock ${paused ? "paused" : ""}` }, h("span", { class: "time" }, clock(time.seconds)), paused && ` ${texts.paused}`);
}

/**
 * Show what was recorded, ready to be sent.
 * @param {string} question
 * @param {{file: File, take: import("../takes/takes.js").Take|null}} made
 * @param {import("./devices.js").Kind|null} lost
 */
function show(question, { file, take }, lost) {
  const { shown, work: now } = state.peek();
  if (now[question]?.step !== "record") return;
  if (lost) announce(deviceTexts.lost[lost]);
  work(question, { step: "prepare", file, take: take?.id ?? null, recorded: shown === question, lost });
}

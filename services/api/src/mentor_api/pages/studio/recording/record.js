// Recording with the camera: countdown, recording, and the take that comes of it.
import { announce } from "../../shared/dom.js";
import { Button, h, Note, useEffect, useRef, useState } from "../../shared/ui.js";
import { clock } from "../format.js";
import { state, work } from "../store.js";
import { useShortage } from "../takes/room.js";
import { record as texts, room as roomTexts } from "../texts.js";
import { camera, tryAgain } from "./camera.js";
import { Level } from "./level.js";
import { startRecording } from "./recording.js";
import { Self } from "./self.js";

const COUNTDOWN = 3;
const COUNT_MS = 800;
const TICK_MS = 100;

/**
 * The view that records an answer to a question.
 * @param {{question: string}} props
 */
export function Record({ question }) {
  const { stream, ready, trouble } = camera.value;
  const [count, setCount] = useState(0);
  const [recording, setRecording] = useState(/** @type {import("./recording.js").Recording|null} */ (null));
  const [kept, setKept] = useState(true);
  const shortage = useShortage();
  const start = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const stop = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const skip = useRef(() => {});
  const mounted = useMounted();
  useEffect(() => start.current?.focus(), [ready]);
  useEffect(() => stop.current?.focus(), [recording]);
  // Whoever turns to another question keeps what was recorded.
  useEffect(() => () => recording?.stop(), [recording]);

  const begin = async () => {
    const skipped = new Promise((resolve) => (skip.current = () => resolve(true)));
    for (let left = COUNTDOWN; left > 0 && mounted.current; left -= 1) {
      setCount(left);
      announce(String(left));
      const counted = new Promise((resolve) => setTimeout(resolve, COUNT_MS));
      if (await Promise.race([skipped, counted])) break;
    }
    if (!mounted.current) return;
    setCount(0);
    const { stream, kind } = camera.peek();
    if (!stream) return; // turned off while it was counted
    const recording = startRecording(stream, kind, question, setKept);
    setRecording(recording);
    recording.done.then((made) => show(question, made));
    announce(texts.recording);
  };

  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "screen" },
      h(Self, { stream }),
      count > 0 && h("span", { class: "countdown", "aria-hidden": "true" }, count),
      recording && h(Elapsed, {}),
    ),
    h("div", { class: "row" }, h("span", { class: "small soft" }, texts.sound), h(Level, { stream })),
    shortage && h(Note, { kind: "warn", title: roomTexts.title, text: shortage }),
    !kept && h(Note, { kind: "bad", title: roomTexts.unkept, text: roomTexts.unkeptWhy }),
    trouble &&
      h(
        Note,
        { kind: "bad", title: texts.noCamera, text: trouble },
        h("div", { class: "row" }, h(Button, { action: tryAgain, class: "small" }, texts.tryAgain)),
      ),
    h(
      "div",
      { class: "row" },
      recording
        ? h(Button, { key: "stop", action: recording.stop, class: "primary", ref: stop }, texts.stop)
        : h(Button, { key: "start", action: begin, class: "record primary", disabled: !ready || count > 0, "data-next": ready, ref: start }, texts.start),
      count > 0 && h(Button, { key: "skip", action: () => skip.current() }, texts.skip),
      !recording && h(Button, { key: "back", action: () => work(question, { step: "choose" }), class: "quiet" }, texts.back),
    ),
  );
}

/** The time since it appeared. */
function Elapsed() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const began = performance.now();
    const ticking = setInterval(() => setSeconds((performance.now() - began) / 1000), TICK_MS);
    return () => clearInterval(ticking);
  }, []);
  return h("span", { class: "time" }, clock(seconds));
}

/**
 * Show what was recorded, ready to be sent.
 * @param {string} question
 * @param {{file: File, take: import("../takes/takes.js").Take|null}} made
 */
function show(question, { file, take }) {
  const { shown, work: now } = state.peek();
  if (now[question]?.step === "record") work(question, { step: "prepare", file, take: take?.id ?? null, recorded: shown === question });
}

function useMounted() {
  const mounted = useRef(true);
  useEffect(() => () => void (mounted.current = false), []);
  return mounted;
}

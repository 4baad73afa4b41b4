// Recording with the camera: countdown, recording, and the take that comes of it.
import { announce } from "../../shared/dom.js";
import { Button, h, Note, useEffect, useRef, useState } from "../../shared/ui.js";
import { clock } from "../format.js";
import { state, work } from "../store.js";
import * as takes from "../takes/takes.js";
import { record as texts } from "../texts.js";
import { camera } from "./camera.js";
import { Level } from "./level.js";
import { fileOf, recorderOf } from "./recorder.js";
import { Self } from "./self.js";

const COUNTDOWN = 3;
const COUNT_MS = 800;
const CHUNK_MS = 1000;
const TICK_MS = 100;

/**
 * The view that records an answer to a question.
 * @param {{question: string}} props
 */
export function Record({ question }) {
  const { stream, ready, trouble } = camera.value;
  const [count, setCount] = useState(0);
  const [recorder, setRecorder] = useState(/** @type {MediaRecorder|null} */ (null));
  const start = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const stop = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const mounted = useMounted();
  useEffect(() => start.current?.focus(), [ready]);
  useEffect(() => stop.current?.focus(), [recorder]);
  // Whoever turns to another question keeps what was recorded.
  useEffect(() => () => void (recorder?.state === "recording" && recorder.stop()), [recorder]);

  const begin = async () => {
    for (let left = COUNTDOWN; left > 0 && mounted.current; left -= 1) {
      setCount(left);
      announce(String(left));
      await new Promise((resolve) => setTimeout(resolve, COUNT_MS));
    }
    if (!mounted.current) return;
    setCount(0);
    const { stream, kind } = camera.peek();
    if (!stream) return; // turned off while it was counted
    setRecorder(recording(stream, kind, (file) => keep(question, file)));
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
      recorder && h(Elapsed, {}),
    ),
    h("div", { class: "row" }, h("span", { class: "small soft" }, texts.sound), h(Level, { stream })),
    trouble && h(Note, { kind: "bad", title: texts.noCamera, text: trouble }),
    h(
      "div",
      { class: "row" },
      recorder
        ? h(Button, { key: "stop", action: () => recorder.stop(), class: "primary", ref: stop }, texts.stop)
        : h(Button, { key: "start", action: begin, class: "record primary", disabled: !ready || count > 0, "data-next": ready, ref: start }, texts.start),
      !recorder && h(Button, { action: () => work(question, { step: "choose" }), class: "quiet" }, texts.back),
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
 * A recorder that has begun.
 * @param {MediaStream} stream
 * @param {string|undefined} kind MIME type
 * @param {(file: File) => void} onDone
 */
function recording(stream, kind, onDone) {
  const recorder = recorderOf(stream, kind);
  /** @type {Blob[]} */
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = () => onDone(fileOf(pieces, recorder.mimeType));
  recorder.start(CHUNK_MS);
  return recorder;
}

/** Keep a take, and show it. @param {string} question @param {File} file */
async function keep(question, file) {
  await takes.keep(question, file);
  if (state.peek().work[question]?.step === "record") work(question, { step: "prepare", file, recorded: true });
}

function useMounted() {
  const mounted = useRef(true);
  useEffect(() => () => void (mounted.current = false), []);
  return mounted;
}

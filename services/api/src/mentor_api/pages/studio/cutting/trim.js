// Choosing the part of a video that is kept.
import { announce } from "../../shared/dom.js";
import { Button, h, useEffect, useLayoutEffect, useMemo, useState } from "../../shared/ui.js";
import { clock, spoken } from "../format.js";
import { partPlayer } from "../playing.js";
import { trim as texts } from "../texts.js";
import { EdgeControls } from "./edge.js";
import { Frames } from "./media.js";
import { asRequest, begun, changed, moved, redone, undone } from "./range.js";
import { Silence } from "./silence-line.js";
import { withoutSilence } from "./silence.js";
import { readLevels } from "./sound.js";
import { Strip } from "./strip.js";
import { secondsAt, showing } from "./view.js";
import { Zoom, zoomedByKey } from "./zoom.js";

const AROUND_S = 2;
const LAST_FRAME_S = 0.05; // behind the last frame there is none to show

/** @typedef {import("./range.js").Edge} Edge */

/**
 * @param {object} props
 * @param {File} props.file
 * @param {import("./media.js").Measured} props.measured
 * @param {HTMLVideoElement} props.video that shows what is chosen
 * @param {import("../state.js").Range} props.range that is kept at first
 * @param {(range: import("../state.js").Range) => void} props.onRange told of each change
 */
export function Trim({ file, measured: { url, duration, frame }, video, range: first, onRange }) {
  const [history, setHistory] = useState(() => begun(first));
  const [view, setView] = useState({ from: 0, to: duration });
  const [active, setActive] = useState(/** @type {Edge|null} */ (null));
  const [pictured, setPictured] = useState(false);
  const { levels, heard } = useLevels(file, duration);
  const frames = useFrames(url, duration);
  const { play } = useMemo(() => partPlayer(video), [video]);
  const suggested = useMemo(() => (levels && heard ? withoutSilence(levels, duration) : null), [levels, heard]);
  const { range } = history;
  const around = stays(view, active && range[active]);
  useLayoutEffect(() => onRange(range), [range]);

  const show = (/** @type {Edge} */ edge, /** @type {number} */ at) => {
    setActive(edge);
    setView((view) => showing(view, at, duration));
  };
  const move = (/** @type {Edge} */ edge, /** @type {number} */ to, /** @type {string|null} */ gesture = null) => {
    const at = moved(range, edge, to, duration)[edge];
    setHistory((history) => changed(history, moved(history.range, edge, to, duration), gesture));
    show(edge, at);
    video.pause();
    video.currentTime = Math.min(at, duration - LAST_FRAME_S);
  };
  const choose = (/** @type {import("../state.js").Range} */ range) => {
    setHistory((history) => changed(history, range));
    announce(summary(range, duration, spoken));
  };
  const step = (/** @type {typeof undone} */ how) => {
    if (how(history) === history) return;
    setHistory(how(history));
    announce(summary(how(history).range, duration, spoken));
  };
  const playAround = (/** @type {Edge} */ edge) => {
    const at = range[edge];
    show(edge, at);
    play(Math.max(0, at - AROUND_S), Math.min(duration, at + AROUND_S));
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.target instanceof HTMLInputElement) return;
    const redo = (event.shiftKey && event.key.toLowerCase() === "z") || event.key === "y";
    const zoomed = zoomedByKey(event, view, around, duration);
    if (zoomed) setView(zoomed);
    else if ((event.ctrlKey || event.metaKey) && (redo || event.key === "z")) step(redo ? redone : undone);
    else return;
    event.preventDefault();
  };
  const acts = {
    onView: setView,
    onActive: (/** @type {Edge} */ edge) => show(edge, range[edge]),
    onMove: move,
    onDrawn: () => setPictured(true),
  };
  const controls = { range, duration, frame, onMove: move, now: () => video.currentTime };
  return h(
    "div",
    { class: "stack trim", "data-drawn": pictured && heard ? "true" : undefined, onKeyDown },
    h(Strip, { duration, frame, view, range, suggested, levels, frames, video, ...acts }),
    h(Zoom, { view, duration, around, onView: setView }),
    h("p", { class: "small soft" }, texts.hint, " ", h("span", { class: "keys" }, texts.keys)),
    h(Silence, { range, suggested, state: heard ? (levels ? "known" : "unreadable") : "listening", onCut: choose }),
    h("p", { class: "chosen" }, summary(range, duration, clock)),
    h(
      "div",
      { class: "row acts" },
      h(Button, { action: () => play(range.start, range.end) }, texts.play),
      h(Button, { action: () => choose({ start: 0, end: duration }), class: "quiet" }, texts.whole),
      h(Button, { action: () => step(undone), class: "quiet", "aria-disabled": String(history.past.length === 0) }, texts.undo),
      h(Button, { action: () => step(redone), class: "quiet", "aria-disabled": String(history.future.length === 0) }, texts.redo),
    ),
    h(
      "div",
      { class: "edges" },
      h(EdgeControls, { ...controls, edge: "start", onPlayAround: () => playAround("start") }),
      h(EdgeControls, { ...controls, edge: "end", onPlayAround: () => playAround("end") }),
    ),
  );
}

/** What is chosen, in words. @param {import("../state.js").Range} range @param {number} duration @param {(seconds: number) => string} say */
function summary({ start, end }, duration, say) {
  const whole = asRequest({ start, end }, duration) === null;
  return whole ? texts.all(say(duration)) : texts.part(say(start), say(end), say(end - start), say(duration));
}

/** What keeps its place while zooming: the edge that was turned to, where it is in sight. @param {import("./view.js").View} view @param {number|null} at */
const stays = (view, at) => (at !== null && at >= view.from && at <= view.to ? at : secondsAt(view, 0.5));

/** Loudness as far as it is known, and whether all of it is. @param {File} file @param {number} duration */
function useLevels(file, duration) {
  const [found, setFound] = useState({ levels: /** @type {import("./silence.js").Levels|null} */ (null), heard: false });
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const tell = (/** @type {import("./silence.js").Levels|null} */ levels, heard = false) => !signal.aborted && setFound({ levels, heard });
    readLevels(file, duration, tell, signal).then((levels) => tell(levels, true));
    return () => leaving.abort();
  }, [file]);
  return found;
}

/** @param {string} url @param {number} duration */
function useFrames(url, duration) {
  const frames = useMemo(() => new Frames(url, duration), [url]);
  useEffect(() => () => frames.close(), [frames]);
  return frames;
}

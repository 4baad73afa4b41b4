// A caption: its time, its text with what is marked in it, and, where it is being worked on, its tools.
import { announce } from "../../shared/dom.js";
import { Button, h, useComputed, useRef } from "../../shared/ui.js";
import { clock, spoken } from "../format.js";
import { words as texts } from "../texts.js";
import { moved, placesOf, wordAt } from "./document.js";
import { typed, written } from "./times.js";

/**
 * @typedef {import("./document.js").Cue} Cue
 * @typedef {import("./editing.js").Editing} Editing
 * @typedef {import("./playhead.js").Playhead} Playhead
 * @typedef {{from: number, to: number, kind: string}} Mark
 */

const NUDGE_S = 0.1;
/** @type {import("./find.js").Match[]} */
const NONE = []; // one for all, so that a row without matches stays as it is

/** @param {{cue: Cue, n: number, editing: Editing, playhead: Playhead, language: string}} props `n`: which one it is, from 0 on */
export function CueRow({ cue, n, editing, playhead, language }) {
  const isSelected = useComputed(() => editing.selected.value === cue.id);
  const isSpoken = useComputed(() => playhead.cue.value === cue.id);
  const word = useComputed(() => (playhead.cue.value === cue.id ? playhead.word.value : -1));
  const marks = useMarks(cue, editing, word);
  const field = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const seek = (/** @type {number} */ seconds) => (playhead.video.currentTime = seconds);
  const begins = spoken(cue.start);
  return h(
    "li",
    { class: `cue ${isSpoken.value ? "current" : ""}`, "data-cue": cue.id },
    h(
      Button,
      { class: "quiet small mono", "aria-label": texts.goTo(begins), action: () => seek(cue.start) },
      clock(cue.start),
    ),
    h(
      "div",
      { class: "cue-text" },
      h("div", { class: "marks", dir: "auto", lang: language, "aria-hidden": "true" }, pieces(cue, marks)),
      h("textarea", {
        ref: field,
        rows: 1,
        dir: "auto",
        lang: language,
        spellcheck: true,
        "aria-label": texts.captionAt(begins),
        value: cue.text,
        onInput: (/** @type {any} */ event) => editing.type(cue.id, event.currentTarget.value),
        onFocus: () => (editing.selected.value = cue.id),
        onKeyDown: (/** @type {any} */ event) => press(event, cue, n, editing, playhead),
        onClick: (/** @type {any} */ event) => {
          const { selectionStart, selectionEnd } = event.currentTarget;
          const clicked = wordAt(cue, selectionStart);
          if (clicked && selectionStart === selectionEnd) seek(clicked.start);
        },
      }),
    ),
    isSelected.value && h(Tools, { cue, n, editing, playhead, caret: () => field.current?.selectionStart ?? 0 }),
  );
}

/** What is marked in the text of a cue. @param {Cue} cue @param {Editing} editing @param {{value: number}} word that is spoken @returns {Mark[]} */
function useMarks(cue, editing, word) {
  const found = useComputed(() => editing.matchesByCue.value.get(cue.id) ?? NONE);
  const shown = useComputed(() => (editing.match?.id === cue.id ? editing.match.from : -1));
  const spoken = word.value >= 0 ? placesOf(cue)[word.value] : undefined;
  return [
    ...editing.doubtfulOf(cue).map(({ from, to }) => ({ from, to, kind: "doubtful" })),
    ...found.value.map(({ from, to }) => ({ from, to, kind: from === shown.value ? "found shown" : "found" })),
    ...(spoken ? [{ from: spoken.from, to: spoken.to, kind: "now" }] : []),
  ];
}

/** The text in pieces, each with its marks; the field lies over it. @param {Cue} cue @param {Mark[]} marks */
function pieces({ text }, marks) {
  const bounds = [...new Set([0, ...marks.flatMap(({ from, to }) => [from, to]), text.length])].sort((a, b) => a - b);
  const parts = bounds.slice(0, -1).map((from, n) => {
    const kinds = marks.filter((mark) => mark.from <= from && from < mark.to).map(({ kind }) => kind);
    const piece = text.slice(from, bounds[n + 1]);
    return kinds.length ? h("mark", { key: from, class: kinds.join(" ") }, piece) : piece;
  });
  return [...parts, "\u200b"]; // so that a last empty line has its height
}

/** What keys do in the text of a cue. @param {any} event @param {Cue} cue @param {number} n @param {Editing} editing @param {Playhead} playhead */
function press(event, cue, n, editing, playhead) {
  const { key, shiftKey, ctrlKey, metaKey, isComposing, currentTarget } = event;
  const { value, selectionStart: at, selectionEnd } = currentTarget;
  const { cues } = editing.document.peek();
  const [before, after] = [cues[n - 1], cues[n + 1]];
  const isCaret = at === selectionEnd;
  const [atStart, atEnd] = [isCaret && at === 0, isCaret && at === value.length];
  const go = (/** @type {Cue} */ { id }, /** @type {number} */ offset) => (editing.caret.value = { id, from: offset, to: offset });
  /** @type {(() => void)|false|undefined} */
  const action =
    (key === " " && shiftKey && (() => playhead.toggle())) ||
    (key === "Enter" && (ctrlKey || metaKey) && (() => playFrom(cue, at, playhead))) ||
    (key === "Enter" && !shiftKey && (() => (atEnd && after ? go(after, 0) : editing.split(cue.id, at)))) ||
    (key === "Backspace" && atStart && before && (() => editing.merge(before.id))) ||
    (key === "Delete" && atEnd && after && (() => editing.merge(cue.id))) ||
    (key === "ArrowUp" && atStart && before && (() => go(before, before.text.length))) ||
    (key === "ArrowDown" && atEnd && after && (() => go(after, 0)));
  if (!action || isComposing) return;
  event.preventDefault();
  action();
}

/** @param {Cue} cue @param {number} offset @param {Playhead} playhead */
function playFrom(cue, offset, { video }) {
  video.currentTime = wordAt(cue, offset)?.start ?? cue.start;
  video.play().catch(() => {}); // paused again at once, or nothing to play
}

/** @param {{cue: Cue, n: number, editing: Editing, playhead: Playhead, caret: () => number}} props */
function Tools({ cue, n, editing, playhead, caret }) {
  const isLast = n === editing.document.value.cues.length - 1;
  const { video } = playhead;
  return h(
    "div",
    { class: "tools", role: "group", "aria-label": texts.toolsOf(n + 1) },
    h(Time, { edge: "start", cue, editing, video }),
    h(Time, { edge: "end", cue, editing, video }),
    h(
      "div",
      { class: "row" },
      h(Button, { class: "small", action: () => editing.split(cue.id, caret()) }, texts.split),
      !isLast && h(Button, { class: "small", action: () => editing.merge(cue.id) }, texts.merge),
      h(Button, { class: "small", action: () => editing.remove(cue.id) }, texts.remove),
    ),
  );
}

/** When a cue begins or ends: typed, moved by steps, or set to where the player is. @param {{edge: "start"|"end", cue: Cue, editing: Editing, video: HTMLVideoElement}} props */
function Time({ edge, cue, editing, video }) {
  const label = texts.edge[edge];
  const set = (/** @type {number} */ seconds) => editing.change(moved(editing.document.peek(), cue.id, edge, seconds));
  const nudge = (/** @type {number} */ by) => set(cue[edge] + by);
  const commit = (/** @type {any} */ { currentTarget }) => {
    const seconds = typed(currentTarget.value);
    if (seconds === null) announce(texts.noTime);
    else set(seconds);
    currentTarget.value = written(editing.document.peek().cues.find(({ id }) => id === cue.id)?.[edge] ?? cue[edge]);
  };
  const onKeyDown = (/** @type {any} */ event) => {
    const by = { ArrowUp: NUDGE_S, ArrowDown: -NUDGE_S }[/** @type {string} */ (event.key)];
    if (event.key === "Enter") commit(event);
    if (by === undefined) return;
    event.preventDefault();
    nudge(by);
  };
  return h(
    "div",
    { class: "time-field", role: "group", "aria-label": label },
    h("span", { class: "small", "aria-hidden": "true" }, label),
    h(Button, { class: "small", "aria-label": texts.earlier, action: () => nudge(-NUDGE_S) }, "−"),
    h("input", {
      class: "mono",
      role: "spinbutton",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-label": label,
      "aria-valuenow": cue[edge],
      "aria-valuetext": spoken(cue[edge]),
      value: written(cue[edge]),
      onChange: commit,
      onKeyDown,
    }),
    h(Button, { class: "small", "aria-label": texts.later, action: () => nudge(NUDGE_S) }, "+"),
    h(Button, { class: "small", "aria-label": texts.hereAloud, action: () => set(video.currentTime) }, texts.here),
  );
}

// The controls of one edge of the part that is kept: its time, to be typed, and small steps.
import { announce } from "../../shared/dom.js";
import { Button, h, useState } from "../../shared/ui.js";
import { spoken } from "../format.js";
import { trim as texts } from "../texts.js";
import { moved, typed } from "./range.js";
import { written } from "./times.js";

const TENTH_S = 0.1;

/**
 * @param {object} props
 * @param {import("./range.js").Edge} props.edge
 * @param {import("../state.js").Range} props.range
 * @param {number} props.duration seconds
 * @param {number} props.frame seconds that a frame lasts
 * @param {(edge: import("./range.js").Edge, to: number) => void} props.onMove
 * @param {() => number} props.now where the video is, in seconds
 * @param {() => void} props.onPlayAround
 */
export function EdgeControls({ edge, range, duration, frame, onMove, now, onPlayAround }) {
  const move = (/** @type {number} */ to) => {
    onMove(edge, to);
    announce(texts.at[edge](spoken(moved(range, edge, to, duration)[edge])));
  };
  const step = (/** @type {number} */ by, /** @type {string} */ text, /** @type {string} */ name) =>
    h(Button, { action: () => move(range[edge] + by), class: "step", "aria-label": texts.step(texts.edges[edge], name) }, text);
  return h(
    "fieldset",
    { class: "edge stack tight" },
    h("legend", {}, texts.edges[edge]),
    h(
      "div",
      { class: "steps", dir: "ltr" },
      step(-TENTH_S, texts.tenthEarlier, texts.byTenthEarlier),
      step(-frame, texts.frameEarlier, texts.byFrameEarlier),
      h(TimeField, { edge, range, duration, move }),
      step(frame, texts.frameLater, texts.byFrameLater),
      step(TENTH_S, texts.tenthLater, texts.byTenthLater),
    ),
    h(
      "div",
      { class: "row" },
      h(Button, { action: () => move(now()), class: "quiet", "aria-label": texts.step(texts.edges[edge], texts.here[edge]) }, texts.here[edge]),
      h(Button, { action: onPlayAround, class: "quiet", "aria-label": texts.step(texts.edges[edge], texts.around) }, texts.around),
    ),
  );
}

/**
 * @param {object} props
 * @param {import("./range.js").Edge} props.edge
 * @param {import("../state.js").Range} props.range
 * @param {number} props.duration seconds
 * @param {(to: number) => void} props.move
 */
function TimeField({ edge, range, duration, move }) {
  const [draft, setDraft] = useState(/** @type {string|null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {string|null} */ (null));
  const forget = () => {
    setDraft(null);
    setTrouble(null);
  };
  const take = () => {
    if (draft === null) return;
    const found = typed(range, edge, draft, duration);
    if ("problem" in found) {
      const text = found.problem === "unreadable" ? texts.unreadable : texts.outside(written(found.least), written(found.most));
      return setTrouble(text);
    }
    forget();
    move(found.range[edge]);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const step = event.shiftKey ? 1 : TENTH_S;
    /** @type {Record<string, () => void>} */
    const keys = { Enter: take, Escape: forget, ArrowUp: () => move(range[edge] + step), ArrowDown: () => move(range[edge] - step) };
    if (!(event.key in keys)) return;
    event.preventDefault();
    if (event.key.startsWith("Arrow")) forget();
    keys[event.key]();
  };
  const id = `trouble-${edge}`;
  return [
    h("input", {
      key: "field",
      class: "time-field",
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "aria-label": texts.typed(texts.edges[edge]),
      "aria-invalid": String(trouble !== null),
      "aria-describedby": trouble === null ? undefined : id,
      value: draft ?? written(range[edge]),
      onInput: (/** @type {Event} */ event) => setDraft(/** @type {HTMLInputElement} */ (event.target).value),
      onBlur: take,
      onKeyDown,
    }),
    trouble && h("p", { key: "trouble", id, class: "trouble small", role: "alert" }, trouble),
  ];
}

// The strip's window of time: nearer, farther, and along the video.
import { Button, h } from "../../shared/ui.js";
import { clock, spoken } from "../format.js";
import { trim as texts } from "../texts.js";
import { isWhole, lengthOf, panned, SHORTEST_VIEW_S, zoomed } from "./view.js";

/** @typedef {import("./view.js").View} View */

const FACTOR = 2;
const STEPS = 100; // of the slider along the video

/**
 * @param {object} props
 * @param {View} props.view
 * @param {number} props.duration seconds
 * @param {number} props.around what stays in its place, in seconds
 * @param {(view: View) => void} props.onView
 */
export function Zoom({ view, duration, around, onView }) {
  const whole = isWhole(view, duration);
  const length = lengthOf(view);
  const along = (/** @type {Event} */ event) => {
    const from = /** @type {HTMLInputElement} */ (event.target).valueAsNumber;
    onView(panned(view, from - view.from, duration));
  };
  const zoom = (/** @type {number} */ factor) => () => onView(zoomed(view, factor, around, duration));
  const ends = (/** @type {(seconds: number) => string} */ say) => texts.shows(say(view.from), say(view.to));
  return h(
    "div",
    { class: "zoom", role: "group", "aria-label": texts.zoom },
    h(Button, { action: zoom(1 / FACTOR), class: "step", "aria-disabled": String(whole), "aria-label": texts.zoomOut }, "−"),
    h(Button, { action: zoom(FACTOR), class: "step", "aria-disabled": String(length <= SHORTEST_VIEW_S), "aria-label": texts.zoomIn }, "+"),
    h("input", {
      type: "range",
      dir: "ltr",
      min: 0,
      max: Math.max(0, duration - length),
      step: Math.max(0.01, length / STEPS),
      value: view.from,
      disabled: whole,
      "aria-label": texts.along,
      "aria-valuetext": ends(spoken),
      onInput: along,
    }),
    h("span", { class: "small figures" }, ends(clock)),
  );
}

/** The view after a key; null for one that does not zoom. @param {KeyboardEvent} event @param {View} view @param {number} around @param {number} duration @returns {View|null} */
export function zoomedByKey({ key, ctrlKey, metaKey, altKey }, view, around, duration) {
  if (ctrlKey || metaKey || altKey) return null; // the browser zooms the page
  if (key === "+" || key === "=") return zoomed(view, FACTOR, around, duration);
  if (key === "-") return zoomed(view, 1 / FACTOR, around, duration);
  return key === "0" ? { from: 0, to: duration } : null;
}

// A handle of the strip: an edge of the part that is kept, dragged or moved by keys.
import { h, useRef } from "../../shared/ui.js";
import { spoken } from "../format.js";
import { trim as texts } from "../texts.js";
import { fineness, lengthOf, percent, shareOf, snapped } from "./view.js";

/** @typedef {import("./range.js").Edge} Edge */

const [STEP_S, LEAP_S, PAGE_S] = [0.1, 1, 5];

let gestures = 0;

/**
 * @param {object} props
 * @param {Edge} props.edge
 * @param {{current: HTMLDivElement|null}} props.strip
 * @param {number} props.duration seconds
 * @param {number} props.frame seconds that a frame lasts
 * @param {import("./view.js").View} props.view
 * @param {import("../state.js").Range} props.range
 * @param {(edge: Edge) => void} props.onActive told when it is turned to
 * @param {(edge: Edge, to: number, gesture: string) => void} props.onMove
 */
export function Handle({ edge, strip, duration, frame, view, range, onActive, onMove }) {
  const drag = useRef(/** @type {{at: number, x: number, gesture: string}|null} */ (null));
  const at = range[edge];
  const share = shareOf(view, at);
  const onPointerDown = (/** @type {PointerEvent} */ event) => {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    event.preventDefault();
    event.stopPropagation();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    drag.current = { at, x: event.clientX, gesture: `drag ${(gestures += 1)}` };
  };
  const onPointerMove = (/** @type {PointerEvent} */ event) => {
    if (!drag.current || !strip.current) return;
    const box = strip.current.getBoundingClientRect();
    const perPixel = (lengthOf(view) / box.width) * fineness(event.clientY - box.bottom);
    drag.current.at += (event.clientX - drag.current.x) * perPixel;
    drag.current.x = event.clientX;
    onMove(edge, snapped(drag.current.at, perPixel), drag.current.gesture);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const to = keyed(event, at, duration, frame);
    if (to === null) return;
    event.preventDefault();
    onMove(edge, to, `keys ${edge}`);
  };
  const drop = () => (drag.current = null);
  return h("div", {
    class: `handle ${edge} ${share < 0 || share > 1 ? "outside" : ""}`,
    style: { left: `${percent(view, at)}%` },
    role: "slider",
    tabindex: 0,
    "aria-label": texts.edges[edge],
    "aria-orientation": "horizontal",
    "aria-valuemin": 0,
    "aria-valuemax": duration.toFixed(1),
    "aria-valuenow": at.toFixed(2),
    "aria-valuetext": texts.at[edge](spoken(at)),
    onFocus: () => onActive(edge),
    onKeyDown,
    onPointerDown,
    onPointerMove,
    onPointerUp: drop,
    onPointerCancel: drop,
  });
}

/** Where a key moves an edge; null for any other key. @param {KeyboardEvent} event @param {number} at @param {number} duration @param {number} frame seconds */
function keyed({ key, shiftKey, ctrlKey, metaKey, altKey }, at, duration, frame) {
  if (ctrlKey || metaKey || altKey) return null;
  const step = shiftKey ? LEAP_S : STEP_S;
  /** @type {Record<string, number>} */
  const to = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    ",": at - frame,
    ".": at + frame,
    PageDown: at - PAGE_S,
    PageUp: at + PAGE_S,
    Home: 0,
    End: duration,
  };
  return to[key] ?? null;
}

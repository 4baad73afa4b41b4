// The strip: a window of the video's time with its frames and its sound, and a handle at each edge of the part that is kept.
import { h, useEffect, useRef } from "../../shared/ui.js";
import { PICTURES, SOUND, useHead, usePictures, useSound } from "./drawing.js";
import { Handle } from "./handle.js";
import { silenceIn } from "./silence.js";
import { lengthOf, panned, percent, secondsAt, zoomed } from "./view.js";

/** @typedef {import("./range.js").Edge} Edge */
/** @typedef {import("../state.js").Range} Range */
/** @typedef {import("./view.js").View} View */

const TAP_PX = 4;
const WHEEL_PX = 200; // that double the detail

/**
 * @typedef {object} Props
 * @property {number} duration seconds
 * @property {number} frame seconds that a frame lasts
 * @property {View} view
 * @property {Range} range
 * @property {Range|null} suggested
 * @property {import("./silence.js").Levels|null} levels as far as they are known
 * @property {import("./media.js").Frames} frames
 * @property {HTMLVideoElement} video
 * @property {(view: View) => void} onView
 * @property {(edge: Edge) => void} onActive
 * @property {(edge: Edge, to: number, gesture: string) => void} onMove
 * @property {() => void} onDrawn
 */

/** @param {Props} props */
export function Strip(props) {
  const { duration, view, range, suggested, levels, frames, video, onView, onDrawn } = props;
  const strip = useRef(/** @type {HTMLDivElement|null} */ (null));
  const pictures = usePictures(frames, view, onDrawn);
  const sound = useSound(levels, view);
  const head = useHead(video, view);
  const navigation = useNavigation(strip, props);
  const silence = silenceIn(range, suggested);
  useWheel(strip, (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = secondsAt(view, (event.clientX - box.left) / box.width);
    if (event.ctrlKey || event.metaKey) onView(zoomed(view, 2 ** (-event.deltaY / WHEEL_PX), at, duration));
    else onView(panned(view, (event.deltaX / box.width) * lengthOf(view), duration));
  });
  return h(
    "div",
    { class: "strip", dir: "ltr", ref: strip, ...navigation },
    h("canvas", { ...PICTURES, class: "pictures", ref: pictures }),
    h("canvas", { ...SOUND, class: "sound", ref: sound }),
    h("div", { class: "shade", style: between(view, view.from, range.start) }),
    h("div", { class: "shade", style: between(view, range.end, view.to) }),
    silence?.start && h("div", { class: "silence", style: between(view, range.start, range.start + silence.start) }),
    silence?.end && h("div", { class: "silence", style: between(view, range.end - silence.end, range.end) }),
    h("div", { class: "head", ref: head }),
    h(Handle, { ...props, edge: "start", strip }),
    h(Handle, { ...props, edge: "end", strip }),
  );
}

/** Where a span of time is in the view. @param {View} view @param {number} from @param {number} to */
function between(view, from, to) {
  const [left, right] = [from, to].map((at) => percent(view, at));
  return { left: `${left}%`, width: `${Math.max(0, right - left)}%` };
}

/**
 * A tap goes to a moment, a drag moves the view, two fingers zoom.
 * @param {{current: HTMLDivElement|null}} strip
 * @param {Props} props
 */
function useNavigation(strip, { duration, view, video, onView }) {
  const pointers = useRef(/** @type {Map<number, number>} */ (new Map()));
  const travelled = useRef(0);
  const onPointerMove = (/** @type {PointerEvent} */ event) => {
    const before = pointers.current.get(event.pointerId);
    if (before === undefined || !strip.current) return;
    const box = strip.current.getBoundingClientRect();
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, event.clientX);
    travelled.current += Math.abs(event.clientX - before);
    if (other === undefined) return onView(panned(view, ((before - event.clientX) / box.width) * lengthOf(view), duration));
    const factor = Math.max(1, Math.abs(event.clientX - other)) / Math.max(1, Math.abs(before - other));
    onView(zoomed(view, factor, secondsAt(view, (other - box.left) / box.width), duration));
  };
  const onPointerDown = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    strip.current?.setPointerCapture(event.pointerId);
    travelled.current = pointers.current.size === 0 ? 0 : Infinity; // two fingers never tap
    pointers.current.set(event.pointerId, event.clientX);
  };
  const onPointerUp = (/** @type {PointerEvent} */ event) => {
    if (!pointers.current.delete(event.pointerId) || travelled.current > TAP_PX || !strip.current) return;
    const box = strip.current.getBoundingClientRect();
    video.currentTime = secondsAt(view, (event.clientX - box.left) / box.width);
  };
  const onPointerCancel = (/** @type {PointerEvent} */ event) => pointers.current.delete(event.pointerId);
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel };
}

/** The wheel along the strip or with Ctrl, which pinching a touchpad is too; else it scrolls the page. @param {{current: HTMLDivElement|null}} strip @param {(event: any) => void} onWheel */
function useWheel(strip, onWheel) {
  useEffect(() => {
    const listen = (/** @type {WheelEvent} */ event) => {
      const along = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!along && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      onWheel(event);
    };
    const element = strip.current;
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  });
}

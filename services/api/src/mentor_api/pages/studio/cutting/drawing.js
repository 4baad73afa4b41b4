// What the strip shows of a video: its frames, its sound, and where it plays.
import { useEffect, useLayoutEffect, useRef } from "../../shared/ui.js";
import { cover } from "./media.js";
import { bars } from "./sound.js";
import { percent, secondsAt, shareOf } from "./view.js";

/** @typedef {import("./view.js").View} View */

export const [PICTURES, SOUND] = [{ width: 960, height: 72 }, { width: 960, height: 48 }];
const MOST_BARS = 240;
const SETTLED_MS = 150; // frames are looked for once the view stays

/** Frames over the view: at once those that are known, then those that are missing. @param {import("./media.js").Frames} frames @param {View} view @param {() => void} onDrawn */
export function usePictures(frames, view, onDrawn) {
  const canvas = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  const { from, to } = view;
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen) return;
    const count = Math.round((PICTURES.width / PICTURES.height / 16) * 9);
    const width = PICTURES.width / count;
    const moments = Array.from({ length: count }, (_, n) => secondsAt({ from, to }, (n + 0.5) / count));
    const draw = (/** @type {HTMLCanvasElement|null} */ picture, /** @type {number} */ n) => picture && cover(pen, picture, n * width, width);
    moments.forEach((at, n) => draw(frames.nearest(at), n));
    let left = false;
    const fill = async () => {
      // An ornament: where the browser is too slow, the handles work without it.
      for (let n = 0; n < count && !left; n += 1) draw(await frames.frame(moments[n]).catch(() => null), n);
      if (!left) onDrawn();
    };
    const settled = setTimeout(fill, SETTLED_MS);
    return () => {
      left = true;
      clearTimeout(settled);
    };
  }, [frames, from, to]);
  return canvas;
}

/** @param {import("./silence.js").Levels|null} levels @param {View} view */
export function useSound(levels, view) {
  const canvas = useRef(/** @type {HTMLCanvasElement|null} */ (null));
  useLayoutEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen || !canvas.current || !levels) return;
    pen.clearRect(0, 0, SOUND.width, SOUND.height);
    pen.fillStyle = getComputedStyle(canvas.current).color;
    const values = bars(levels, view, MOST_BARS);
    const width = SOUND.width / values.length;
    values.forEach((value, n) => {
      const height = Math.max(2, value * (SOUND.height - 2));
      pen.fillRect(n * width, (SOUND.height - height) / 2, Math.max(1, width - 1), height);
    });
  }, [levels, view.from, view.to]);
  return canvas;
}

/** Shows where the video is. @param {HTMLVideoElement} video @param {View} view */
export function useHead(video, view) {
  const head = useRef(/** @type {HTMLDivElement|null} */ (null));
  useLayoutEffect(() => {
    let next = 0;
    const show = () => {
      cancelAnimationFrame(next);
      const share = shareOf(view, video.currentTime);
      if (head.current) Object.assign(head.current.style, { left: `${percent(view, video.currentTime)}%`, opacity: share < 0 || share > 1 ? "0" : "1" });
      if (!video.paused) next = requestAnimationFrame(show);
    };
    show();
    const events = ["play", "timeupdate", "seeking"];
    for (const name of events) video.addEventListener(name, show);
    return () => {
      cancelAnimationFrame(next);
      for (const name of events) video.removeEventListener(name, show);
    };
  }, [video, view]);
  return head;
}

// Choosing a frame of a video: a large picture of it, some along the video to begin with, and a slider.
import { Button, h, Note, useEffect, useMemo, useRef, useState } from "../../shared/ui.js";
import { spoken } from "../format.js";
import { mentorPicture as texts } from "../texts.js";
import { USUAL_FRAME_S } from "./frame-seconds.js";
import { copyOf, cover, Frames } from "./media.js";

const OFFERED = 8;
const OFFERED_SIZE = { width: 160, height: 90 };
const LARGEST_HEIGHT = 720;
const QUALITY = 0.92;

/** @typedef {import("../state.js").Range} Range */

/**
 * @param {object} props
 * @param {string} props.url
 * @param {number} [props.duration] seconds, where the video itself may not say it
 * @param {number} [props.frame] seconds that a frame lasts, where that is known
 * @param {Range|null} props.span the part that frames are offered of; null for all of the video
 * @param {(picture: Blob) => Promise<void>} props.onUse
 * @param {() => void} props.onCancel
 */
export function FramePicker({ url, duration, frame = USUAL_FRAME_S, span, onUse, onCancel }) {
  const video = useRef(/** @type {HTMLVideoElement|null} */ (null));
  const slider = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [range, setRange] = useState(/** @type {Range|null} */ (null));
  const [at, setAt] = useState(0);
  const [readable, setReadable] = useState(true);
  const go = (/** @type {number} */ to) => {
    setAt(to);
    if (video.current) video.current.currentTime = to;
  };
  const onLoadedMetadata = () => {
    const all = span ?? { start: 0, end: duration ?? video.current?.duration ?? 0 };
    // The last frame begins before the end.
    const range = { start: all.start, end: Math.max(all.start, all.end - frame) };
    setRange(range);
    go(offered(range)[0]);
  };
  useEffect(() => {
    // The button that opened this is gone, and the focus with it.
    if (range && document.activeElement === document.body) slider.current?.focus();
  }, [range]);
  const use = async () => {
    const picture = video.current && (await pictureOf(video.current));
    if (picture) await onUse(picture);
    else setReadable(false);
  };
  return h(
    "div",
    { class: "frame-picker stack tight" },
    h(
      "div",
      { class: "screen" },
      h("video", { src: url, muted: true, playsinline: true, preload: "auto", crossorigin: "anonymous", "aria-hidden": "true", ref: video, onLoadedMetadata }),
    ),
    range && h(Offers, { url, range, at, onChoose: go }),
    h("input", {
      ref: slider,
      type: "range",
      dir: "ltr",
      min: range?.start ?? 0,
      max: range?.end ?? 1,
      step: frame,
      value: at,
      disabled: !range,
      "aria-label": texts.moment,
      "aria-valuetext": spoken(at),
      onInput: (/** @type {Event} */ event) => go(/** @type {HTMLInputElement} */ (event.target).valueAsNumber),
    }),
    !readable && h(Note, { kind: "bad", title: texts.unreadable, text: texts.unreadableWhy }),
    h(
      "div",
      { class: "row" },
      h(Button, { action: use, class: "primary", disabled: !range }, texts.use),
      h(Button, { action: onCancel, class: "quiet" }, texts.cancel),
    ),
  );
}

/** Moments spread over a range, none of them at its very ends, to the hundredth. @param {Range} range */
const offered = ({ start, end }) =>
  Array.from({ length: OFFERED }, (_, n) => Math.round((start + ((end - start) * (n + 0.5)) / OFFERED) * 100) / 100);

/** @param {{url: string, range: Range, at: number, onChoose: (at: number) => void}} props */
function Offers({ url, range, at, onChoose }) {
  const moments = useMemo(() => offered(range), [range]);
  const list = useRef(/** @type {HTMLUListElement|null} */ (null));
  useEffect(() => {
    const frames = new Frames(url, range.end);
    const pens = [...(list.current?.querySelectorAll("canvas") ?? [])].map((canvas) => canvas.getContext("2d"));
    moments.forEach(async (moment, n) => {
      const [picture, pen] = [await frames.frame(moment).catch(() => null), pens[n]];
      if (picture && pen) cover(pen, picture, 0, OFFERED_SIZE.width);
    });
    return () => frames.close();
  }, [url, moments]);
  return h(
    "ul",
    { class: "frames", "aria-label": texts.frames, ref: list },
    moments.map((moment) =>
      h(
        "li",
        { key: moment },
        h(
          Button,
          { action: () => onChoose(moment), "aria-label": texts.frameAt(spoken(moment)), "aria-pressed": String(moment === at) },
          h("canvas", OFFERED_SIZE),
        ),
      ),
    ),
  );
}

/** The frame that a video shows, as JPEG; null where the browser does not give it out. @param {HTMLVideoElement} video @returns {Promise<Blob|null>} */
async function pictureOf(video) {
  if (video.seeking) await new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
  try {
    const canvas = copyOf(video, LARGEST_HEIGHT);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  } catch {
    return null; // from a host that lets no other page read it
  }
}

// What the camera sees, as in a mirror.
import { h, useLayoutEffect, useRef } from "../../shared/ui.js";
import { record as texts } from "../texts.js";

/** @param {{stream: MediaStream|null}} props */
export function Self({ stream }) {
  const video = useRef(/** @type {HTMLVideoElement|null} */ (null));
  useLayoutEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    if (stream) video.current.play().catch(() => {}); // taken from the page before it began
  }, [stream]);
  return h("video", { class: "mirror", muted: true, playsinline: true, "aria-label": texts.self, ref: video });
}

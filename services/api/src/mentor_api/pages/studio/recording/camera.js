// The camera and the microphone: on while the state wants them, given back the moment it does not.
import { computed, effect, signal } from "../../shared/ui.js";
import { wantsCamera } from "../state.js";
import { cameraTrouble } from "../format.js";
import { record as texts } from "../texts.js";
import { state } from "../store.js";
import { recordedKind } from "./recorder.js";
import { running } from "./recording.js";

const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" },
};

/**
 * @typedef {object} Camera
 * @property {MediaStream|null} stream
 * @property {boolean} ready whether it can record; `kind` is settled then
 * @property {string|undefined} kind of what is recorded, a MIME type; undefined for the browser's own choice
 * @property {string|null} trouble why there is no stream, with advice
 */

/** @type {Camera} */
const OFF = { stream: null, ready: false, kind: undefined, trouble: null };

export const camera = signal(OFF);
const visible = signal(!document.hidden);
/** Out of sight it is on only for a recording that runs. */
const wanted = computed(() => wantsCamera(state.value) && (visible.value || running.value !== null));

/** How often it was asked for again. */
const attempts = signal(0);

/** Ask for the camera once more, when what kept it away is gone. */
export const tryAgain = () => void (attempts.value += 1);

/** Have the camera follow the state from now on. */
export function followState() {
  document.addEventListener("visibilitychange", () => (visible.value = !document.hidden));
  effect(() => {
    attempts.value;
    if (!wanted.value) return;
    const opening = new AbortController();
    open(opening.signal);
    return () => {
      opening.abort();
      for (const track of camera.peek().stream?.getTracks() ?? []) track.stop();
      camera.value = OFF;
    };
  });
}

/** @param {AbortSignal} signal aborted when it is not wanted any more */
async function open(signal) {
  if (!navigator.mediaDevices || !window.MediaRecorder) {
    camera.value = { ...OFF, trouble: texts.cannot };
    return;
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia(WANTED);
    if (signal.aborted) return stream.getTracks().forEach((track) => track.stop());
    camera.value = { ...OFF, stream };
    const kind = await recordedKind(stream);
    if (!signal.aborted) camera.value = { ...OFF, stream, kind, ready: true };
  } catch (error) {
    if (!signal.aborted) camera.value = { ...OFF, trouble: cameraTrouble(error) };
  }
}

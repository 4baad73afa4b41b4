// The camera and the microphone: on while the state wants them, given back the moment it does not.
import { computed, effect, signal } from "../../shared/ui.js";
import { wantsCamera } from "../standing.js";
import { state } from "../store.js";
import { choice, devices, hasReturned, look, openStream, usedBy } from "./devices.js";
import { recordedKind } from "./recorder.js";
import { running } from "./recording.js";
import { troubleOf } from "./trouble.js";

/**
 * @typedef {object} Camera
 * @property {MediaStream|null} stream
 * @property {boolean} ready whether it can record; `kind` is settled then
 * @property {string|undefined} kind of what is recorded, a MIME type; undefined for the browser's own choice
 * @property {import("./trouble.js").Trouble|null} trouble why there is no stream
 */

/** @type {Camera} */
const OFF = { stream: null, ready: false, kind: undefined, trouble: null };

export const camera = signal(OFF);
const visible = signal(!document.hidden);
/** Out of sight it is on only for a recording that runs. */
const wanted = computed(() => wantsCamera(state.value) && (visible.value || running.value !== null));

/** How often it was asked for again. */
const attempts = signal(0);
/** Whether a device went away since it was asked for. */
const lost = signal(false);

/** Ask for the camera once more, when what kept it away is gone. */
export const tryAgain = () => void (attempts.value = attempts.peek() + 1);

/** Have the camera follow the state from now on. */
export function followState() {
  document.addEventListener("visibilitychange", () => (visible.value = !document.hidden));
  navigator.mediaDevices?.addEventListener("devicechange", onDevices);
  effect(() => {
    attempts.value;
    const chosen = choice.value;
    if (!wanted.value) return;
    const opening = new AbortController();
    open(chosen, opening.signal);
    return () => {
      opening.abort();
      for (const track of camera.peek().stream?.getTracks() ?? []) track.stop();
      camera.value = OFF;
    };
  });
  // A recording that lost a device is kept before another device is asked for.
  effect(() => {
    if (!lost.value || running.value) return;
    lost.value = false;
    tryAgain();
  });
}

/** A device was plugged in or out. */
async function onDevices() {
  if (!wanted.peek()) return;
  await look();
  const { stream, trouble } = camera.peek();
  const better = trouble !== null || (stream !== null && hasReturned(choice.peek(), devices.peek(), usedBy(stream)));
  if (better && !running.peek()) tryAgain();
}

/** @param {import("./devices.js").Choice} chosen @param {AbortSignal} signal aborted when it is not wanted any more */
async function open(chosen, signal) {
  if (!navigator.mediaDevices || !window.MediaRecorder) {
    camera.value = { ...OFF, trouble: "cannot" };
    return;
  }
  try {
    const stream = await openStream(chosen);
    if (signal.aborted) return stream.getTracks().forEach((track) => track.stop());
    for (const track of stream.getTracks()) track.addEventListener("ended", () => (lost.value = true), { signal });
    camera.value = { ...OFF, stream };
    await look(); // they have names now
    const kind = await recordedKind(stream);
    if (signal.aborted) return;
    if (kind !== null) return void (camera.value = { ...OFF, stream, kind, ready: true });
    for (const track of stream.getTracks()) track.stop();
    camera.value = { ...OFF, trouble: "cannot" };
  } catch (error) {
    await look();
    if (signal.aborted) return;
    const trouble = troubleOf(error, devices.peek());
    camera.value = { ...OFF, trouble };
    if (trouble === "refused") await whenAllowed(tryAgain, signal);
  }
}

/** Do something when the person allows it in the browser, where that says so. @param {() => void} act @param {AbortSignal} signal */
async function whenAllowed(act, signal) {
  for (const name of /** @type {PermissionName[]} */ (["camera", "microphone"])) {
    const status = await navigator.permissions?.query({ name }).catch(() => null); // not every browser knows the names
    status?.addEventListener("change", () => status.state === "granted" && act(), { signal });
  }
}

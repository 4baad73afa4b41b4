// The cameras and microphones of this computer, and those that the person has chosen, remembered by the browser.
import { signal } from "../../shared/ui.js";

/**
 * @typedef {"camera"|"microphone"} Kind
 * @typedef {{id: string, label: string}} Device both empty until the browser may use one
 * @typedef {Record<Kind, Device[]>} Devices
 * @typedef {Partial<Record<Kind, Device>>} Choice
 */

const KEPT = "studio-devices";
/** Made for speech: without an echo and with little noise, a low voice raised. */
const SPEECH = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 } };
/** What browsers answer where a device that has to be it is not there. */
const GONE = new Set(["OverconstrainedError", "NotFoundError"]);
/** @type {Kind[]} */
const KINDS = ["camera", "microphone"];

export const devices = signal(/** @type {Devices} */ ({ camera: [], microphone: [] }));
export const choice = signal(remembered());

/** @returns {Choice} */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** Use a device from now on, at later visits too. @param {Kind} kind @param {Device} device */
export function choose(kind, device) {
  choice.value = { ...choice.peek(), [kind]: device };
  try {
    localStorage.setItem(KEPT, JSON.stringify(choice.peek()));
  } catch {
    // A full or forbidden store only means that it is chosen again at the next visit.
  }
}

/** Look which devices there are. */
export async function look() {
  const found = await navigator.mediaDevices.enumerateDevices();
  const of = (/** @type {MediaDeviceKind} */ wanted) =>
    found.filter(({ kind }) => kind === wanted).map(({ deviceId, label }) => ({ id: deviceId, label }));
  devices.value = { camera: of("videoinput"), microphone: of("audioinput") };
}

/**
 * What the browser is asked for.
 * @param {Choice} choice
 * @param {"exact"|"ideal"} strictness of the choice
 */
export function constraintsFor({ camera, microphone }, strictness) {
  return {
    audio: { ...SPEECH, ...(microphone && { deviceId: { [strictness]: microphone.id } }) },
    video: { ...PICTURE, ...(camera ? { deviceId: { [strictness]: camera.id } } : { facingMode: "user" }) },
  };
}

/** A stream of the devices that were chosen; of others where those are gone. @param {Choice} choice */
export async function openStream(choice) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraintsFor(choice, "exact"));
  } catch (error) {
    if (!GONE.has(/** @type {Error} */ (error).name)) throw error;
    return navigator.mediaDevices.getUserMedia(constraintsFor(choice, "ideal"));
  }
}

/** IDs of the devices that a stream comes from. @param {MediaStream|null} stream @returns {Record<Kind, string|undefined>} */
export function usedBy(stream) {
  const idOf = (/** @type {MediaStreamTrack|undefined} */ track) => track?.getSettings().deviceId;
  return { camera: idOf(stream?.getVideoTracks()[0]), microphone: idOf(stream?.getAudioTracks()[0]) };
}

/** @param {Devices} devices @param {Kind} kind @param {string|undefined} id */
export const isConnected = (devices, kind, id) => devices[kind].some((device) => device.id === id);

/**
 * Whether a device that was chosen is connected and another one is in use.
 * @param {Choice} choice
 * @param {Devices} devices
 * @param {Record<Kind, string|undefined>} used
 */
export const hasReturned = (choice, devices, used) =>
  KINDS.some((kind) => isConnected(devices, kind, choice[kind]?.id) && used[kind] !== choice[kind]?.id);

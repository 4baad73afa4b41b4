// Names of tasks and states, times and sizes as the page shows them.

/** @type {Record<string, string>} */
const TASKS = {
  "transcoding-web": "Video for computers",
  "transcoding-mobile": "Video for phones",
  transcribing: "Words and captions",
  "trim-upload": "Cutting to your part",
};

/** @type {Record<string, [string, string]>} */
const STATES = {
  PREPARING: ["accent", "Arriving"],
  QUEUED: ["accent", "Waiting"],
  IN_PROGRESS: ["accent", "In work"],
  READY: ["good", "Ready"],
  DONE: ["good", "Done"],
  FAILED: ["bad", "Failed"],
  CANCELLING: ["warn", "Stopping"],
  CANCELLED: ["warn", "Stopped"],
  SUPERSEDED: ["", "Replaced"],
  ABORTED: ["warn", "Not accepted"],
};

/** @param {string} name */
export const taskName = (name) => TASKS[name] ?? name;

/** Colour and word of a state. @param {string} state */
export const stateWord = (state) => STATES[state] ?? ["", state];

/** A reason without the names of our workers. @param {string} reason */
export const plainly = (reason) => reason.replace(/transcoder|transcriber/g, "machine");

/** As on a clock, with tenths: 1:02.5. @param {number} seconds */
export function clock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${minutes}:${rest}`;
}

/** To be read aloud: 1 minute 2.5 seconds. @param {number} seconds */
export function spoken(seconds) {
  const rounded = Math.round(seconds * 10) / 10;
  const minutes = Math.floor(rounded / 60);
  const rest = Math.round((rounded - minutes * 60) * 10) / 10;
  const parts = [];
  if (minutes) parts.push(`${minutes} minute${minutes === 1 ? "" : "s"}`);
  if (rest || !minutes) parts.push(`${rest} second${rest === 1 ? "" : "s"}`);
  return parts.join(" ");
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} KB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A language in English. @param {string} tag BCP 47 */
export function languageName(tag) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // not well-formed
  }
}

/** A remaining time in words. @param {number} seconds */
export function remaining(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.round(seconds / 5) * 5} seconds left`;
  const minutes = Math.round(seconds / 60);
  return `about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
}

/** Advice for a camera that does not start. @param {any} error */
export function cameraTrouble(error) {
  switch (error?.name) {
    case "NotAllowedError":
      return "The browser may not use your camera and microphone. Click the camera sign beside the address of this page, allow both, and try again.";
    case "NotFoundError":
      return "We found no camera or no microphone. Connect one and try again, or choose a video file.";
    case "NotReadableError":
      return "Another program is using your camera. Close it and try again.";
    default:
      return "The camera did not start. Try again, or choose a video file.";
  }
}

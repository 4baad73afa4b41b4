// Names of tasks and states, times and sizes as the page shows them.
import { LANGUAGE, progress, reasons, sending, time } from "./texts.js";

/** @param {string} name */
export const taskName = (name) => progress.tasks[name] ?? name;

/** Colour and word of a state. @param {string} state @returns {[string, string]} */
export const stateWord = (state) => progress.states[state] ?? ["", state];

/**
 * Why an upload or a task of it failed or waits, in this page's words; in the server's for a code that it has no text for.
 * @param {{reason: string|null, reason_code?: string|null, reason_values?: any}} of
 */
export function reasonText({ reason, reason_code, reason_values }) {
  const text = reasons[reason_code ?? ""];
  return text ? text(reason_values) : reason && sentence(reason);
}

/** The id of a mentor in a text: by itself, or at the end of the address of their page. @param {string} text */
export const mentorIdIn = (text) => text.match(/[0-9a-f]{24}/gi)?.at(-1)?.toLowerCase() ?? "";

/** Text as a sentence, which reasons of the server are not. @param {string} text */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** As on a clock, with tenths: 1:02.5. @param {number} seconds */
export function clock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${minutes}:${rest}`;
}

/** Day and time, as the person writes them. @param {number} at milliseconds since 1970 */
export const when = (at) => new Date(at).toLocaleString(LANGUAGE.tag, { dateStyle: "medium", timeStyle: "short" });

/** To be read aloud: 1 minute 2.5 seconds. @param {number} seconds */
export function spoken(seconds) {
  const rounded = Math.round(seconds * 100) / 100;
  const minutes = Math.floor(rounded / 60);
  const rest = Math.round((rounded - minutes * 60) * 100) / 100;
  const parts = [];
  if (minutes) parts.push(time.minutes(minutes));
  if (rest || !minutes) parts.push(time.seconds(rest));
  return parts.join(" ");
}

/** A length in words, to the tenth. @param {number} length seconds */
export const seconds = (length) => time.seconds(Math.round(length * 10) / 10);

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(Math.min(1, bytes), Math.round(bytes / 1e3))} KB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A language in that of the page. @param {string} tag BCP 47 */
export function languageName(tag) {
  try {
    return new Intl.DisplayNames(LANGUAGE.tag, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // not well-formed
  }
}

/** A remaining time in words. @param {number} seconds */
export function remaining(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 5) return sending.secondsLeft;
  if (seconds < 60) return sending.aboutSeconds(Math.round(seconds / 5) * 5);
  return sending.aboutMinutes(Math.round(seconds / 60));
}

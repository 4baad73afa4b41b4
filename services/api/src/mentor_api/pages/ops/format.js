// Names and figures as the page writes them.
import { el } from "../shared/dom.js";
import * as texts from "./texts.js";

/** What one can look for. @type {[string, string][]} */
export const CHOICES = [
  ["ALL", texts.ALL_STATES],
  ["ACTIVE", texts.ACTIVE_STATES],
  ...["FAILED", "READY", "IN_PROGRESS", "QUEUED", "PREPARING", "CANCELLING", "CANCELLED", "SUPERSEDED", "ABORTED"].map(
    (name) => /** @type {[string, string]} */ ([name, texts.states[name][0]]),
  ),
];

/** A badge of how something stands. @param {string} name */
export function badge(name) {
  const [text, tone] = texts.states[name] ?? [name, ""];
  return el("span", { class: `badge ${tone}` }, text);
}

/** @param {string} text */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** A time as people say it. @param {number|null} seconds */
export function span(seconds) {
  if (seconds === null) return texts.NONE;
  if (seconds < 100) return `${Math.round(seconds)}\u00a0s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)}\u00a0min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)}\u00a0h`;
  return `${Math.round(seconds / 86400)}\u00a0days`;
}

/** How long ago something was; the page keeps it up to date. @param {string|null} at */
export function ago(at) {
  if (!at) return el("span", { class: "soft" }, texts.NONE);
  const made = el("time", { datetime: at, title: exact(at), "data-ago": true });
  made.textContent = agoText(at);
  return made;
}

/** @param {string} at */
function agoText(at) {
  const seconds = (Date.now() - Date.parse(at)) / 1000;
  return seconds < 5 ? texts.time.now : texts.time.ago(span(seconds));
}

/** Bring what was made by ago() up to date. */
export function tick() {
  for (const made of document.querySelectorAll("time[data-ago]")) {
    const text = agoText(made.getAttribute("datetime") ?? "");
    if (made.textContent !== text) made.textContent = text;
  }
}

/** @param {string} at */
export const exact = (at) => new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** @param {string} at */
export const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/** An id short enough for a table, whole for whoever wants it. @param {string} id */
export const short = (id) => el("span", { class: "mono", title: id }, id.length > 12 ? `${id.slice(0, 8)}…` : id);

// Names and figures as the page writes them.
import { h, useComputed } from "../shared/ui.js";
import { now } from "./store.js";
import * as texts from "./texts.js";

/** How something stands. @param {{name: string}} props */
export function StateBadge({ name }) {
  const [text, tone] = texts.states[name] ?? [name, ""];
  return h("span", { class: `badge ${tone}` }, text);
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

/** How long ago something was, kept up to date. @param {{at: string|null}} props */
export function Ago({ at }) {
  const text = useComputed(() => (at ? agoText(at, now.value) : texts.NONE));
  return at ? h("time", { dateTime: at, title: exact(at) }, text) : h("span", { class: "soft" }, text);
}

/** @param {string} at @param {number} now epoch milliseconds */
function agoText(at, now) {
  const seconds = (now - Date.parse(at)) / 1000;
  return seconds < 5 ? texts.time.now : texts.time.ago(span(seconds));
}

/** @param {string} at */
export const exact = (at) => new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** @param {string|number} at */
export const clock = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/** The beginning of an id, by which it is found as well. @param {string} id */
export const shortId = (id) => (id.length > 12 ? `${id.slice(0, 8)}…` : id);

/** An id short enough for a table, whole for whoever wants it. @param {{id: string}} props */
export const Id = ({ id }) => h("span", { class: "mono", title: id }, shortId(id));

// The log of what operators did, here and by the tool mentor-ops.
import { el } from "../shared/dom.js";
import { card, paged, table } from "./parts.js";
import { ago, counted, VERBS } from "./format.js";

export function log() {
  const pages = paged("audit", "entries", "id");
  const view = {
    title: "Log",
    every: 10,
    load: pages.load,
    /** @param {any[]} first @returns {Node[]} */
    render: (first) => [
      el("p", { class: "soft" }, "Everything that operators did, for 180 days. An entry is written before its action begins, and nothing in it can be changed."),
      card("Log", list(pages.all(first)), pages.next(() => view.render(first))),
    ],
  };
  return view;
}

/** @param {any[]} entries */
function list(entries) {
  return table(
    "What operators did",
    ["When", "Who", "What", "To what", "What came of it"],
    entries.map((one) => [
      ago(one.at),
      el("span", {}, el("span", { class: "mono" }, one.who), el("span", { class: "soft small under" }, one.tool)),
      VERBS[one.verb],
      toWhat(one.to),
      result(one),
    ]),
    { empty: "Nobody has done anything yet.", cards: true },
  );
}

/** @param {any} to */
function toWhat(to) {
  if (!to.queue) {
    return el("span", {}, el("a", { href: `#/uploads/${to.upload}`, class: "mono" }, `${to.upload.slice(0, 8)}…`), to.task ? ` (${to.task})` : "");
  }
  const filters = ["type", "code", "upload", "message"].filter((name) => to[name]).map((name) => `${name} ${to[name]}`);
  return `${to.queue}: ${filters.join(", ") || "all"}`;
}

/** @param {any} one */
function result({ result, ended_at }) {
  if (!ended_at) return el("span", { class: "badge warn" }, "not ended, or broken off");
  if (result?.error) return el("span", { class: "bad-text" }, result.error);
  if (result?.opens) return Object.entries(result.opens).map(([task, attempt]) => `${task}: attempt ${attempt}`).join(", ");
  if (result?.done === undefined) return el("span", { class: "badge good" }, "done");
  const parts = [counted(result.done, "message")];
  if (result.undone) parts.push(`${result.undone} not moved`);
  if (result.stopped || result.interrupted) parts.push("stopped");
  const place = result.kept ?? result.file;
  return el("span", {}, parts.join(", "), place ? el("span", { class: "soft small under mono" }, place) : "");
}

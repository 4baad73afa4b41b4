// The log of what operators did, here and by the tool mentor-ops.
import { el } from "../shared/dom.js";
import { card, paged, table } from "./parts.js";
import { ago } from "./format.js";
import { log as texts } from "./texts.js";

export function log() {
  const pages = paged("audit", "entries", "id");
  const view = {
    title: texts.title,
    every: 10,
    load: pages.load,
    /** @param {any[]} first @returns {Node[]} */
    render: (first) => [
      el("p", { class: "soft" }, texts.about),
      card(texts.title, list(pages.all(first)), pages.next(() => view.render(first))),
    ],
  };
  return view;
}

/** @param {any[]} entries */
function list(entries) {
  return table(
    texts.label,
    Object.values(texts.columns),
    entries.map((one) => [
      ago(one.at),
      el("span", {}, el("span", { class: "mono" }, one.who), el("span", { class: "soft small under" }, one.tool)),
      texts.verbs[one.verb],
      toWhat(one.to),
      result(one),
    ]),
    { empty: texts.none, cards: true },
  );
}

/** @param {any} to */
function toWhat(to) {
  if (!to.queue) {
    return el("span", {}, el("a", { href: `#/uploads/${to.upload}`, class: "mono" }, `${to.upload.slice(0, 8)}…`), to.task ? ` (${to.task})` : "");
  }
  const filters = ["type", "code", "upload", "message"].filter((name) => to[name]).map((name) => `${name} ${to[name]}`);
  return `${to.queue}: ${filters.join(", ") || texts.everything}`;
}

/** @param {any} one */
function result({ result, ended_at }) {
  if (!ended_at) return el("span", { class: "badge warn" }, texts.unfinished);
  if (result?.error) return el("span", { class: "bad-text" }, result.error);
  if (result?.opens) return Object.entries(result.opens).map(([task, attempt]) => texts.opens(task, Number(attempt))).join(", ");
  if (result?.done === undefined) return el("span", { class: "badge good" }, texts.done);
  const parts = [texts.messages(result.done)];
  if (result.undone) parts.push(texts.undone(result.undone));
  if (result.stopped || result.interrupted) parts.push(texts.stopped);
  const place = result.kept ?? result.file;
  return el("span", {}, parts.join(", "), place ? el("span", { class: "soft small under mono" }, place) : "");
}

// What operators did, here and by the tool mentor-ops.
import { button, el } from "../shared/dom.js";
import { card, table } from "./parts.js";
import { look } from "./session.js";
import { ago, counted, VERBS } from "./words.js";

export function log() {
  /** @type {any[]} */
  let more = [];
  /** @type {string|null} */
  let cursor = null;
  const view = {
    title: "Log",
    every: 10,
    load: async () => {
      const page = await look("audit");
      if (!more.length) cursor = page.cursor;
      return page.entries;
    },
    /** @param {any[]} first */
    render: (first) => {
      const seen = new Set(first.map((one) => one.id));
      const entries = [...first, ...more.filter((one) => !seen.has(one.id))];
      const next = button("Show more", async () => {
        const page = await look("audit", { cursor });
        more = [...more, ...page.entries];
        cursor = page.cursor;
        document.getElementById("view")?.replaceChildren(...view.render(first));
      }, { "data-key": "more" });
      return [
        el("p", { class: "soft" }, "Everything that operators did, for 180 days. An entry is written before its action begins, and nothing in it can be changed."),
        card("Log", list(entries), cursor && el("div", { class: "row" }, next)),
      ];
    },
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
function result({ result: said, ended_at }) {
  if (!ended_at) return el("span", { class: "badge warn" }, "not ended, or broken off");
  if (said?.error) return el("span", { class: "bad-text" }, said.error);
  if (said?.opens) return Object.entries(said.opens).map(([task, attempt]) => `${task}: attempt ${attempt}`).join(", ");
  if (said?.done === undefined) return el("span", { class: "badge good" }, "done");
  const parts = [counted(said.done, "message")];
  if (said.undone) parts.push(`${said.undone} not moved`);
  if (said.stopped || said.interrupted) parts.push("stopped");
  const place = said.kept ?? said.file;
  return el("span", {}, parts.join(", "), place ? el("span", { class: "soft small under mono" }, place) : "");
}

// Uploads of all mentors: by state, mentor and age.
import { el } from "../shared/dom.js";
import { card, field, paged, select, table } from "./parts.js";
import { ago, badge, CHOICES, counted, sentence, short } from "./format.js";

/** @type {[string, string][]} */
const WITHIN = [["1", "Last hour"], ["24", "Last day"], ["168", "Last week"], ["720", "Last 30 days"], ["4320", "Last 180 days"]];
/** @type {[string, string][]} */
const OLDER = [["", "Any age"], ["5", "Older than 5 minutes"], ["15", "Older than 15 minutes"], ["60", "Older than an hour"], ["1440", "Older than a day"]];

/**
 * @param {URLSearchParams} query
 * @param {(hash: string) => void} go
 */
export function uploads(query, go) {
  const asked = {
    state: query.get("state") ?? "ALL",
    mentor: query.get("mentor") ?? "",
    within_hours: query.get("within_hours") ?? "24",
    older_than_minutes: query.get("older_than_minutes") ?? "",
  };
  const pages = paged("uploads", "uploads", "upload", asked);
  const view = {
    title: "Uploads",
    every: 10,
    load: pages.load,
    /** @param {any[]} first @returns {Node[]} */
    render: (first) => {
      const rows = pages.all(first);
      return [
        el("h2", { class: "visually-hidden" }, "Uploads"),
        filters(asked, go),
        card(rows.length ? counted(rows.length, "upload") : "Uploads", list(rows), pages.next(() => view.render(first))),
      ];
    },
  };
  return view;
}

/** @param {any} asked @param {(hash: string) => void} go */
function filters(asked, go) {
  const state = select("state", CHOICES, asked.state);
  const within = select("within", WITHIN, asked.within_hours);
  const older = select("older", OLDER, asked.older_than_minutes);
  const mentor = el("input", {
    id: "mentor", value: asked.mentor, placeholder: "all", maxlength: "24", pattern: "[0-9a-f]{24}",
    title: "24 digits and letters a to f", autocomplete: "off", spellcheck: "false",
  });
  const form = el(
    "form",
    { class: "card filters", "aria-label": "Which uploads" },
    field("State", state), field("Mentor", mentor), field("Time", within), field("Age", older),
    el("button", { type: "submit", class: "primary" }, "Find"),
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const chosen = new URLSearchParams({ state: state.value, within_hours: within.value });
    if (mentor.value.trim()) chosen.set("mentor", mentor.value.trim());
    if (older.value) chosen.set("older_than_minutes", older.value);
    go(`#/uploads?${chosen}`);
  });
  return form;
}

/** @param {any[]} rows */
function list(rows) {
  return table(
    "Uploads",
    ["Upload", "State", "Came", ["Mentor", "wide"], ["Attempt", "wide num"], "Why"],
    rows.map((row) => [
      el("a", { href: `#/uploads/${row.upload}`, class: "mono", title: row.upload }, `${row.upload.slice(0, 8)}…`),
      badge(row.state),
      ago(row.came_at),
      row.mentor && short(row.mentor),
      row.attempt,
      row.why ? el("span", { class: "why" }, sentence(row.why)) : null,
    ]),
    { empty: "No upload fits. Choose a longer time, or another state.", cards: true },
  );
}

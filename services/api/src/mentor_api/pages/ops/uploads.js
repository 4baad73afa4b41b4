// Uploads of all mentors: by state, mentor and age.
import { el } from "../shared/dom.js";
import { card, field, paged, select, table } from "./parts.js";
import { ago, badge, CHOICES, sentence, short } from "./format.js";
import { counted, uploads as texts } from "./texts.js";

// As they are in `texts`, whose numbers JavaScript puts in order.
const WITHIN = Object.entries(texts.within);
const OLDER = Object.entries(texts.older).sort(([a], [b]) => Number(a) - Number(b));

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
    title: texts.title,
    every: 10,
    load: pages.load,
    /** @param {any[]} first @returns {Node[]} */
    render: (first) => {
      const rows = pages.all(first);
      return [
        el("h2", { class: "visually-hidden" }, texts.title),
        filters(asked, go),
        card(rows.length ? counted(rows.length, "upload") : texts.title, list(rows), pages.next(() => view.render(first))),
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
    id: "mentor", value: asked.mentor, placeholder: texts.anyMentor, maxlength: "24", pattern: "[0-9a-f]{24}",
    title: texts.mentorFormat, autocomplete: "off", spellcheck: "false",
  });
  const form = el(
    "form",
    { class: "card filters", "aria-label": texts.filters },
    field(texts.state, state), field(texts.mentor, mentor), field(texts.time, within), field(texts.age, older),
    el("button", { type: "submit", class: "primary" }, texts.find),
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
  const { columns } = texts;
  return table(
    texts.title,
    [columns.upload, columns.state, columns.received, [columns.mentor, "wide"], [columns.attempt, "wide num"], columns.why],
    rows.map((row) => [
      el("a", { href: `#/uploads/${row.upload}`, class: "mono", title: row.upload }, `${row.upload.slice(0, 8)}…`),
      badge(row.state),
      ago(row.came_at),
      row.mentor && short(row.mentor),
      row.attempt,
      row.why ? el("span", { class: "why" }, sentence(row.why)) : null,
    ]),
    { empty: texts.none, cards: true },
  );
}

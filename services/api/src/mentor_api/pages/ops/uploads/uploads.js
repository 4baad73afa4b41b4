// Uploads of all mentors: found by id, mentor, error, state and age; counted by their error; tried again, many at once.
import { Problem } from "../../shared/problem.js";
import { Button, Fragment, h, Note } from "../../shared/ui.js";
import { beginning } from "../actions/following.js";
import { link } from "../address.js";
import { Ago, Id, sentence, shortId, StateBadge } from "../format.js";
import { Card, Chip, Field, Pager, Select, Selection, Table } from "../parts.js";
import { go } from "../refreshing.js";
import { get } from "../session.js";
import { selected } from "../state.js";
import { ask, dispatch, state } from "../store.js";
import { ACTIVE_STATES, ALL_STATES, NONE, states, uploads as texts } from "../texts.js";

/** @typedef {import("../address.js").Address} Address */

const PATH = "/uploads";
const DAY = "24";
const LONGEST = "4320";
const LONGEST_ERROR = 200;

/** @type {[string, string][]} */
const STATES = [
  ["ALL", ALL_STATES],
  ["ACTIVE", ACTIVE_STATES],
  ...["FAILED", "READY", "IN_PROGRESS", "QUEUED", "PREPARING", "CANCELLING", "CANCELLED", "SUPERSEDED", "ABORTED"].map(
    (name) => /** @type {[string, string]} */ ([name, states[name][0]]),
  ),
];
// As they are in `texts`, whose numbers JavaScript puts in order.
const WITHIN = Object.entries(texts.within);
const OLDER = Object.entries(texts.older).sort(([a], [b]) => Number(a) - Number(b));

/** The errors that a first page had; those after it have them too. */
let known = { asked: "", errors: /** @type {any} */ (null) };

/** @param {Address} address */
export async function loadUploads({ search, cursor }) {
  const asked = { ...filterOf(search), state: search.state ?? "ALL" };
  const [page, errors] = await Promise.all([get("uploads", { ...asked, cursor }), loadErrors(asked, cursor !== "")]);
  return { ...page, errors };
}

/** Count the errors of what failed: any, so that another one can be chosen. @param {Record<string, string>} asked @param {boolean} isLater */
async function loadErrors(asked, isLater) {
  if (asked.state !== "FAILED") return null;
  const any = { ...asked, error: "" };
  const text = JSON.stringify(any);
  if (!isLater || known.asked !== text) known = { asked: text, errors: await get("uploads/errors", any) };
  return known.errors;
}

/** What is looked for, but for the state. @param {Record<string, string>} search */
const filterOf = ({ upload, mentor, error, within_hours, older_than_minutes }) => ({ upload, mentor, error, within_hours, older_than_minutes });

/** @param {{data: any, address: Address}} props */
export function Uploads({ data, address }) {
  const { search } = address;
  return h(
    Fragment,
    {},
    h("h2", { class: "visually-hidden" }, texts.title),
    h(Filters, { search }),
    data.errors && data.errors.groups.length > 0 && h(Errors, { groups: data.errors.groups, search }),
    h(
      Card,
      { title: texts.total(data.total, data.total_is_lower_bound) },
      h(Acts, { data, address }),
      h(List, { rows: data.uploads }),
      h(Pager, { cursor: data.cursor, total: data.total }),
    ),
  );
}

/** @param {{search: Record<string, string>}} props */
function Filters({ search }) {
  const find = (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    go(link(PATH, searchOf(/** @type {Record<string, string>} */ (given))));
  };
  return h(
    "form",
    { class: "card filters", "aria-label": texts.filters, onSubmit: find },
    h(Field, { id: "state", label: texts.state }, h(Select, { id: "state", choices: STATES, chosen: search.state ?? "ALL" })),
    h(Field, { id: "upload", label: texts.upload }, textField("upload", search.upload, texts.idFormat, texts.anyUpload, "\\s*[0-9a-fA-F][0-9a-fA-F\\-]{3,35}…?\\s*", 40)),
    h(Field, { id: "mentor", label: texts.mentor }, textField("mentor", search.mentor, texts.mentorFormat, texts.anyMentor, "\\s*[0-9a-f]{24}\\s*", 40)),
    h(Field, { id: "error", label: texts.error }, textField("error", search.error, texts.errorFormat, texts.anyError, undefined, LONGEST_ERROR)),
    h(Field, { id: "within_hours", label: texts.time }, h(Select, { id: "within_hours", choices: WITHIN, chosen: search.within_hours ?? (search.upload ? LONGEST : DAY) })),
    h(Field, { id: "older_than_minutes", label: texts.age }, h(Select, { id: "older_than_minutes", choices: OLDER, chosen: search.older_than_minutes ?? "" })),
    h("button", { type: "submit", class: "primary" }, texts.find),
  );
}

/**
 * @param {string} name @param {string|undefined} value @param {string} title @param {string} placeholder
 * @param {string|undefined} pattern @param {number} maxLength
 */
const textField = (name, value, title, placeholder, pattern, maxLength) =>
  h("input", { id: name, name, defaultValue: value ?? "", title, placeholder, pattern, maxLength, autoComplete: "off", spellcheck: false });

/** The search that a form's fields ask for; what is so anyway is left out. @param {Record<string, string>} given */
function searchOf(given) {
  const upload = given.upload.trim().replace("…", "").toLowerCase();
  const { within_hours } = given;
  return {
    state: given.state,
    upload,
    mentor: given.mentor.trim(),
    error: given.error.trim(),
    // An upload of that id is meant however old it is, unless another time than the usual one is chosen.
    within_hours: within_hours === DAY || (upload && within_hours === LONGEST) ? "" : within_hours,
    older_than_minutes: given.older_than_minutes,
  };
}

/** The errors of what failed, each as a choice. @param {{groups: any[], search: Record<string, string>}} props */
function Errors({ groups, search }) {
  const all = groups.reduce((sum, group) => sum + group.uploads, 0);
  const choose = (/** @type {string|undefined} */ error) => link(PATH, { ...search, error });
  return h(
    "nav",
    { class: "card chips", "aria-label": texts.errors },
    h(Chip, { href: choose(undefined), current: !search.error, count: all }, texts.everyError),
    groups.map(({ error_pattern, uploads }) => {
      const part = error_pattern.slice(0, LONGEST_ERROR).trim();
      return h(Chip, { key: error_pattern, href: choose(part), current: search.error === part, count: uploads }, error_pattern);
    }),
  );
}

/** What can be done with those that were found: all of them, or those that are selected. @param {{data: any, address: Address}} props */
function Acts({ data, address }) {
  const chosen = selected(state.value);
  const all = address.search.state === "FAILED" && data.total > 0;
  return h(
    Fragment,
    {},
    all && h("div", { class: "row" }, h(Button, { class: "primary", action: () => retryAll(data, address) }, texts.retry.all(data.total))),
    data.total_is_lower_bound && h(Note, { kind: "info", title: texts.lowerBound, text: texts.lowerBoundWhy }),
    h(Selection, {}, h(Button, { class: "small primary", action: () => retry(chosen.length, { uploads: chosen, expected: chosen.length }) }, texts.retry.selected(chosen.length))),
  );
}

/** All that match now: a later page has the number that the first one counted. @param {any} data @param {Address} address */
async function retryAll(data, { search, page }) {
  const filter = filterOf(search);
  try {
    const { total } = page === 1 ? data : await get("uploads", { ...filter, state: search.state, limit: 1 });
    retry(total, { ...sent(filter), expected: total });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    dispatch({ type: "problem", problem });
  }
}

/** @param {number} count @param {Record<string, any>} which */
function retry(count, which) {
  ask({ title: texts.retry.title(count), text: [texts.retry.what(count), texts.retry.why], verb: texts.retry.verb(count), act: beginning("uploads/retry", which) });
}

/** A filter as the body of a request has it. @param {Record<string, string|undefined>} filter */
function sent(filter) {
  const given = Object.entries(filter).filter(([, value]) => value);
  return Object.fromEntries(given.map(([name, value]) => [name, /_(hours|minutes)$/.test(name) ? Number(value) : value]));
}

/** @param {{rows: any[]}} props */
function List({ rows }) {
  const { columns } = texts;
  return h(Table, {
    label: texts.title,
    columns: [columns.upload, columns.state, columns.received, [columns.mentor, "wide"], [columns.attempt, "wide num"], columns.why],
    rows: rows.map((row) => ({
      key: row.upload,
      name: texts.named(shortId(row.upload)),
      selectable: row.state === "FAILED",
      cells: [
        h("a", { href: `#/uploads/${row.upload}`, class: "mono", title: row.upload }, shortId(row.upload)),
        h(StateBadge, { name: row.state }),
        h(Ago, { at: row.came_at }),
        row.mentor && h(Id, { id: row.mentor }),
        row.attempt,
        h(Why, { row }),
      ],
    })),
    empty: texts.none,
    cards: true,
    selects: rows.some((row) => row.state === "FAILED"),
  });
}

/** Why it is not ready, and the error where that says more. @param {{row: any}} props */
function Why({ row }) {
  if (!row.why && !row.error) return NONE;
  return h(
    "span",
    { class: "why" },
    row.why && sentence(row.why),
    row.error && !row.why?.includes(row.error) && h("code", { class: "under small" }, row.error),
  );
}

// Messages that were given up: why, found and counted by that, and what to do with them.
import { Button, Fragment, h, Note } from "../../shared/ui.js";
import { beginning } from "../actions/following.js";
import { link } from "../address.js";
import { Ago, Id, shortId, StateBadge } from "../format.js";
import { Card, Chip, Field, Good, Pager, Selection, Table } from "../parts.js";
import { go, refresh } from "../refreshing.js";
import { get } from "../session.js";
import { selected } from "../state.js";
import { ask, state } from "../store.js";
import { letters as texts } from "../texts.js";

/** @typedef {import("../address.js").Address} Address */
/** @typedef {Record<string, string|undefined>} Filter */

const PATH = "/letters";
const SERVICES = ["transcoder", "transcriber", "notifier", "api"];
const LONGEST = 200;

/** @param {Address} address */
export async function loadLetters({ search, cursor }) {
  const { queues } = await get("queues");
  const fullest = [...queues].sort((a, b) => b.dead - a.dead)[0].service;
  const queue = SERVICES.includes(search.queue) ? search.queue : fullest;
  return { queues, page: await get("dead-letters", { queue, ...filterOf(search), cursor }) };
}

/** Whether some could not be read, for somebody else has them in hand. @param {{page: {hidden: number}}|undefined} data */
export const hasHidden = (data) => data !== undefined && data.page.hidden > 0;

/** @param {Record<string, string>} search @returns {Filter} */
const filterOf = ({ type, code, upload, mentor, error }) => ({ type, code, upload, mentor, error });

/** @param {{data: {queues: any[], page: any}, address: Address}} props */
export function Letters({ data: { queues, page }, address }) {
  const filter = filterOf(address.search);
  return h(
    Fragment,
    {},
    h("p", { class: "soft" }, texts.about),
    h(Services, { queues, chosen: page.queue }),
    page.waiting + page.hidden === 0
      ? h(Good, { title: texts.none(page.queue), text: texts.noneWhy })
      : page.read === 0
        ? h(Note, { kind: "info", title: texts.inHand(page.hidden), text: texts.inHandWhy }, h(Button, { action: refresh }, texts.lookAgain))
        : h(Contents, { page, filter }),
  );
}

/** @param {{queues: any[], chosen: string}} props */
const Services = ({ queues, chosen }) =>
  h(
    "nav",
    { class: "chips", "aria-label": texts.services },
    SERVICES.map((name) => {
      const dead = queues.find((queue) => queue.service === name)?.dead ?? 0;
      return h(Chip, { key: name, href: link(PATH, { queue: name }), current: name === chosen, count: dead, bad: dead > 0 }, name);
    }),
  );

/** @param {{page: any, filter: Filter}} props */
function Contents({ page, filter }) {
  const { queue, matching } = page;
  const isFiltered = Object.values(filter).some(Boolean);
  const all = { queue, ...filter, expected: matching };
  const chosen = selected(state.value);
  const some = { queue, messages: chosen, expected: chosen.length };
  return h(
    Fragment,
    {},
    h(Filters, { queue, filter }),
    h(Reasons, { page, filter }),
    h(
      Card,
      { title: texts.total(matching, isFiltered ? page.read : matching) },
      matching > 0 &&
        h(
          "div",
          { class: "row" },
          h(Button, { class: "primary", action: () => askRedrive(matching, all) }, texts.redrive.button(texts.some(matching, isFiltered))),
          h(Button, { class: "danger", action: () => askDiscard(matching, all) }, texts.discard.button(texts.some(matching, isFiltered))),
          h(Button, { class: "quiet", action: refresh }, texts.lookAgain),
        ),
      page.read < page.waiting && h("p", { class: "soft small" }, texts.read(page.read, page.waiting)),
      page.hidden > 0 && h("p", { class: "soft small" }, texts.hidden(page.hidden)),
      h(
        Selection,
        {},
        h(Button, { class: "small primary", action: () => askRedrive(chosen.length, some) }, texts.redrive.button(texts.selected(chosen.length))),
        h(Button, { class: "small danger", action: () => askDiscard(chosen.length, some) }, texts.discard.button(texts.selected(chosen.length))),
      ),
      h(List, { page }),
      h(Pager, { cursor: page.cursor, total: matching }),
    ),
  );
}

/** @param {{queue: string, filter: Filter}} props */
function Filters({ queue, filter }) {
  const find = (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    const fields = Object.entries(given).map(([name, value]) => [name, String(value).trim().replace("…", "")]);
    go(link(PATH, { queue, code: filter.code, type: filter.type, ...Object.fromEntries(fields) }));
  };
  const field = (/** @type {"upload"|"mentor"|"error"} */ name, /** @type {string|undefined} */ pattern) =>
    h(
      Field,
      { id: name, label: texts.fields[name][0] },
      h("input", {
        id: name, name, pattern, defaultValue: filter[name] ?? "", placeholder: texts.fields[name][1], title: texts.fields[name][2],
        maxLength: LONGEST, autoComplete: "off", spellcheck: false,
      }),
    );
  return h(
    "form",
    { class: "card filters", "aria-label": texts.filters, onSubmit: find },
    field("upload", undefined),
    field("mentor", "\\s*[0-9a-f]{24}\\s*"),
    field("error", undefined),
    h("button", { type: "submit", class: "primary" }, texts.find),
  );
}

/** Why they were given up, each as a choice. @param {{page: any, filter: Filter}} props */
function Reasons({ page, filter }) {
  const choose = (/** @type {Filter} */ reason) =>
    link(PATH, { queue: page.queue, upload: filter.upload, mentor: filter.mentor, ...reason });
  return h(
    "nav",
    { class: "card chips", "aria-label": texts.reasons },
    h(Chip, { href: choose({}), current: !filter.type && !filter.code && !filter.error, count: page.read }, texts.anyReason),
    page.groups.map((/** @type {any} */ { type, code, error_pattern, count }) => {
      const error = error_pattern.slice(0, LONGEST).trim();
      const current = filter.type === type && filter.code === code && (filter.error ?? "") === error;
      const key = [type, code, error_pattern].join(" ");
      return h(Chip, { key, href: choose({ type, code, error }), current, count }, h("code", {}, code), " ", error_pattern || type);
    }),
  );
}

/** @param {number} count @param {Record<string, any>} which */
function askRedrive(count, which) {
  const { title, what, why, verb } = texts.redrive;
  ask({ title, text: [what(which.queue, count), why], verb: verb(count), act: beginning("actions", { verb: "redrive", ...which }) });
}

/** @param {number} count @param {Record<string, any>} which */
function askDiscard(count, which) {
  const { title, what, why, verb } = texts.discard;
  const act = beginning("actions", { verb: "discard", ...which });
  ask({ title, text: [what(which.queue, count), why], verb: verb(count), danger: true, act });
}

/** @param {{page: any}} props */
function List({ page }) {
  const { columns } = texts;
  return h(Table, {
    label: texts.list,
    columns: [columns.since, columns.reason, columns.upload, [columns.kind, "wide"], [columns.attempt, "wide num"], columns.act],
    rows: page.letters.map((/** @type {any} */ one) => {
      const only = { queue: page.queue, message: one.message, expected: 1 };
      return {
        key: one.message,
        name: texts.named(one.upload ? shortId(one.upload) : shortId(one.message)),
        selectable: true,
        cells: [
          h(Ago, { at: one.since }),
          h(
            "div",
            { class: "stack tight" },
            h("span", { class: "why" }, h("code", {}, one.code), one.why ? ` ${one.why}` : ""),
            h("details", {}, h("summary", {}, texts.message), h("pre", { tabIndex: 0 }, one.content)),
          ),
          one.upload &&
            h("span", { class: "row tight" }, h("a", { href: `#/uploads/${one.upload}` }, h(Id, { id: one.upload })), one.state && h(StateBadge, { name: one.state })),
          one.type,
          one.attempt,
          h(
            "span",
            { class: "row tight together" },
            h(Button, { class: "small", action: () => askRedrive(1, only) }, texts.redrive.short),
            h(Button, { class: "danger small", action: () => askDiscard(1, only) }, texts.discard.short),
          ),
        ],
      };
    }),
    empty: texts.noMatch,
    cards: true,
    selects: true,
  });
}

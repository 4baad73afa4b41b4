// Messages that were given up: why, and what to do with them.
import { button, el, note } from "../shared/dom.js";
import { card, confirm, table } from "./parts.js";
import { get } from "./session.js";
import { ago, badge, short } from "./format.js";
import { letters as texts, number } from "./texts.js";

const SERVICES = ["transcoder", "transcriber", "notifier", "api"];

/**
 * @param {URLSearchParams} query
 * @param {(json: any) => Promise<void>} begin begins a redrive or discard
 * @param {() => Promise<void>} reload
 */
export function deadLetters(query, begin, reload) {
  const code = query.get("code") ?? "";
  const given = query.get("queue") ?? "";
  return {
    title: texts.title,
    every: 0, // reading them hides each for a moment from others: only when asked
    load: async () => {
      const queues = (await get("queues")).queues;
      const fullest = [...queues].sort((a, b) => b.dead - a.dead)[0].service;
      const queue = SERVICES.includes(given) ? given : fullest;
      return { queues, page: await get("dead-letters", { queue, code, limit: 100 }) };
    },
    /** @param {{queues: any[], page: any}} data */
    render: ({ queues, page }) => [
      el("p", { class: "soft" }, texts.about),
      tabs(queues, page.queue),
      page.waiting + page.hidden === 0
        ? note("good", texts.none(page.queue), texts.noneWhy)
        : page.read === 0
          ? inHand(page, reload)
          : contents(page, code, begin),
    ],
  };
}

/** What somebody else has in hand. @param {any} page @param {() => Promise<void>} reload */
function inHand(page, reload) {
  return note("info", texts.inHand(page.hidden), texts.inHandWhy, button(texts.lookAgain, reload));
}

/**
 * A link that chooses something, with a count.
 * @param {string} href @param {string} key @param {boolean} current @param {string} text
 * @param {number} count @param {boolean} [bad]
 */
const chip = (href, key, current, text, count, bad = false) =>
  el(
    "a",
    { href, "aria-current": current ? "true" : null, "data-key": key },
    text,
    el("span", { class: `badge ${bad ? "bad" : ""}` }, number(count)),
  );

/** @param {any[]} queues @param {string} chosen */
function tabs(queues, chosen) {
  return el(
    "nav",
    { class: "chips", "aria-label": texts.services },
    ...SERVICES.map((name) => {
      const dead = queues.find((queue) => queue.service === name)?.dead ?? 0;
      return chip(`#/letters?queue=${name}`, name, name === chosen, name, dead, dead > 0);
    }),
  );
}

/** @param {any} page @param {string} code @param {(json: any) => Promise<void>} begin */
function contents(page, code, begin) {
  const some = code ? texts.withReason(page.matching, code) : texts.everything(page.waiting);
  const what = { queue: page.queue, ...(code ? { code } : {}) };
  return el(
    "div",
    { class: "stack" },
    reasons(page, code),
    card(
      texts.heading(code),
      el(
        "div",
        { class: "row" },
        act("redrive", texts.redrive.button(some), what, some, begin, "primary"),
        act("discard", texts.discard.button(some), what, some, begin, "danger"),
      ),
      page.read < page.waiting && el("p", { class: "soft small" }, texts.read(page.read, page.waiting)),
      page.hidden > 0 && el("p", { class: "soft small" }, texts.hidden(page.hidden)),
      list(page, begin),
    ),
  );
}

/** @param {any} page @param {string} chosen */
function reasons(page, chosen) {
  const counts = new Map();
  for (const one of page.reasons) counts.set(one.code, (counts.get(one.code) ?? 0) + one.count);
  const link = (/** @type {string} */ code, /** @type {string} */ text, /** @type {number} */ count) => {
    const filter = code ? `&code=${encodeURIComponent(code)}` : "";
    return chip(`#/letters?queue=${page.queue}${filter}`, `reason-${code}`, code === chosen, text, count);
  };
  return el(
    "nav",
    { class: "chips", "aria-label": texts.reasons },
    link("", texts.anyReason, page.read),
    ...[...counts].map(([code, count]) => link(code, code, count)),
  );
}

/**
 * The button that redrives or discards dead letters, after a question.
 * @param {"redrive"|"discard"} verb
 * @param {string} text
 * @param {any} what the request's queue and filter
 * @param {string} some how many that are, in words
 * @param {(json: any) => Promise<void>} begin
 * @param {string} tone
 */
function act(verb, text, what, some, begin, tone) {
  const question = verb === "redrive"
    ? {
        title: texts.redrive.title,
        text: [texts.redrive.what(what.queue, some), texts.redrive.why],
        verb: texts.redrive.short,
      }
    : {
        title: texts.discard.title,
        text: [texts.discard.what(some), texts.discard.why],
        verb: texts.discard.short,
        danger: true,
      };
  return button(text, async () => {
    if (await confirm(question)) await begin({ verb, ...what });
  }, { class: tone });
}

/** @param {any} page @param {(json: any) => Promise<void>} begin */
function list(page, begin) {
  const { columns } = texts;
  return table(
    texts.list,
    [columns.since, columns.reason, columns.upload, [columns.kind, "wide"], [columns.attempt, "wide num"], columns.act],
    page.letters.map((/** @type {any} */ one) => {
      const only = { queue: page.queue, message: one.message };
      return [
        ago(one.since),
        el(
          "div",
          { class: "stack tight" },
          el("span", { class: "why" }, el("code", {}, one.code), one.why ? ` ${one.why}` : ""),
          el("details", { "data-key": one.message }, el("summary", {}, texts.message), el("pre", { tabindex: "0" }, one.content)),
        ),
        one.upload
          ? el("span", { class: "row tight" }, el("a", { href: `#/uploads/${one.upload}` }, short(one.upload)), one.state && badge(one.state))
          : null,
        one.type,
        one.attempt,
        el(
          "span",
          { class: "row tight together" },
          act("redrive", texts.redrive.short, only, texts.one, begin, "small"),
          act("discard", texts.discard.short, only, texts.one, begin, "danger small"),
        ),
      ];
    }),
    { empty: texts.noMatch, cards: true },
  );
}

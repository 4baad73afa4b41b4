// Messages that were given up: why, and what to do with them.
import { button, el, note } from "../shared/dom.js";
import { card, confirm, table } from "./parts.js";
import { get } from "./session.js";
import { ago, badge, counted, number, short } from "./format.js";

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
    title: "Dead letters",
    every: 0, // reading them hides each for a moment from others: only when asked
    load: async () => {
      const queues = (await get("queues")).queues;
      const fullest = [...queues].sort((a, b) => b.dead - a.dead)[0].service;
      const queue = SERVICES.includes(given) ? given : fullest;
      return { queues, page: await get("dead-letters", { queue, code, limit: 100 }) };
    },
    /** @param {{queues: any[], page: any}} data */
    render: ({ queues, page }) => [
      el("p", { class: "soft" }, "What a service gave up on after all its starts, or could not read. It lies here for 14 days."),
      tabs(queues, page.queue),
      page.waiting + page.hidden === 0
        ? note("good", `The ${page.queue} has given up on nothing`, "There is nothing to do here.")
        : page.read === 0
          ? inHand(page, reload)
          : contents(page, code, begin),
    ],
  };
}

/** What somebody else has in hand. @param {any} page @param {() => Promise<void>} reload */
function inHand(page, reload) {
  const text = "Somebody looks at them, or moves them. They come back within two minutes, unless they are moved.";
  return note("info", `${counted(page.hidden, "message is", "messages are")} in hand just now`, text, button("Look again", reload));
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
    { class: "chips", "aria-label": "Whose dead letters" },
    ...SERVICES.map((name) => {
      const dead = queues.find((queue) => queue.service === name)?.dead ?? 0;
      return chip(`#/letters?queue=${name}`, name, name === chosen, name, dead, dead > 0);
    }),
  );
}

/** @param {any} page @param {string} code @param {(json: any) => Promise<void>} begin */
function contents(page, code, begin) {
  const some = code ? counted(page.matching, "message") + ` with the reason ${code}` : `all ${counted(page.waiting, "message")}`;
  const what = { queue: page.queue, ...(code ? { code } : {}) };
  return el(
    "div",
    { class: "stack" },
    reasons(page, code),
    card(
      code ? `Given up: ${code}` : "Given up",
      el(
        "div",
        { class: "row" },
        act("redrive", `Send ${some} again`, what, some, begin, "primary"),
        act("discard", `Discard ${some}`, what, some, begin, "danger"),
      ),
      page.read < page.waiting && el("p", { class: "soft small" }, `${number(page.read)} of ${number(page.waiting)} were read for this page.`),
      page.hidden > 0 && el("p", { class: "soft small" }, `${counted(page.hidden, "more is", "more are")} being looked at just now.`),
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
    { class: "chips", "aria-label": "Reasons" },
    link("", "any reason", page.read),
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
        title: "Send again?",
        text: [
          `To be sent to the ${what.queue} again: ${some}.`,
          "Each opens one more attempt, and only if the failed one is the last. What was finished meanwhile stays as it is. It is safe to do this twice.",
        ],
        verb: "Send again",
      }
    : {
        title: "Discard for good?",
        text: [
          `To be taken away for good: ${some}.`,
          "A copy of each is kept for 30 days in a private place, which the log names. The uploads stay as they are: failed, with their reason; they can still be tried again one by one.",
        ],
        verb: "Discard",
        danger: true,
      };
  return button(text, async () => {
    if (await confirm(question)) await begin({ verb, ...what });
  }, { class: tone });
}

/** @param {any} page @param {(json: any) => Promise<void>} begin */
function list(page, begin) {
  return table(
    "Messages that were given up",
    ["Since", "Reason", "Upload", ["Kind", "wide"], ["Attempt", "wide num"], "Do"],
    page.letters.map((/** @type {any} */ one) => {
      const only = { queue: page.queue, message: one.message };
      return [
        ago(one.since),
        el(
          "div",
          { class: "stack tight" },
          el("span", { class: "why" }, el("code", {}, one.code), one.why ? ` ${one.why}` : ""),
          el("details", { "data-key": one.message }, el("summary", {}, "The message"), el("pre", { tabindex: "0" }, one.content)),
        ),
        one.upload
          ? el("span", { class: "row tight" }, el("a", { href: `#/uploads/${one.upload}` }, short(one.upload)), one.state && badge(one.state))
          : null,
        one.type,
        one.attempt,
        el(
          "span",
          { class: "row tight together" },
          act("redrive", "Send again", only, "this one message", begin, "small"),
          act("discard", "Discard", only, "this one message", begin, "danger small"),
        ),
      ];
    }),
    { empty: "No message fits.", cards: true },
  );
}

// How everything stands at a glance.
import { el, note } from "../shared/dom.js";
import { card, table } from "./parts.js";
import { readiness, throughput } from "./plots.js";
import { get } from "./session.js";
import { ago, counted, number, PURPOSE, span } from "./format.js";

export const overview = {
  title: "Overview",
  every: 5,
  load: async () => {
    const [queues, workers, day] = await Promise.all([get("queues"), get("workers"), get("day")]);
    return { queues: queues.queues, workers: workers.workers, day };
  },
  /** @param {{queues: any[], workers: any[], day: any}} data */
  render: ({ queues, workers, day }) => [
    ...attention(queues, workers),
    tiles(queues, day.total),
    el("div", { class: "two" }, queuesCard(queues), workersCard(workers)),
    el(
      "div",
      { class: "two" },
      card("Uploads in the last 24 hours", throughput(day.hours)),
      card("Time from accepted to ready", readiness(day.hours)),
    ),
    failures(day.failures),
  ],
};

/** What needs a person. @param {any[]} queues @param {any[]} workers */
function attention(queues, workers) {
  const dead = queues.filter((queue) => queue.dead > 0);
  const notes = [];
  if (dead.length) {
    const total = dead.reduce((sum, queue) => sum + queue.dead, 0);
    const links = dead.map((queue) => el("a", { href: `#/letters?queue=${queue.service}` }, `${number(queue.dead)} of the ${queue.service}`));
    notes.push(note("bad", `${counted(total, "message was", "messages were")} given up`, el("p", {}, ...between(links))));
  }
  // The others may rest while nothing waits for them.
  const needed = ["api-ingest", "notifier", ...queues.filter((one) => one.service.startsWith("trans") && one.waiting).map((one) => one.service)];
  const missing = needed.filter((name) => !workers.some((one) => one.service === name && one.seen === "alive"));
  if (missing.length) {
    notes.push(note("bad", `No worker of the ${missing.join(", ")} is there`, "Nothing is lost: work waits until one is started."));
  }
  const held = workers.filter((one) => one.seen === "alive" && one.pausing);
  if (held.length) {
    const why = held.map((one) => `${one.service}: ${Object.keys(one.down).join(", ") || "most of its last messages failed"}`);
    notes.push(note("warn", "Some workers take no new work", `${why.join("; ")}. They go on by themselves.`));
  }
  return notes.length ? notes : [note("good", "Nothing needs you", "Whoever is needed is there, and no message was given up.")];
}

/** @param {Node[]} nodes */
const between = (nodes) => nodes.flatMap((node, i) => (i ? [", ", node] : [node]));

/** @param {any[]} queues @param {any} total */
function tiles(queues, total) {
  const sum = (/** @type {string} */ name) => queues.reduce((all, queue) => all + queue[name], 0);
  const oldest = queues.map((queue) => queue.oldest_seconds).filter((age) => age !== null);
  const figures = [
    ["Waiting", number(sum("waiting")), "messages nobody has taken", ""],
    ["In work", number(sum("in_work")), "being handled, or put off", ""],
    ["Oldest wait", oldest.length ? span(Math.max(...oldest)) : "–", "of all queues", ""],
    ["Given up", number(sum("dead")), "dead letters", sum("dead") ? "bad" : ""],
    ["Ready today", number(total.ready), `of ${number(total.came)} that came in 24 h`, ""],
    ["Failed today", number(total.failed), "in 24 h", total.failed ? "warn" : ""],
    ["Time to ready", span(total.seconds_half), `95 in 100 within ${span(total.seconds_most)}`, ""],
  ];
  return el(
    "dl",
    { class: "tiles" },
    ...figures.map(([name, figure, more, tone]) =>
      el("div", { class: `tile ${tone}` }, el("dt", {}, name), el("dd", {}, el("strong", {}, figure), el("span", { class: "soft small" }, more))),
    ),
  );
}

/** @param {any[]} queues */
function queuesCard(queues) {
  return card(
    "Queues",
    table(
      "Queues",
      ["Service", ["Waiting", "num"], ["In work", "num"], ["Oldest", "num"], ["Given up", "num"]],
      queues.map((queue) => [
        service(queue.service),
        number(queue.waiting),
        number(queue.in_work),
        span(queue.oldest_seconds),
        queue.dead
          ? el("a", { class: "badge bad", href: `#/letters?queue=${queue.service}` }, number(queue.dead))
          : "0",
      ]),
      { cards: true },
    ),
  );
}

/** @param {string} name */
const service = (name) => el("span", {}, el("strong", {}, name), el("span", { class: "soft small under wide-only" }, PURPOSE[name] ?? ""));

/** @type {Record<string, [string, string]>} */
const SEEN = { alive: ["there", "good"], late: ["silent", "warn"], gone: ["gone", "bad"] };

/** @param {any[]} workers */
function workersCard(workers) {
  const order = ["alive", "late", "gone"];
  const sorted = [...workers].sort((a, b) => order.indexOf(a.seen) - order.indexOf(b.seen) || a.service.localeCompare(b.service));
  return card(
    "Workers",
    table(
      "Workers",
      ["Service", "State", ["Busy", "num"], ["Process", "wide"], ["Version", "wide"], "Last word"],
      sorted.map((one) => [
        el("strong", {}, one.service),
        state(one),
        `${one.in_flight}\u00a0of\u00a0${one.slots}`,
        el("span", { class: "mono" }, one.process),
        one.version,
        ago(one.written_at),
      ]),
      { empty: "No worker has said anything within the hour. Are they started?" },
    ),
  );
}

/** @param {any} one */
function state(one) {
  if (one.seen === "alive" && one.stopping) return el("span", { class: "badge warn" }, "ending");
  if (one.seen === "alive" && one.pausing) {
    const why = Object.entries(one.down).map(([name, error]) => `${name}: ${error}`).join("; ");
    return el("span", { class: "badge warn", title: why || "most of its last messages failed" }, "pausing");
  }
  const [text, tone] = SEEN[one.seen];
  return el("span", { class: `badge ${tone}` }, text);
}

/** @param {{code: string, count: number}[]} reasons */
function failures(reasons) {
  if (!reasons.length) return null;
  return card(
    "Why uploads failed today",
    table(
      "Reasons of failures",
      ["Reason", ["Uploads", "num"]],
      reasons.map((one) => [el("code", {}, one.code), number(one.count)]),
    ),
    el("p", {}, el("a", { href: "#/uploads?state=FAILED" }, "Show the uploads that failed")),
  );
}

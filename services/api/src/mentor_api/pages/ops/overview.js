// How everything stands at a glance.
import { el, note } from "../shared/dom.js";
import { card, table } from "./parts.js";
import { readiness, throughput } from "./plots.js";
import { get } from "./session.js";
import { ago, span } from "./format.js";
import { number, NONE, overview as texts, purposes } from "./texts.js";

export const overview = {
  title: texts.title,
  every: 5,
  load: async () => {
    const [queues, workers, day] = await Promise.all([get("queues"), get("workers"), get("day")]);
    return { queues: queues.queues, workers: workers.workers, day };
  },
  /** @param {{queues: any[], workers: any[], day: any}} data */
  render: ({ queues, workers, day }) => [
    ...attention(queues, workers),
    tilesOf(queues, day.total),
    el("div", { class: "two" }, queuesCard(queues), workersCard(workers)),
    el(
      "div",
      { class: "two" },
      card(texts.uploadsOfDay, throughput(day.hours)),
      card(texts.timeToReady, readiness(day.hours)),
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
    const links = dead.map((queue) => el("a", { href: `#/letters?queue=${queue.service}` }, texts.deadOf(queue.dead, queue.service)));
    notes.push(note("bad", texts.dead(total), el("p", {}, ...between(links))));
  }
  // The others may rest while nothing waits for them.
  const needed = ["api-ingest", "notifier", ...queues.filter((one) => one.service.startsWith("trans") && one.waiting).map((one) => one.service)];
  const missing = needed.filter((name) => !workers.some((one) => one.service === name && one.seen === "alive"));
  if (missing.length) {
    notes.push(note("bad", texts.offline(missing.join(", ")), texts.offlineWhy));
  }
  const held = workers.filter((one) => one.seen === "alive" && one.pausing);
  if (held.length) {
    const why = held.map((one) => `${one.service}: ${Object.keys(one.down).join(", ") || texts.mostFailed}`);
    notes.push(note("warn", texts.pausing, texts.pausingWhy(why.join("; "))));
  }
  return notes.length ? notes : [note("good", texts.allWell, texts.allWellWhy)];
}

/** @param {Node[]} nodes */
const between = (nodes) => nodes.flatMap((node, i) => (i ? [", ", node] : [node]));

/** @param {any[]} queues @param {any} total */
function tilesOf(queues, total) {
  const { tiles } = texts;
  const sum = (/** @type {string} */ name) => queues.reduce((all, queue) => all + queue[name], 0);
  const oldest = queues.map((queue) => queue.oldest_seconds).filter((age) => age !== null);
  const figures = [
    [tiles.waiting[0], number(sum("waiting")), tiles.waiting[1], ""],
    [tiles.inProgress[0], number(sum("in_work")), tiles.inProgress[1], ""],
    [tiles.oldest[0], oldest.length ? span(Math.max(...oldest)) : NONE, tiles.oldest[1], ""],
    [tiles.dead[0], number(sum("dead")), tiles.dead[1], sum("dead") ? "bad" : ""],
    [tiles.ready, number(total.ready), tiles.received(total.came), ""],
    [tiles.failed[0], number(total.failed), tiles.failed[1], total.failed ? "warn" : ""],
    [tiles.toReady, span(total.seconds_half), tiles.p95(span(total.seconds_most)), ""],
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
  const columns = texts.queueColumns;
  return card(
    texts.queues,
    table(
      texts.queues,
      [columns.service, [columns.waiting, "num"], [columns.inProgress, "num"], [columns.oldest, "num"], [columns.dead, "num"]],
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
const service = (name) => el("span", {}, el("strong", {}, name), el("span", { class: "soft small under wide-only" }, purposes[name] ?? ""));

/** @param {any[]} workers */
function workersCard(workers) {
  const columns = texts.workerColumns;
  const order = ["alive", "late", "gone"];
  const sorted = [...workers].sort((a, b) => order.indexOf(a.seen) - order.indexOf(b.seen) || a.service.localeCompare(b.service));
  return card(
    texts.workers,
    table(
      texts.workers,
      [columns.service, columns.state, [columns.busy, "num"], [columns.process, "wide"], [columns.version, "wide"], columns.seen],
      sorted.map((one) => [
        el("strong", {}, one.service),
        state(one),
        texts.busy(one.in_flight, one.slots),
        el("span", { class: "mono" }, one.process),
        one.version,
        ago(one.written_at),
      ]),
      { empty: texts.noWorkers },
    ),
  );
}

/** @param {any} one */
function state(one) {
  if (one.seen === "alive" && one.stopping) return el("span", { class: "badge warn" }, texts.stopping);
  if (one.seen === "alive" && one.pausing) {
    const why = Object.entries(one.down).map(([name, error]) => `${name}: ${error}`).join("; ");
    return el("span", { class: "badge warn", title: why || texts.mostFailed }, texts.paused);
  }
  const [text, tone] = texts.seen[one.seen];
  return el("span", { class: `badge ${tone}` }, text);
}

/** @param {{code: string, count: number}[]} reasons */
function failures(reasons) {
  if (!reasons.length) return null;
  return card(
    texts.failures,
    table(
      texts.failuresLabel,
      [texts.failureColumns.reason, [texts.failureColumns.uploads, "num"]],
      reasons.map((one) => [el("code", {}, one.code), number(one.count)]),
    ),
    el("p", {}, el("a", { href: "#/uploads?state=FAILED" }, texts.showFailed)),
  );
}

// How everything stands at a glance.
import { Badge, Fragment, h, Note } from "../../shared/ui.js";
import { Ago, span } from "../format.js";
import { Card, Good, Table } from "../parts.js";
import { get } from "../session.js";
import { number, NONE, overview as texts, purposes } from "../texts.js";
import { Readiness, Throughput } from "./plots.js";

export async function loadOverview() {
  const [queues, workers, day] = await Promise.all([get("queues"), get("workers"), get("day")]);
  return { queues: queues.queues, workers: workers.workers, day };
}

/** @param {{data: {queues: any[], workers: any[], day: any}}} props */
export function Overview({ data: { queues, workers, day } }) {
  return h(
    Fragment,
    {},
    h(Attention, { queues, workers }),
    h(Tiles, { queues, total: day.total }),
    h("div", { class: "two" }, h(Queues, { queues }), h(Workers, { workers })),
    h(
      "div",
      { class: "two" },
      h(Card, { title: texts.uploadsOfDay }, h(Throughput, { hours: day.hours })),
      h(Card, { title: texts.timeToReady }, h(Readiness, { hours: day.hours })),
    ),
    day.failures.length > 0 && h(Failures, { reasons: day.failures }),
  );
}

/** @param {any} queue */
const deadLink = (queue) => `#/letters?queue=${queue.service}`;

/** What needs a person. @param {{queues: any[], workers: any[]}} props */
function Attention({ queues, workers }) {
  const dead = queues.filter((queue) => queue.dead > 0);
  // The others may rest while nothing waits for them.
  const needed = ["api-ingest", "notifier", ...queues.filter((one) => one.service.startsWith("trans") && one.waiting).map((one) => one.service)];
  const missing = needed.filter((name) => !workers.some((one) => one.service === name && one.seen === "alive"));
  const held = workers.filter((one) => one.seen === "alive" && one.pausing);
  if (!dead.length && !missing.length && !held.length) return h(Good, { title: texts.allWell, text: texts.allWellWhy });
  const why = held.map((one) => `${one.service}: ${Object.keys(one.down).join(", ") || texts.mostFailed}`);
  return h(
    Fragment,
    {},
    dead.length > 0 &&
      h(
        Note,
        { kind: "bad", title: texts.dead(dead.reduce((sum, queue) => sum + queue.dead, 0)) },
        h("p", {}, dead.map((queue, i) => [i > 0 && ", ", h("a", { key: queue.service, href: deadLink(queue) }, texts.deadOf(queue.dead, queue.service))])),
      ),
    missing.length > 0 && h(Note, { kind: "bad", title: texts.offline(missing.join(", ")), text: texts.offlineWhy }),
    held.length > 0 && h(Note, { kind: "warn", title: texts.pausing, text: texts.pausingWhy(why.join("; ")) }),
  );
}

/** @param {{queues: any[], total: any}} props */
function Tiles({ queues, total }) {
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
  return h(
    "dl",
    { class: "tiles" },
    figures.map(([name, figure, more, tone]) =>
      h("div", { key: name, class: `tile ${tone}` }, h("dt", {}, name), h("dd", {}, h("strong", {}, figure), h("span", { class: "soft small" }, more))),
    ),
  );
}

/** @param {{queues: any[]}} props */
function Queues({ queues }) {
  const columns = texts.queueColumns;
  return h(
    Card,
    { title: texts.queues },
    h(Table, {
      label: texts.queues,
      columns: [columns.service, [columns.waiting, "num"], [columns.inProgress, "num"], [columns.oldest, "num"], [columns.dead, "num"]],
      rows: queues.map((queue) => ({
        key: queue.service,
        cells: [
          h(Service, { name: queue.service }),
          number(queue.waiting),
          number(queue.in_work),
          span(queue.oldest_seconds),
          queue.dead ? h("a", { class: "badge bad", href: deadLink(queue) }, number(queue.dead)) : "0",
        ],
      })),
      cards: true,
    }),
  );
}

/** @param {{name: string}} props */
const Service = ({ name }) => h("span", {}, h("strong", {}, name), h("span", { class: "soft small under wide-only" }, purposes[name] ?? ""));

/** @param {{workers: any[]}} props */
function Workers({ workers }) {
  const columns = texts.workerColumns;
  const order = ["alive", "late", "gone"];
  const sorted = [...workers].sort((a, b) => order.indexOf(a.seen) - order.indexOf(b.seen) || a.service.localeCompare(b.service));
  return h(
    Card,
    { title: texts.workers },
    h(Table, {
      label: texts.workers,
      columns: [columns.service, columns.state, [columns.busy, "num"], [columns.process, "wide"], [columns.version, "wide"], columns.seen],
      rows: sorted.map((one) => ({
        key: `${one.service} ${one.process}`,
        cells: [
          h("strong", {}, one.service),
          h(WorkerState, { one }),
          texts.busy(one.in_flight, one.slots),
          h("span", { class: "mono" }, one.process),
          one.version,
          h(Ago, { at: one.written_at }),
        ],
      })),
      empty: texts.noWorkers,
    }),
  );
}

/** @param {{one: any}} props */
function WorkerState({ one }) {
  if (one.seen === "alive" && one.stopping) return h(Badge, { kind: "warn" }, texts.stopping);
  if (one.seen === "alive" && one.pausing) {
    const why = Object.entries(one.down).map(([name, error]) => `${name}: ${error}`).join("; ");
    return h("span", { class: "badge warn", title: why || texts.mostFailed }, texts.paused);
  }
  const [text, kind] = texts.seen[one.seen];
  return h(Badge, { kind }, text);
}

/** @param {{reasons: {code: string, count: number}[]}} props */
const Failures = ({ reasons }) =>
  h(
    Card,
    { title: texts.failures },
    h(Table, {
      label: texts.failuresLabel,
      columns: [texts.failureColumns.reason, [texts.failureColumns.uploads, "num"]],
      rows: reasons.map((one) => ({ key: one.code, cells: [h("code", {}, one.code), number(one.count)] })),
    }),
    h("p", {}, h("a", { href: "#/uploads?state=FAILED" }, texts.showFailed)),
  );

// The last day as pictures, each with a table for those who cannot see them.
import { h } from "../../shared/ui.js";
import { clock, span } from "../format.js";
import { Table } from "../parts.js";
import { number, plots as texts } from "../texts.js";

// A phone gets a narrower picture, so that its letters stay as large.
const NARROW = matchMedia("(max-width: 46rem)").matches;
const WIDTH = NARROW ? 360 : 720;
const HOURS_APART = NARROW ? 6 : 4;
const HEIGHT = 200;
const LEFT = 52;
const RIGHT = 18;
const TOP = 10;
const BOTTOM = 26;
const INNER = WIDTH - LEFT - RIGHT;
const TALL = HEIGHT - TOP - BOTTOM;

/** @typedef {{begins: string, came: number, ready: number, failed: number, cancelled: number, superseded: number, seconds_half: number|null, seconds_most: number|null}} Hour */

/** A round figure that is not smaller. @param {number} highest @param {number[]} steps */
function ceiling(highest, steps) {
  for (let size = 1; ; size *= 10) {
    for (const step of steps) if (step * size >= highest) return step * size;
  }
}

/** @param {number} top @param {(value: number) => string} write */
function grid(top, write) {
  return [0, 0.5, 1].flatMap((part) => {
    const y = TOP + TALL * (1 - part);
    return [
      h("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, class: "grid" }),
      h("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, write(top * part)),
    ];
  });
}

/** @param {Hour[]} hours */
function hoursAxis(hours) {
  return hours.flatMap((hour, i) =>
    i % HOURS_APART === HOURS_APART - 1
      ? [h("text", { x: LEFT + ((i + 0.5) * INNER) / hours.length, y: HEIGHT - 8, "text-anchor": "middle" }, clock(hour.begins))]
      : [],
  );
}

/** @param {string} label @param {any[]} parts */
function picture(label, parts) {
  return h("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "plot" }, parts);
}

/** @param {[string, string][]} entries class and text */
function legend(entries) {
  return h(
    "ul",
    { class: "legend small" },
    entries.map(([tone, text]) => h("li", { key: tone }, h("span", { class: `swatch ${tone}`, "aria-hidden": "true" }), text)),
  );
}

/** A column of figures. @param {string} name @returns {[string, string]} */
const figures = (name) => [name, "num"];

/**
 * @param {string} summary @param {string} label @param {(string|[string, string])[]} columns
 * @param {(string|number)[][]} rows the first of a row is its key
 */
const inNumbers = (summary, label, columns, rows) =>
  h(
    "details",
    {},
    h("summary", {}, summary),
    h(Table, { label, columns, rows: rows.map((cells) => ({ key: String(cells[0]), cells })) }),
  );

/** How uploads ended, hour by hour. @param {{hours: Hour[]}} props */
export function Throughput({ hours }) {
  const other = (/** @type {Hour} */ hour) => hour.cancelled + hour.superseded;
  const highest = Math.max(1, ...hours.map((hour) => Math.max(hour.came, hour.ready + hour.failed + other(hour))));
  const top = ceiling(highest, [2, 4, 6, 10]);
  const wide = INNER / hours.length;
  const bars = hours.flatMap((hour, i) => {
    let y = TOP + TALL;
    const x = LEFT + i * wide + wide * 0.18;
    const parts = /** @type {[number, string][]} */ ([
      [hour.ready, "good"],
      [hour.failed, "bad"],
      [other(hour), "rest"],
    ]);
    /** @type {any[]} */
    const made = parts
      .filter(([count]) => count > 0)
      .map(([count, tone]) => {
        const height = (TALL * count) / top;
        y -= height;
        return h("rect", { x, y, width: wide * 0.64, height, class: tone, rx: 1.5 });
      });
    if (hour.came > 0) {
      const level = TOP + TALL * (1 - hour.came / top);
      made.push(h("line", { x1: x - wide * 0.1, x2: x + wide * 0.74, y1: level, y2: level, class: "came" }));
    }
    return made;
  });
  const sum = (/** @type {(hour: Hour) => number} */ of) => hours.reduce((all, hour) => all + of(hour), 0);
  const label = texts.uploads(sum(({ came }) => came), sum(({ ready }) => ready), sum(({ failed }) => failed), sum(other));
  const columns = texts.uploadColumns;
  return h(
    "div",
    { class: "stack tight" },
    picture(label, [...grid(top, number), ...hoursAxis(hours), ...bars]),
    legend([["good", texts.legend.ready], ["bad", texts.legend.failed], ["rest", texts.legend.other], ["came", texts.legend.received]]),
    inNumbers(
      texts.uploadsInNumbers,
      texts.uploadsByHour,
      [columns.hour, ...[columns.received, columns.ready, columns.failed, columns.cancelled, columns.replaced].map(figures)],
      hours.map((hour) => [clock(hour.begins), hour.came, hour.ready, hour.failed, hour.cancelled, hour.superseded]),
    ),
  );
}

/** How long uploads took to be ready, hour by hour. @param {{hours: Hour[]}} props */
export function Readiness({ hours }) {
  const known = hours.filter((hour) => hour.seconds_most !== null);
  if (!known.length) return h("p", { class: "empty soft" }, texts.noneReady);
  const columns = texts.readyColumns;
  const top = ceiling(Math.max(10, ...known.map((hour) => hour.seconds_most ?? 0)), [1.2, 2.4, 3, 6, 9]);
  const label = texts.ready(span(Math.max(...known.map((hour) => hour.seconds_most ?? 0))));
  return h(
    "div",
    { class: "stack tight" },
    picture(label, [
      ...grid(top, span),
      ...hoursAxis(hours),
      ...curve(hours, (hour) => hour.seconds_most, top, "most"),
      ...curve(hours, (hour) => hour.seconds_half, top, "half"),
    ]),
    legend([["half", texts.median], ["most", texts.p95]]),
    inNumbers(
      texts.readyInNumbers,
      texts.readyByHour,
      [columns.hour, figures(columns.median), figures(columns.p95)],
      known.map((hour) => [clock(hour.begins), span(hour.seconds_half), span(hour.seconds_most)]),
    ),
  );
}

/** @param {Hour[]} hours @param {(hour: Hour) => number|null} of @param {number} top @param {string} tone */
function curve(hours, of, top, tone) {
  const points = hours.map((hour, i) => {
    const value = of(hour);
    if (value === null) return null;
    return [LEFT + ((i + 0.5) * INNER) / hours.length, TOP + TALL * (1 - value / top)];
  });
  const lines = points.flatMap((point, i) => {
    const next = points[i + 1];
    if (!point || !next) return [];
    return [h("line", { x1: point[0], y1: point[1], x2: next[0], y2: next[1], class: `curve ${tone}` })];
  });
  const dots = points.flatMap((point) => (point ? [h("circle", { cx: point[0], cy: point[1], r: 3.5, class: tone })] : []));
  return [...lines, ...dots];
}

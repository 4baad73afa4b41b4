// Lines over time, and a grid of buckets over time, as SVG.

import { el, svg } from "/pages/dom.js";
import { clock, format } from "/pages/units.js";

const WIDTH = 560;
const HEIGHT = 190;
const LEFT = 58;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;
const COLOURS = 10;
const LEGENDS = 14;

const CLOCK_STEPS = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

function stepOf(rough, unit) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  return (unit === "s" && rough > 10 && CLOCK_STEPS.find((each) => each >= rough)) || round;
}

function ticks(top, unit) {
  const step = stepOf(top / 4, unit);
  const found = [];
  for (let value = 0; value <= top * 1.0001; value += step) found.push(value);
  return found;
}

function timeAxis(span, x) {
  const found = [];
  for (let part = 0; part <= 4; part += 1) {
    const time = span.start + ((span.end - span.start) * part) / 4;
    const anchor = part === 0 ? "start" : part === 4 ? "end" : "middle";
    found.push(svg("text", { x: x(time), y: HEIGHT - 4, "text-anchor": anchor }, clock(time)));
  }
  return found;
}

function stacked(lines) {
  const sums = new Map();
  return lines.map((line) => ({
    ...line,
    points: line.points.map(([time, value]) => {
      const below = sums.get(time) ?? 0;
      const above = below + (Number.isFinite(value) ? value : 0);
      sums.set(time, above);
      return [time, above, below, value];
    }),
  }));
}

function pieces(points, step) {
  const found = [];
  let last = null;
  for (const point of points) {
    if (!Number.isFinite(point[1])) { last = null; continue; }
    if (last === null || point[0] - last > step * 1.5) found.push([]);
    found.at(-1).push(point);
    last = point[0];
  }
  return found;
}

function drawn(line, index, scale, step, filled) {
  const { x, y } = scale;
  const marks = [];
  for (const piece of pieces(line.points, step)) {
    const path = piece.map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`);
    if (filled) {
      const back = [...piece].reverse().map(([time, , below]) => `${x(time).toFixed(1)},${y(below).toFixed(1)}`);
      marks.push(svg("path", { class: "area", d: `M${path.join("L")}L${back.join("L")}Z` }));
    }
    if (piece.length === 1) marks.push(svg("circle", { class: "dot", cx: x(piece[0][0]), cy: y(piece[0][1]), r: 2 }));
    else marks.push(svg("path", { class: "line", d: `M${path.join("L")}` }));
  }
  return svg("g", { class: `c${index % COLOURS}` }, marks);
}

function hint(figure, picture, lines, span, x, unit, decimals) {
  const box = el("div", { class: "hint", hidden: true });
  const cursor = svg("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  picture.append(cursor);
  figure.append(box);
  figure.addEventListener("pointermove", (event) => {
    const place = picture.getBoundingClientRect();
    const at = ((event.clientX - place.left) / place.width) * WIDTH;
    const share = (at - LEFT) / (WIDTH - LEFT - RIGHT);
    const time = Math.round((share * (span.end - span.start)) / span.step) * span.step + span.start;
    const rows = lines
      .map((line, index) => ({ line, index, point: line.points.find(([when]) => Math.abs(when - time) < span.step / 2) }))
      .filter(({ point }) => point && Number.isFinite(point[3] ?? point[1]))
      .sort((a, b) => (b.point[3] ?? b.point[1]) - (a.point[3] ?? a.point[1]))
      .slice(0, LEGENDS);
    box.hidden = share < 0 || rows.length === 0;
    cursor.setAttribute("visibility", box.hidden ? "hidden" : "visible");
    if (box.hidden) return;
    cursor.setAttribute("x1", x(time));
    cursor.setAttribute("x2", x(time));
    box.style.setProperty(share < 0.5 ? "right" : "left", "0.5rem");
    box.style.removeProperty(share < 0.5 ? "left" : "right");
    box.replaceChildren(
      el("strong", {}, clock(time, true)),
      el("ul", {}, rows.map(({ line, index, point }) =>
        el("li", { class: `c${index % COLOURS}` }, `${line.name}: ${format(point[3] ?? point[1], unit, decimals)}`))),
    );
  });
  figure.addEventListener("pointerleave", () => {
    box.hidden = true;
    cursor.setAttribute("visibility", "hidden");
  });
}

export function lineChart(title, given, span, { unit, decimals, limits = [], stack = false, top }) {
  const lines = stack ? stacked(given) : given;
  const values = lines.flatMap((line) => line.points.map((point) => point[1])).filter(Number.isFinite);
  const highest = Math.max(...values, 0);
  const most = top ?? (highest > 0 ? highest * 1.08 : 1);
  const x = (time) => LEFT + ((time - span.start) / (span.end - span.start)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}, over time` });
  for (const value of ticks(most, unit)) {
    picture.append(
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
      svg("text", { x: LEFT - 6, y: y(value) + 3, "text-anchor": "end" }, format(value, unit)),
    );
  }
  for (const limit of limits.filter((each) => each <= most)) {
    picture.append(svg("line", { class: "limit", x1: LEFT, x2: WIDTH - RIGHT, y1: y(limit), y2: y(limit) }));
  }
  picture.append(...timeAxis(span, x), ...lines.map((line, index) => drawn(line, index, { x, y }, span.step, stack)));
  const figure = el("div", { class: "chart" }, picture);
  hint(figure, picture, lines, span, x, unit, decimals);
  return [figure, legend(given, unit, decimals)];
}

function legend(lines, unit, decimals) {
  const shown = lines.slice(0, LEGENDS).map((line, index) => {
    const last = line.points.map((point) => point[1]).filter(Number.isFinite).at(-1);
    const text = last === undefined ? line.name : `${line.name}: ${format(last, unit, decimals)}`;
    return el("li", { class: `c${index % COLOURS}` }, text);
  });
  if (lines.length > LEGENDS) shown.push(el("li", {}, `and ${lines.length - LEGENDS} more`));
  return el("ul", { class: "legend" }, shown);
}

// Prometheus's buckets count all that is smaller; a cell shows what is new in its bucket.
export function heatmap(title, given, span, { unit }) {
  const rows = given
    .map((line) => ({ bound: Number(line.labels.le.replace("+Inf", "Infinity")), points: new Map(line.points) }))
    .sort((a, b) => a.bound - b.bound);
  const times = [...new Set(given.flatMap((line) => line.points.map(([time]) => time)))].sort((a, b) => a - b);
  const height = (HEIGHT - TOP - BOTTOM) / rows.length;
  const x = (time) => LEFT + ((time - span.start) / (span.end - span.start)) * (WIDTH - LEFT - RIGHT);
  const width = ((WIDTH - LEFT - RIGHT) * span.step) / (span.end - span.start);
  const cells = rows.flatMap((row, index) => times.map((time) => {
    const count = (row.points.get(time) ?? 0) - (index ? rows[index - 1].points.get(time) ?? 0 : 0);
    return { count, time, index };
  })).filter(({ count }) => count > 0.01);
  const most = Math.max(...cells.map(({ count }) => count), 1);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}, over time` });
  rows.forEach((row, index) => {
    if (index % 2 && rows.length > 8) return;
    const y = HEIGHT - BOTTOM - height * (index + 0.5);
    picture.append(svg("text", { x: LEFT - 6, y: y + 3, "text-anchor": "end" }, Number.isFinite(row.bound) ? `≤ ${format(row.bound, unit)}` : "more"));
  });
  for (const { count, time, index } of cells) {
    picture.append(svg("rect", {
      class: "cell", x: Math.max(LEFT, x(time) - width), y: HEIGHT - BOTTOM - height * (index + 1),
      width: width + 0.3, height: height - 1, "fill-opacity": (0.2 + 0.8 * (count / most)).toFixed(2),
    }));
  }
  picture.append(...timeAxis(span, x));
  return [el("div", { class: "chart" }, picture)];
}

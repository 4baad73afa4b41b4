// One panel of a dashboard: asks what it asks, draws what comes back.

import { heatmap, lineChart } from "/pages/chart.js";
import { el } from "/pages/dom.js";
import { interpolated, named, samples, series } from "/pages/metrics.js";
import { format } from "/pages/units.js";

function colourOf(value, steps) {
  return steps.filter((step) => step.value === null || value >= step.value).at(-1)?.color ?? "green";
}

function stat(results, { unit, decimals, thresholds }) {
  const value = results[0].value;
  const shown = format(value, unit, decimals);
  return [el("p", { class: `figure ${colourOf(value, thresholds.steps)}` }, shown)];
}

function table(results, { unit, decimals }) {
  const columns = [...new Set(results.flatMap((result) => Object.keys(result.labels)))];
  const head = el("tr", {}, columns.map((name) => el("th", { scope: "col" }, name)), el("th", { scope: "col", class: "number" }, "value"));
  const rows = results.map((result) => el(
    "tr", {},
    columns.map((name) => el("td", {}, result.labels[name] || "–")),
    el("td", { class: "number" }, format(result.value, unit, decimals)),
  ));
  return [el("div", { class: "table-scroll", tabindex: "0" }, el("table", {}, el("thead", {}, head), el("tbody", {}, rows)))];
}

function timeseries(panel, lines, span, defaults) {
  const { unit, decimals, thresholds, custom, max } = defaults;
  const limits = custom.thresholdsStyle.mode === "line" ? thresholds.steps.map((step) => step.value).filter((each) => each !== null) : [];
  return lineChart(panel.title, lines, span, { unit, decimals, limits, stack: custom.stacking.mode === "normal", top: max });
}

async function answers(panel, span, variables) {
  const ask = panel.type === "stat" || panel.type === "table" ? samples : series;
  const found = await Promise.all(panel.targets.map(async (target) => {
    const results = await ask(interpolated(target.expr, span, variables), span);
    return results.map((result) => ({ ...result, name: named(target.legendFormat, result.labels) }));
  }));
  return found.flat();
}

function isEmpty(panel, results) {
  if (results.length === 0) return true;
  if (panel.type === "stat") return Number.isNaN(results[0].value);
  if (panel.type !== "timeseries") return false;
  return !results.some((line) => line.points.some(([, value]) => Number.isFinite(value)));
}

export function frame(panel) {
  if (panel.type === "row") return el("h2", { class: "panel row-title" }, panel.title);
  return el(
    "section", { class: `panel ${panel.type}`, "--columns": panel.gridPos.w, "data-panel": panel.title, "aria-busy": "true" },
    el("h3", {}, panel.title), el("p", { class: "about" }, panel.description), el("div", { class: "body" }),
  );
}

export async function fill(element, panel, span, variables) {
  const defaults = panel.fieldConfig.defaults;
  const results = await answers(panel, span, variables);
  let parts;
  if (isEmpty(panel, results)) parts = [el("p", { class: "empty" }, "no data in this time")];
  else if (panel.type === "stat") parts = stat(results, defaults);
  else if (panel.type === "table") parts = table(results, defaults);
  else if (panel.type === "heatmap") parts = heatmap(panel.title, results, span, defaults);
  else parts = timeseries(panel, results, span, defaults);
  element.querySelector(".body").replaceChildren(...parts);
  element.setAttribute("aria-busy", "false");
}

// The dashboards that Grafana gets, drawn here from the same files.

import { el, select } from "/pages/dom.js";
import { NoMetrics, spanOf } from "/pages/metrics.js";
import { fill, frame } from "/pages/panels.js";
import { format } from "/pages/units.js";

const RANGES = [["300", "5 minutes"], ["900", "15 minutes"], ["1800", "30 minutes"], ["3600", "hour"], ["21600", "6 hours"], ["86400", "day"], ["604800", "week"]];
const REFRESH = [["0", "never"], ["5", "every 5 s"], ["10", "every 10 s"], ["60", "every minute"]];

function variablesOf(dashboard, chosen) {
  const found = {};
  for (const variable of dashboard.templating.list.filter((each) => each.type === "custom")) {
    found[variable.name] = chosen || variable.allValue;
  }
  return found;
}

export async function show(view, controls, address) {
  const dashboards = await (await fetch("/api/dashboards")).json();
  const parameters = new URLSearchParams(address.search);
  const state = {
    uid: parameters.get("dashboard") ?? "mentor-upload-pipeline",
    range: parameters.get("range") ?? "900",
    refresh: parameters.get("refresh") ?? "10",
    job: parameters.get("job") ?? "",
  };
  const ranges = RANGES.some(([key]) => key === state.range) ? RANGES : [[state.range, format(Number(state.range), "s")], ...RANGES];
  const dashboard = dashboards.find((each) => each.uid === state.uid) ?? dashboards[0];
  const change = (name) => (value) => {
    parameters.set(name, value);
    location.assign(`/?${parameters}`);
  };
  controls.replaceChildren(
    select("Dashboard", "dashboard", dashboards.map((each) => [each.uid, each.title.replace("Mentor upload: ", "")]), dashboard.uid, change("dashboard")),
    ...dashboard.templating.list.filter((each) => each.type === "custom").map((variable) =>
      select(variable.label, variable.name, [["", "all"], ...variable.query.split(",").map((each) => [each, each])], state.job, change("job"))),
    select("Last", "range", ranges, state.range, change("range")),
    select("Refresh", "refresh", REFRESH, state.refresh, change("refresh")),
  );
  const problem = el("p", { class: "note warn", role: "status", hidden: true });
  const frames = dashboard.panels.map((panel) => [frame(panel), panel]);
  view.replaceChildren(
    el("h1", {}, dashboard.title), el("p", { class: "soft" }, dashboard.description), problem,
    el("div", { class: "panels" }, frames.map(([element]) => element)),
  );
  const variables = variablesOf(dashboard, state.job);

  async function draw() {
    const span = spanOf(Number(state.range));
    const done = await Promise.allSettled(frames.filter(([, panel]) => panel.type !== "row")
      .map(([element, panel]) => fill(element, panel, span, variables)));
    const failed = done.find((each) => each.status === "rejected")?.reason;
    problem.hidden = !failed;
    problem.textContent = failed instanceof NoMetrics ? `No metrics: ${failed.message}` : `Some panels could not be drawn: ${failed?.message}`;
    view.dataset.drawn = String(Number(view.dataset.drawn ?? 0) + 1);
    if (state.refresh !== "0") setTimeout(draw, Number(state.refresh) * 1000);
  }
  await draw();
}

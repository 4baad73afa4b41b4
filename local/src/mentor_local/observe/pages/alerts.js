// Alerts that fire or are pending.

import { el } from "/pages/dom.js";
import { alerts, NoMetrics } from "/pages/metrics.js";
import { clock, format } from "/pages/units.js";

const REFRESH_MILLISECONDS = 5000;

function shown(alert) {
  const { summary, description, runbook } = alert.annotations;
  const rings = alert.state === "firing";
  const since = Date.parse(alert.activeAt) / 1000;
  const page = runbook.split("/").at(-1);
  return el(
    "article", { class: `note ${rings ? "bad" : "warn"} stack`, "data-alert": alert.labels.alertname },
    el("h2", {}, `${alert.labels.alertname}: ${summary}`),
    el("p", {}, description),
    el("p", { class: "small" }, `${alert.state} (${alert.labels.severity}) since ${clock(since, true)}, for ${format(Date.now() / 1000 - since, "s")}. What to do: `,
      el("a", { href: `/runbooks/${page}` }, runbook)),
  );
}

export async function show(view, controls) {
  controls.replaceChildren();
  const list = el("div", { class: "stack", role: "status" });
  view.replaceChildren(el("h1", {}, "Alerts"), list);

  async function draw() {
    try {
      const found = await alerts();
      found.sort((a, b) => a.state.localeCompare(b.state) || a.labels.alertname.localeCompare(b.labels.alertname));
      list.replaceChildren(...(found.length ? found.map(shown) : [el("p", { class: "note good" }, "No alert fires, none is pending.")]));
    } catch (error) {
      if (!(error instanceof NoMetrics)) throw error;
      list.replaceChildren(el("p", { class: "note warn" }, `No metrics: ${error.message}`));
    }
    view.dataset.drawn = String(Number(view.dataset.drawn ?? 0) + 1);
    setTimeout(draw, REFRESH_MILLISECONDS);
  }
  await draw();
}

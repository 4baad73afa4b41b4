// The last traces: a list to choose from, and one as a waterfall.

import { el, select } from "/pages/dom.js";
import { clock, format } from "/pages/units.js";
import { waterfall } from "/pages/waterfall.js";

const SERVICES = ["api-web", "api-ingest", "transcoder", "transcriber", "notifier"];
const NANO = 1e9;

function row(trace) {
  const failed = trace.errors ? el("span", { class: "badge bad" }, `${trace.errors} failed`) : "";
  return el(
    "tr", {},
    el("td", {}, el("a", { href: `/traces/${trace.trace_id}` }, trace.name)),
    el("td", {}, clock(trace.started / NANO, true)),
    el("td", { class: "number" }, format((trace.ended - trace.started) / NANO, "s")),
    el("td", { class: "number" }, String(trace.spans)),
    el("td", {}, trace.services.join(", "), " ", failed),
    el("td", { class: "mono" }, trace.uploads.join(" ")),
  );
}

function searching(parameters) {
  const field = (label, name, attributes) => el("label", {}, label, el("input", { name, ...attributes }));
  return [
    field("Upload", "upload", { type: "search", value: parameters.get("upload") ?? "", placeholder: "id, or its beginning" }),
    select("Process", "service", [["", "any"], ...SERVICES.map((each) => [each, each])], parameters.get("service") ?? "", () => {}),
    field("at least s", "shortest", { type: "number", min: "0", step: "any", value: parameters.get("shortest") ?? "" }),
    field("failed only", "failed", { type: "checkbox", value: "1", checked: parameters.get("failed") === "1" }),
    field("polls and lists too", "all", { type: "checkbox", value: "1", checked: parameters.get("all") === "1" }),
    el("button", { class: "small" }, "Find"),
  ];
}

async function list(view, controls, parameters) {
  controls.setAttribute("action", "/traces");
  controls.replaceChildren(...searching(parameters));
  const found = await (await fetch(`/api/traces?${parameters}`)).json();
  const heads = ["began as", "at", "took", "spans", "processes", "upload"];
  view.replaceChildren(
    el("h1", {}, "Traces"),
    found.length === 0 ? el("p", { class: "note" }, "No such trace is kept. Spans arrive up to five seconds after they end.")
      : el("div", { class: "table-scroll card", tabindex: "0" }, el("table", {},
        el("thead", {}, el("tr", {}, heads.map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, found.map(row)))),
  );
}

async function one(view, controls, traceId) {
  controls.replaceChildren();
  const answer = await fetch(`/api/traces/${traceId}`);
  const spans = answer.ok ? await answer.json() : [];
  view.replaceChildren(
    el("h1", {}, spans.length ? spans[0].name : "No such trace"),
    el("p", { class: "soft mono" }, traceId),
    ...(spans.length ? waterfall(spans) : [el("p", { class: "note warn" }, "It is not kept any more, or its spans have not arrived yet.")]),
  );
}

export async function show(view, controls, address) {
  const traceId = address.pathname.split("/")[2];
  if (traceId) await one(view, controls, traceId);
  else await list(view, controls, new URLSearchParams(address.search));
  view.dataset.drawn = "1";
}

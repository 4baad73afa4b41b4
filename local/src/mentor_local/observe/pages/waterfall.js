// One trace: who did what when, each span under the one that caused it.

import { el } from "/pages/dom.js";
import { clock, format } from "/pages/units.js";

const NANO = 1e9;
const COLOUR_OF = { "api-web": 0, "api-ingest": 5, transcoder: 1, transcriber: 3, notifier: 2 };

function ordered(spans) {
  const known = new Set(spans.map((span) => span.span_id));
  const children = new Map();
  for (const span of spans) {
    const parent = known.has(span.parent_id) ? span.parent_id : "";
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const found = [];
  const visit = (span, depth) => {
    found.push({ span, depth });
    for (const child of children.get(span.span_id) ?? []) visit(child, depth + 1);
  };
  for (const root of children.get("") ?? []) visit(root, 0);
  return found;
}

function attributes(span) {
  const rows = { kind: span.kind, span: span.span_id, ...span.attributes };
  if (span.message) rows.error = span.message;
  const links = span.links.map((link) => el("a", { href: `/traces/${link.trace_id}` }, link.trace_id));
  return el("div", { class: "attributes", hidden: true }, el("table", {}, el("tbody", {},
    Object.entries(rows).map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, String(value)))),
    links.length ? el("tr", {}, el("th", { scope: "row" }, "links"), el("td", {}, links)) : null,
  )));
}

function line({ span, depth }, begin, length) {
  const took = span.ended - span.started;
  const details = attributes(span);
  const button = el(
    "button", {
      type: "button", "aria-expanded": "false",
      onclick: () => {
        details.hidden = !details.hidden;
        button.setAttribute("aria-expanded", String(!details.hidden));
      },
    },
    el("span", { class: "what", "--depth": depth }, el("span", { class: "service" }, span.service), ` ${span.name}`),
    el("span", { class: "track" }, el("span", { "--from": `${((span.started - begin) / length) * 100}%`, "--share": `${(took / length) * 100}%` })),
    el("span", { class: "number" }, format(took / NANO, "s")),
  );
  const colour = COLOUR_OF[span.service] ?? 8;
  return el("li", { class: `c${colour}${span.error ? " failed" : ""}`, "data-rpc": String("rpc.system" in span.attributes) }, button, details);
}

export function waterfall(spans) {
  const begin = Math.min(...spans.map((span) => span.started));
  const length = Math.max(...spans.map((span) => span.ended)) - begin || 1;
  const services = [...new Set(spans.map((span) => span.service))];
  const lines = ordered(spans).map((each) => line(each, begin, length));
  const calls = lines.filter((each) => each.dataset.rpc === "true" && !each.classList.contains("failed"));
  const hide = (hidden) => calls.forEach((each) => { each.hidden = hidden; });
  hide(true);
  return [
    el("p", {}, `Began at ${clock(begin / NANO, true)}, took ${format(length / NANO, "s")}; ${spans.length} spans of ${services.join(", ")}.`),
    el("label", { class: "row" }, el("input", { type: "checkbox", onchange: (event) => hide(!event.target.checked) }), `show the ${calls.length} calls of AWS too`),
    el("ol", { class: "waterfall card" }, lines),
  ];
}

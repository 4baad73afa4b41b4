// The view of each address.

import * as alerts from "/pages/alerts.js";
import * as dashboards from "/pages/dashboards.js";
import { el } from "/pages/dom.js";
import * as traces from "/pages/traces.js";

const VIEWS = { "": dashboards, alerts, traces };

const view = document.getElementById("view");
const name = location.pathname.split("/")[1];
for (const link of document.querySelectorAll("nav a")) {
  if (link.getAttribute("href") === `/${name}`) link.setAttribute("aria-current", "page");
}
try {
  await VIEWS[name].show(view, document.getElementById("controls"), location);
} catch (error) {
  view.replaceChildren(el("p", { class: "note bad", role: "alert" }, `This view could not be drawn: ${error.message}`));
  throw error;
}

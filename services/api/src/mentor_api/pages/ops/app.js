// The page: who operates what, the sections, the view that the address names, and what is under way.
import { Badge, Button, effect, Fragment, h, Note, useLayoutEffect, useRef } from "../shared/ui.js";
import { Jobs } from "./actions/jobs.js";
import { Ask } from "./asking.js";
import { Broken, Stale } from "./broken.js";
import { clock } from "./format.js";
import { findPlace, pause } from "./refreshing.js";
import { leave } from "./session.js";
import { shown } from "./state.js";
import { state } from "./store.js";
import * as texts from "./texts.js";
import { VIEWS } from "./views.js";

export function App() {
  const { operator } = state.value;
  return h(
    Fragment,
    {},
    h(Bar, {}),
    operator && h(Sections, {}),
    h("div", { class: "page wide stack" }, h(View, {})),
    h("div", { class: "tray" }, h("div", { id: "stale" }, h(Stale, {})), h("div", { id: "actions", class: "stack tight" }, h(Jobs, {}))),
    h(Ask, {}),
  );
}

function Bar() {
  const { operator, asOf, paused, problem } = state.value;
  return h(
    "header",
    { class: "bar" },
    h("img", { src: "shared/icon.svg", alt: "", width: 28, height: 28 }),
    h("h1", { class: "brand" }, texts.TITLE),
    operator && h("span", { id: "stage", class: "badge" }, operator.stage),
    h(
      "span",
      { class: "push row tight" },
      h("span", { id: "fresh", class: "soft small" }, asOf !== null && texts.page.asOf(clock(asOf))),
      operator &&
        h(Button, { id: "pause", class: "quiet small", "aria-pressed": paused, action: pause }, paused ? texts.page.resume : texts.page.pause),
      h("span", { id: "who", class: "soft small mono" }, operator?.user),
      (operator || problem) && h(Button, { id: "sign-out", class: "quiet small", action: leave }, texts.page.signOut),
    ),
  );
}

const SECTIONS = /** @type {[string, string, string[]][]} */ ([
  ["#/", texts.overview.title, ["overview"]],
  ["#/uploads", texts.uploads.title, ["uploads", "upload"]],
  ["#/letters", texts.letters.title, ["letters"]],
  ["#/log", texts.log.title, ["log"]],
]);

function Sections() {
  const { address, dead } = state.value;
  return h(
    "nav",
    { id: "sections", class: "sections", "aria-label": texts.page.sections },
    SECTIONS.map(([href, title, of]) =>
      h(
        "a",
        { key: href, href, "aria-current": of.includes(address.section) ? "page" : undefined },
        title,
        href === "#/letters" && dead > 0 && h(Badge, { kind: "bad" }, texts.number(dead)),
      ),
    ),
  );
}

function View() {
  const { address, problem, restarted } = state.value;
  const data = shown(state.value);
  const main = useRef(/** @type {HTMLElement|null} */ (null));
  const there = data !== undefined;
  useLayoutEffect(() => {
    if (there && main.current) findPlace(main.current);
  }, [address.hash, there]);
  const { component } = VIEWS[address.section];
  return h(
    "main",
    { id: "view", class: "stack", tabIndex: -1, ref: main, "aria-busy": !there && !problem },
    restarted === address.hash && h(Note, { kind: "info", title: texts.page.restarted, text: texts.page.restartedWhy }),
    there && h(component, { key: address.hash, data, address }),
    !there && problem && h(Broken, { error: problem }),
    !there && !problem && h("p", { class: "soft loading" }, texts.LOADING),
  );
}

/** Keep the window's title up to date from now on. */
export function showTitle() {
  effect(() => {
    const { address } = state.value;
    document.title = `${VIEWS[address.section].title(address)} – ${texts.TITLE}`;
  });
}

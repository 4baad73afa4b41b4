// Finding words in the captions, and replacing them.
import { announce } from "../../shared/dom.js";
import { Button, h } from "../../shared/ui.js";
import { words as texts } from "../texts.js";

/** @param {{editing: import("./editing.js").Editing, onClose: () => void}} props */
export function FindBar({ editing, onClose }) {
  const { query, by, matchCase } = editing.search.value;
  const count = editing.matches.value.length;
  const change = (/** @type {Partial<import("./editing.js").Search>} */ changed) => {
    editing.search.value = { ...editing.search.peek(), ...changed };
    editing.found.value = 0;
  };
  const go = (/** @type {number} */ step) => {
    editing.find(step);
    announce(place(editing));
  };
  const replace = (/** @type {boolean} */ all) => announce(texts.replaced(editing.replace(all)));
  const onKeyDown = (/** @type {any} */ event) => {
    if (event.key === "Escape") onClose();
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (event.currentTarget.id === "find") go(event.shiftKey ? -1 : 1);
    else replace(false);
  };
  return h(
    "div",
    { class: "find stack tight", role: "search", "aria-label": texts.findAndReplace },
    h(
      "div",
      { class: "row" },
      h("label", { for: "find" }, texts.find),
      h("input", { id: "find", type: "text", dir: "auto", autocomplete: "off", value: query, onInput: (event) => change({ query: event.currentTarget.value }), onKeyDown }),
      h("span", { class: "small soft count" }, query && place(editing)),
      h(Button, { class: "small", disabled: !count, action: () => go(-1) }, texts.previous),
      h(Button, { class: "small", disabled: !count, action: () => go(1) }, texts.next),
    ),
    h(
      "div",
      { class: "row" },
      h("label", { for: "replace" }, texts.replaceBy),
      h("input", { id: "replace", type: "text", dir: "auto", autocomplete: "off", value: by, onInput: (event) => change({ by: event.currentTarget.value }), onKeyDown }),
      h(Button, { class: "small", disabled: !count, action: () => replace(false) }, texts.replace),
      h(Button, { class: "small", disabled: !count, action: () => replace(true) }, texts.replaceAll),
    ),
    h(
      "div",
      { class: "row" },
      h("input", { id: "match-case", type: "checkbox", checked: matchCase, onChange: (event) => change({ matchCase: event.currentTarget.checked }) }),
      h("label", { for: "match-case" }, texts.matchCase),
      h(Button, { class: "small quiet", action: onClose }, texts.close),
    ),
  );
}

/** Which of how many is shown. @param {import("./editing.js").Editing} editing */
function place({ matches, found }) {
  const count = matches.value.length;
  return count ? texts.ofMatches(Math.min(found.value, count - 1) + 1, count) : texts.noMatch;
}

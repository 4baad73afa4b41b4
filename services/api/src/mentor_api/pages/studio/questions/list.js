// The list of questions: searched, filtered, by subjects, each with how it stands.
import { Badge, Button, computed, h, useComputed, useEffect, useRef } from "../../shared/ui.js";
import { stateWord } from "../format.js";
import { questionOf, standingOf } from "../standing.js";
import { answeredCount, counts, listed } from "./listing.js";
import { dispatch, state } from "../store.js";
import { questions as texts } from "../texts.js";

/** @typedef {import("../state.js").Filter} Filter */

/** Rows above which those out of sight are passed over: up to here their exact heights matter more than a millisecond. */
const MANY = 500;
const FILTERS = /** @type {Filter[]} */ (["all", "open", "failed", "not-sent"]);

// Progress of an upload changes the state many times a second, and seldom one of these.
const groups = stable(() => listed(state.value));
const filterCounts = stable(() => counts(state.value));

/**
 * A computed value that stays the same object while its contents do.
 * @template Value
 * @param {() => Value} compute
 */
function stable(compute) {
  let last = /** @type {Value|undefined} */ (undefined);
  let text = "";
  return computed(() => {
    const next = compute();
    const written = JSON.stringify(next);
    if (last !== undefined && written === text) return last;
    text = written;
    last = next;
    return next;
  });
}

/** Search, filters and list. `onChosen` is called when a question has been chosen. @param {{onChosen: (() => void)|undefined}} props */
export function QuestionList({ onChosen }) {
  const { search, filter } = state.value.listing;
  const list = useRef(/** @type {HTMLDivElement|null} */ (null));
  const { shown } = state.value;
  useEffect(() => bringIntoSight(list.current), [shown]);
  const show = (/** @type {Partial<import("../state.js").Listing>} */ change) => dispatch({ type: "listing", change });
  const found = groups.value;
  return h(
    "div",
    { class: "question-list" },
    h("p", { id: "count", class: "soft small" }, texts.answered(answeredCount(state.value), state.value.questions.length)),
    h("input", {
      type: "search",
      class: "search",
      "aria-label": texts.search,
      placeholder: texts.search,
      value: search,
      dir: "auto",
      onInput: (/** @type {Event} */ event) => show({ search: /** @type {HTMLInputElement} */ (event.target).value }),
    }),
    h(
      "fieldset",
      { class: "filters" },
      h("legend", { class: "visually-hidden" }, texts.filters),
      FILTERS.map((name) => h(FilterChoice, { key: name, name, chosen: name === filter, choose: () => show({ filter: name }) })),
    ),
    h(
      "div",
      { id: "questions", class: state.value.questions.length > MANY ? "long" : "", ref: list, onKeyDown: (/** @type {KeyboardEvent} */ event) => moveByKey(event, list.current) },
      found.map((group) => h(Group, { key: group.subject, group, onChosen })),
      found.length === 0 &&
        h(
          "div",
          { class: "stack tight" },
          h("p", { class: "soft", role: "status" }, texts.noMatch),
          h("div", {}, h(Button, { action: () => show({ search: "", filter: "all" }), class: "small" }, texts.showAll)),
        ),
    ),
  );
}

/** @param {{name: Filter, chosen: boolean, choose: () => void}} props */
function FilterChoice({ name, chosen, choose }) {
  const count = filterCounts.value[name];
  return h(
    "label",
    { class: "filter" },
    h("input", { type: "radio", name: "filter", class: "visually-hidden", checked: chosen, onChange: choose }),
    h("span", {}, texts.filter[name], " ", h("span", { class: "count" }, count)),
  );
}

/** @param {{group: ReturnType<typeof listed>[number], onChosen?: () => void}} props */
function Group({ group, onChosen }) {
  const { subject, answered, total, questions } = group;
  return h(
    "details",
    { open: true },
    h(
      "summary",
      {},
      h("span", { class: "grow", dir: "auto" }, subject || texts.noSubject),
      h("span", { class: "soft small" }, `${answered}/${total}`),
    ),
    h("ul", {}, questions.map(({ question, text }) => h(Row, { key: question, id: question, text, onChosen }))),
  );
}

/** A question; drawn anew when its own badge changes. @param {{id: string, text: string, onChosen?: () => void}} props */
function Row({ id, text, onChosen }) {
  const current = useComputed(() => state.value.shown === id);
  const badge = useComputed(() => badgeOf(state.value, id).join("|"));
  const [kind, word] = badge.value.split("|");
  return h(
    "li",
    {},
    h(
      "a",
      { href: `studio#${id}`, "aria-current": current.value ? "page" : undefined, onClick: onChosen },
      h("span", { class: "grow", dir: "auto" }, text),
      h(Badge, { kind }, word),
    ),
  );
}

/** Colour and word of a question's badge. @param {import("../state.js").State} state @param {string} id @returns {[string, string]} */
function badgeOf(state, id) {
  const question = questionOf(state, id);
  const standing = question ? standingOf(state, question) : "open";
  if (standing === "running" || standing === "failed") return stateWord(state.uploads[id].state);
  return texts.badges[standing];
}

/** Open the subject of the shown question and scroll to it, no further than needed. @param {HTMLElement|null} list */
function bringIntoSight(list) {
  const link = list?.querySelector("[aria-current]");
  if (!link) return;
  const group = link.closest("details");
  if (group) group.open = true;
  link.scrollIntoView({ block: "nearest" });
}

/** Up and down among the questions, from the first to the last. @param {KeyboardEvent} event @param {HTMLElement|null} list */
function moveByKey(event, list) {
  const links = /** @type {HTMLElement[]} */ ([...(list?.querySelectorAll("details[open] a") ?? [])]);
  const at = links.indexOf(/** @type {HTMLElement} */ (event.target));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at < 0 || to === undefined || !links[to]) return;
  event.preventDefault();
  links[to].focus();
}

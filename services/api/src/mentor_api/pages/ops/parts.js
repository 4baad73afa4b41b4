// Parts that several views have.
import { h, Note } from "../shared/ui.js";
import { pageLink } from "./address.js";
import { cursorBefore, MOST_SELECTED, selected } from "./state.js";
import { dispatch, state } from "./store.js";
import { NONE, number, page as texts } from "./texts.js";

/** @typedef {import("../shared/ui.js").Children} Children */
/** @typedef {{key: string, cells: Children[], selectable?: boolean, name?: string}} Row `name`: what a screen reader hears of its check box */

/**
 * A table that can be scrolled sideways, also by keyboard. Its roles are spelt out, since on a phone its rows are laid
 * out as cards. With `selects` those of its rows that may be selected have a check box.
 * @param {object} props
 * @param {string} props.label
 * @param {(string|[string, string])[]} props.columns name, or name and class
 * @param {Row[]} props.rows
 * @param {string} [props.empty] what is said where there is nothing
 * @param {boolean} [props.cards] whether rows are cards on a phone
 * @param {boolean} [props.selects]
 */
export function Table({ label, columns, rows, empty = texts.empty, cards = false, selects = false }) {
  if (!rows.length) return h("p", { class: "empty soft" }, empty);
  const named = columns.map((column) => (typeof column === "string" ? [column, undefined] : column));
  const head = named.map(([name, style]) => h("th", { key: name, scope: "col", role: "columnheader", class: style }, name));
  return h(
    "div",
    { class: "table-scroll", role: "region", "aria-label": label, tabIndex: 0 },
    h(
      "table",
      { role: "table", class: cards ? `cards ${selects ? "selects" : ""}` : undefined },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, selects && h(SelectAll, { rows }), head)),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) =>
          h(
            "tr",
            { key: row.key, role: "row" },
            selects && h(SelectOne, { row }),
            named.map(([name, style], i) =>
              h("td", { key: name, role: "cell", class: style, "data-label": name }, isEmpty(row.cells[i]) ? NONE : row.cells[i]),
            ),
          ),
        ),
      ),
    ),
  );
}

/** @param {Children} cell */
const isEmpty = (cell) => cell === null || cell === undefined || cell === "" || cell === false;

/** @param {{rows: Row[]}} props */
function SelectAll({ rows }) {
  const ids = rows.filter((row) => row.selectable).map((row) => row.key);
  const chosen = selected(state.value);
  const all = ids.length > 0 && ids.every((id) => chosen.includes(id));
  return h("th", { scope: "col", role: "columnheader", class: "choose" }, h(Check, { label: texts.selectAll, text: texts.selectAll, ids, checked: all }));
}

/** @param {{row: Row}} props */
function SelectOne({ row }) {
  const checked = selected(state.value).includes(row.key);
  return h(
    "td",
    { role: "cell", class: "choose" },
    row.selectable && h(Check, { label: texts.selectOne(row.name ?? row.key), text: texts.select, ids: [row.key], checked }),
  );
}

/** A check box with its text beside it on a phone, where it is in no column. @param {{label: string, text: string, ids: string[], checked: boolean}} props */
const Check = ({ label, text, ids, checked }) =>
  h(
    "label",
    { class: "check" },
    h("input", {
      type: "checkbox",
      "aria-label": label,
      checked,
      disabled: ids.length === 0 || (!checked && selected(state.value).length + ids.length > MOST_SELECTED),
      onChange: (/** @type {Event} */ event) =>
        dispatch({ type: "select", ids, selected: /** @type {HTMLInputElement} */ (event.target).checked }),
    }),
    h("span", { class: "narrow-only" }, text),
  );

/** How many are selected, and what can be done with them. @param {{children?: Children}} props */
export function Selection({ children }) {
  const ids = selected(state.value);
  if (!ids.length) return null;
  const clear = () => dispatch({ type: "select", ids, selected: false });
  return h(
    "div",
    { class: "row selection", role: "group", "aria-label": texts.selection },
    h("strong", { role: "status" }, texts.selected(ids.length)),
    children,
    h("button", { type: "button", class: "small quiet", onClick: clear }, texts.selectNone),
  );
}

/** @param {{title: string, children?: Children}} props */
export const Card = ({ title, children }) => h("section", { class: "card stack" }, h("h2", {}, title), children);

/** @param {{label: string, id: string, children?: Children}} props */
export const Field = ({ label, id, children }) => h("div", { class: "field" }, h("label", { for: id }, label), children);

/** @param {{id: string, choices: [string, string][], chosen: string}} props */
export function Select({ id, choices, chosen }) {
  return h(
    "select",
    { id, name: id },
    choices.map(([value, text]) => h("option", { key: value, value, selected: value === chosen }, text)),
  );
}

/**
 * A link that chooses something, with a count.
 * @param {{href: string, current: boolean, count: number, bad?: boolean, children?: Children}} props
 */
export const Chip = ({ href, current, count, bad = false, children }) =>
  h(
    "a",
    { href, "aria-current": current ? "true" : undefined },
    h("span", { class: "whole" }, children),
    h("span", { class: `badge ${bad ? "bad" : ""}` }, number(count)),
  );

/**
 * The way to the other pages of a list. `total` is null where the server does not say it.
 * @param {{cursor: string|null, total?: number|null, perPage?: number}} props
 */
export function Pager({ cursor, total = null, perPage = 50 }) {
  const { address } = state.value;
  const { page } = address;
  if (page === 1 && !cursor) return null;
  const before = cursorBefore(state.value);
  const pages = total === null ? null : Math.max(page, Math.ceil(total / perPage));
  return h(
    "nav",
    { class: "row pager", "aria-label": texts.pages },
    page > 1 && h("a", { class: "button small", href: pageLink(address, 1, "") }, texts.firstPage),
    page > 2 && before !== undefined && h("a", { class: "button small", href: pageLink(address, page - 1, before) }, texts.previousPage),
    h("span", {}, texts.pageOf(page, pages)),
    cursor && h("a", { class: "button small", href: pageLink(address, page + 1, cursor) }, texts.nextPage),
  );
}

/** Says that nothing needs doing. @param {{title: string, text: string}} props */
export const Good = ({ title, text }) => h(Note, { kind: "good", title, text });

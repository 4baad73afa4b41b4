// Parts that several views have.
import { button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import { down, get } from "./session.js";
import { NONE, page as texts } from "./texts.js";

/**
 * A table that can be scrolled sideways, also by keyboard. Its roles are spelt out, since on a
 * phone its rows are laid out as cards.
 * @param {string} label
 * @param {(string|[string, string])[]} columns name, or name and class
 * @param {(Node|string|number|null)[][]} rows
 * @param {{empty?: string, cards?: boolean}} [options] what is said where there is nothing, and
 * whether rows are cards on a phone
 */
export function table(label, columns, rows, { empty = texts.empty, cards = false } = {}) {
  if (!rows.length) return el("p", { class: "empty soft" }, empty);
  const named = columns.map((column) => (typeof column === "string" ? [column, null] : column));
  const head = named.map(([name, style]) => el("th", { scope: "col", role: "columnheader", class: style }, name));
  const body = rows.map((row) =>
    el("tr", { role: "row" }, ...row.map((cell, i) => {
      const [name, style] = named[i];
      return el("td", { role: "cell", class: style, "data-label": name }, cellOf(cell));
    })),
  );
  return el(
    "div",
    { class: "table-scroll", role: "region", "aria-label": label, tabindex: "0" },
    el(
      "table",
      { role: "table", class: cards ? "cards" : null },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head)),
      el("tbody", { role: "rowgroup" }, ...body),
    ),
  );
}

/** @param {Node|string|number|null} cell */
const cellOf = (cell) => (cell instanceof Node ? cell : cell === null || cell === "" ? NONE : String(cell));

/**
 * @param {string} title
 * @param {...(Node|string|null|undefined|false)} children
 */
export function card(title, ...children) {
  return el("section", { class: "card stack" }, el("h2", {}, title), ...children);
}

/** @param {string} label @param {any} control */
export function field(label, control) {
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control);
}

/** @param {string} id @param {[string, string][]} choices @param {string} chosen */
export function select(id, choices, chosen) {
  return el(
    "select",
    { id },
    ...choices.map(([value, text]) => el("option", { value, selected: value === chosen }, text)),
  );
}

/**
 * The pages of a list that the server answers page by page. The first is kept up to date; those
 * after it are shown as they were.
 * @param {string} path
 * @param {string} rows name of the list in an answer
 * @param {string} id name of a row's id
 * @param {Record<string, any>} [query]
 */
export function paged(path, rows, id, query = {}) {
  /** @type {any[]} */
  let more = [];
  /** @type {string|null} */
  let cursor = null;
  return {
    load: async () => {
      const page = await get(path, query);
      if (!more.length) cursor = page.cursor;
      return page[rows];
    },
    /** All rows so far. @param {any[]} first */
    all: (first) => {
      const ids = new Set(first.map((row) => row[id]));
      return [...first, ...more.filter((row) => !ids.has(row[id]))];
    },
    /** The button that shows the next page, where there is one. @param {() => Node[]} render */
    next: (render) =>
      cursor &&
      el("div", { class: "row" }, button(texts.more, async () => {
        const page = await get(path, { ...query, cursor });
        more = [...more, ...page[rows]];
        cursor = page.cursor;
        document.getElementById("view")?.replaceChildren(...render());
        document.querySelector("button[data-key=more]")?.scrollIntoView({ block: "nearest" });
      }, { "data-key": "more" })),
  };
}

/**
 * What is shown instead of a view that cannot be.
 * @param {any} error
 * @param {() => void} again
 * @param {() => void} other sign in as somebody else
 */
export async function broken(error, again, other) {
  if (!(error instanceof Problem)) {
    return note("bad", texts.fault, texts.faultAdvice);
  }
  if (error.status === 403) {
    return note("bad", texts.notAllowed, error.message, button(texts.otherAccount, other));
  }
  const silent = error.status === 503 ? await down() : [];
  const who = silent.map((name) => texts.dependencies[name] ?? name).join("; ");
  return note(
    "bad",
    error.title,
    error.message,
    who && texts.silent(who),
    error.passing && button(texts.again, again),
  );
}

/**
 * Ask before something is done; resolves to whether it shall be.
 * @param {{title: string, text: (Node|string)[], verb: string, danger?: boolean}} what
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, verb, danger }) {
  const box = /** @type {HTMLDialogElement} */ (document.getElementById("ask"));
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ sure) => {
      box.close();
      resolve(sure);
    };
    const no = el("button", { type: "button", onclick: () => end(false) }, texts.decline);
    const yes = el("button", { type: "button", class: danger ? "danger" : "primary", onclick: () => end(true) }, verb);
    box.replaceChildren(
      el("h2", { id: "ask-title" }, title),
      ...text.map((part) => (typeof part === "string" ? el("p", {}, part) : part)),
      el("div", { class: "row end" }, no, yes),
    );
    box.oncancel = () => resolve(false);
    box.showModal();
    no.focus();
  });
}

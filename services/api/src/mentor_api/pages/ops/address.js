// What the address names: the view, what it is asked for, and which page of it. All that a link leads to is in it, so that
// *Back* and a reload lead to the same place.

/** @typedef {"overview"|"uploads"|"upload"|"letters"|"log"} Section */

/**
 * @typedef {object} Address
 * @property {string} hash as the browser has it
 * @property {Section} section
 * @property {string} id of an upload
 * @property {Record<string, string>} search what is looked for
 * @property {string} list the search without its page: what is selected belongs to it
 * @property {number} page from 1
 * @property {string} cursor where the page begins; empty for the first
 */

/** @param {string} hash @returns {Address} */
export function parse(hash) {
  const [path, query] = hash.replace(/^#/, "").split("?");
  const { page = "1", cursor = "", ...search } = Object.fromEntries(new URLSearchParams(query ?? ""));
  const [, first, id = ""] = path.split("/");
  const section = first === "uploads" && id ? "upload" : first;
  const known = /** @type {Section[]} */ (["uploads", "upload", "letters", "log"]).find((name) => name === section);
  const from = cursor ? Math.max(1, Number.parseInt(page, 10) || 1) : 1;
  return { hash, section: known ?? "overview", id, search, list: link(path || "/", search), page: from, cursor };
}

/**
 * The link to a view; what is empty is left out of it.
 * @param {string} path
 * @param {Record<string, string|number|null|undefined>} [search]
 */
export function link(path, search = {}) {
  const given = Object.entries(search).filter(([, value]) => value !== "" && value != null);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return `#${path}${query ? `?${query}` : ""}`;
}

/** The link to another page of a list; the first has no cursor. @param {Address} address @param {number} page @param {string} cursor */
export const pageLink = (address, page, cursor) =>
  link(address.list.replace(/^#|\?.*$/g, ""), { ...address.search, ...(cursor ? { page, cursor } : {}) });

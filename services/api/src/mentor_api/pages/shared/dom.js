// Elements of the DOM, made and found.

/**
 * Make an element.
 * @param {string} name
 * @param {Record<string, any>} [given] attributes; `on…` are listeners, `class` is the class
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function el(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child) made.append(child);
  return made;
}

/**
 * Make a button that cannot be pressed twice while its action runs.
 * @param {string} text
 * @param {() => any} action
 * @param {Record<string, any>} [given]
 */
export function button(text, action, given = {}) {
  const made = el("button", { type: "button", ...given }, text);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await action();
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

/** @param {string} id @returns {any} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * Announce a text to screen readers; it is not visible.
 * @param {string} text
 */
export function announce(text) {
  byId("announcements").textContent = text;
}

/**
 * A box with a message; what went wrong is an alert.
 * @param {"good"|"warn"|"bad"|"info"} kind
 * @param {string} title
 * @param {...(Node|string|null|undefined|false)} more
 */
export function note(kind, title, ...more) {
  const parts = more.map((part) => (typeof part === "string" ? el("p", {}, part) : part));
  const role = kind === "bad" ? "alert" : "status";
  return el("div", { class: `note ${kind} stack tight`, role }, el("strong", {}, title), ...parts);
}

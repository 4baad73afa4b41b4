// Who is signed in, and asking the server in their name. The token goes into a header and nowhere
// else, so that no other site can act with it.
import { button, byId, el, note } from "../shared/dom.js";
import { Problem, problemOf, unreachable } from "../shared/problem.js";

const KEPT = "console-token";
const BASE = new URL("./", document.baseURI);
/** @type {Promise<void>|null} */
let asking = null;

const token = () => sessionStorage.getItem(KEPT);

export const signedIn = () => token() !== null;

export function signOut() {
  sessionStorage.removeItem(KEPT);
}

/**
 * Look at something; who is signed out meanwhile is asked to sign in and then goes on.
 * @param {string} path
 * @param {Record<string, any>} [query] what is empty is left out
 */
export function look(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return data(`ops/api/${path}${text ? `?${text}` : ""}`);
}

/**
 * Do something.
 * @param {string} path
 * @param {any} [json]
 */
export const act = (path, json = {}) => data(`ops/api/${path}`, json);

/** @param {string} path @param {any} [json] */
async function data(path, json) {
  let response = await send(path, json);
  if (response.status === 401) {
    await signIn("Your time here has run out. Sign in again and everything goes on where it was.");
    response = await send(path, json);
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()).data;
}

/** @param {string} path @param {any} json */
async function send(path, json) {
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${token()}` };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(new URL(path, BASE), {
      method: json === undefined ? "GET" : "POST",
      headers,
      body: json === undefined ? undefined : JSON.stringify(json),
    });
  } catch {
    throw unreachable();
  }
}

/** What the server depends on and what does not answer; empty where that cannot be read. */
export async function down() {
  try {
    const response = await fetch(new URL("readyz", BASE));
    return Object.keys((await response.json()).down ?? {});
  } catch {
    return [];
  }
}

/**
 * Ask a person to sign in; resolves when they have. Asked from several places at once it is one
 * question.
 * @param {string} [why]
 */
export function signIn(why) {
  asking ??= dialog(why).finally(() => {
    asking = null;
  });
  return asking;
}

/** @param {string} [why] @returns {Promise<void>} */
async function dialog(why) {
  const box = byId("sign-in");
  const local = await offersLocalSignIn();
  return new Promise((resolve) => {
    const trouble = el("div");
    /** @param {string} given */
    const use = (given) => {
      sessionStorage.setItem(KEPT, given);
      box.close();
      resolve();
    };
    const why_ = why ?? "See what waits and what failed, and mend it. For administrators.";
    box.replaceChildren(
      el("h2", { id: "sign-in-title" }, "Sign in"),
      el("p", { class: "soft" }, why_),
      ...(local ? [localButton(trouble, use), el("p", { class: "soft small" }, "or")] : []),
      keyForm(local, trouble, use),
    );
    box.oncancel = (/** @type {Event} */ event) => event.preventDefault();
    if (!box.open) box.showModal();
  });
}

/** @param {boolean} local @param {HTMLElement} trouble @param {(given: string) => void} use */
function keyForm(local, trouble, use) {
  const field = el("input", { id: "token", type: "password", autocomplete: "off", required: true });
  const form = el(
    "form",
    { class: "stack" },
    el("div", { class: "field" }, el("label", { for: "token" }, "Access token"), field),
    el("p", { class: "soft small" }, "The one of your sign-in as an administrator. It stays in this tab."),
    el("button", { type: "submit", class: local ? "" : "primary" }, "Sign in with the token"),
    trouble,
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const wrong = wrongKey(field.value.trim());
    if (wrong) trouble.replaceChildren(note("bad", "This is no access token", wrong));
    else use(field.value.trim());
  });
  return form;
}

/** @param {HTMLElement} trouble @param {(given: string) => void} use */
function localButton(trouble, use) {
  const enter = async () => {
    try {
      const response = await fetch(new URL("ops/sign-in", BASE), { method: "POST" });
      if (!response.ok) throw await problemOf(response);
      use((await response.json()).data.token);
    } catch (error) {
      const problem = error instanceof Problem ? error : unreachable();
      trouble.replaceChildren(note("bad", problem.title, problem.message));
    }
  };
  return button("Go in as the local administrator", enter, { class: "primary" });
}

async function offersLocalSignIn() {
  try {
    const response = await fetch(new URL("ops/sign-in", BASE));
    return response.ok && (await response.json()).data.available;
  } catch {
    return false;
  }
}

/** What is wrong with a token by its form, or null. @param {string} given */
function wrongKey(given) {
  try {
    const middle = given.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(middle)).exp * 1000 < Date.now() ? "It has run out. Sign in anew to get one." : null;
  } catch {
    return "It should be one long line with two dots in it. Copy it again, all of it.";
  }
}

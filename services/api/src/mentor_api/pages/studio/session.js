// Who is signed in, and asking the server in their name.
import { button, byId, el, note } from "../shared/dom.js";
import { Problem, problemOf, unreachable } from "../shared/problem.js";

const KEPT = "studio-token";
const BASE = new URL("./", document.baseURI);
/** @type {Promise<void>|null} */
let asking = null;

/** @returns {string|null} */
function token() {
  return sessionStorage.getItem(KEPT);
}

/** Whether somebody is signed in. */
export function signedIn() {
  return token() !== null;
}

export function signOut() {
  sessionStorage.removeItem(KEPT);
}

/**
 * Ask the server; who is signed out meanwhile is asked to sign in and then goes on.
 * @param {string} path
 * @param {{method?: string, json?: any, form?: FormData, headers?: Record<string, string>, signal?: AbortSignal, keepalive?: boolean}} [options]
 * @returns {Promise<Response>}
 */
export async function ask(path, options = {}) {
  const response = await send(path, options);
  if (response.status === 401) {
    await signIn("Your time here has run out. Sign in again and everything goes on where it was.");
    return checked(await send(path, options));
  }
  return checked(response);
}

/**
 * Ask for JSON; returns what its `data` holds.
 * @param {string} path
 * @param {Parameters<typeof ask>[1]} [options]
 */
export async function data(path, options = {}) {
  const response = await ask(path, options);
  return (await response.json()).data;
}

/** @param {Response} response */
async function checked(response) {
  if (response.ok || response.status === 304) return response;
  throw await problemOf(response);
}

/** @param {string} path @param {any} options */
async function send(path, { method, json, form, headers = {}, signal, keepalive }) {
  const all = { ...headers, Authorization: `bearer ${token()}` };
  if (json !== undefined) all["Content-Type"] = "application/json";
  const body = json === undefined ? form : JSON.stringify(json);
  try {
    return await fetch(new URL(path.replace(/^\//, ""), BASE), {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: all,
      body,
      signal,
      keepalive,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
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
      const former = userOf(token());
      sessionStorage.setItem(KEPT, given);
      box.close();
      // Somebody else's work is not theirs to go on with.
      if (former && former !== userOf(given)) location.reload();
      else resolve();
    };
    box.replaceChildren(...contents(why, local, trouble, use));
    box.oncancel = (/** @type {Event} */ event) => event.preventDefault();
    if (!box.open) box.showModal();
  });
}

/**
 * @param {string|undefined} why
 * @param {boolean} local
 * @param {HTMLElement} trouble
 * @param {(given: string) => void} use
 */
function contents(why, local, trouble, use) {
  const field = el("input", {
    id: "token",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
  });
  const form = el(
    "form",
    { class: "stack" },
    el("div", { class: "field" }, el("label", { for: "token" }, "Access key"), field),
    el("p", { class: "soft small" }, "You get it from whoever invited you. It stays in this tab."),
    el("button", { type: "submit", class: local ? "" : "primary" }, "Sign in with the key"),
    trouble,
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = field.value.trim();
    if (usable(given)) use(given);
    else trouble.replaceChildren(note("bad", "This is no access key", wrongKey(given)));
  });
  return [
    el("h2", { id: "sign-in-title" }, "Sign in"),
    el("p", { class: "soft" }, why ?? "Record your answers, send them, and watch them become ready."),
    local && localButton(trouble, use),
    local && el("p", { class: "or soft small" }, "or"),
    form,
  ].filter(Boolean);
}

/** @param {HTMLElement} trouble @param {(given: string) => void} use */
function localButton(trouble, use) {
  return button(
    "Go in as the example mentor",
    async () => {
      try {
        const response = await fetch(new URL("studio/sign-in", BASE), { method: "POST" });
        if (!response.ok) throw await problemOf(response);
        use((await response.json()).data.token);
      } catch (error) {
        const problem = error instanceof Problem ? error : unreachable();
        trouble.replaceChildren(note("bad", problem.title, problem.message));
      }
    },
    { class: "primary" },
  );
}

async function offersLocalSignIn() {
  try {
    const response = await fetch(new URL("studio/sign-in", BASE));
    return response.ok && (await response.json()).data.available;
  } catch {
    return false;
  }
}

/** @param {string|null} given @returns {any} */
function claims(given) {
  try {
    const middle = (given ?? "").split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(middle));
  } catch {
    return null;
  }
}

/** @param {string|null} given */
function userOf(given) {
  return claims(given)?.id ?? null;
}

/** @param {string} given */
function usable(given) {
  const said = claims(given);
  return said !== null && !(said.exp * 1000 < Date.now());
}

/** @param {string} given */
function wrongKey(given) {
  return claims(given)
    ? "It has run out. Ask for a new one."
    : "It should be one long line with two dots in it. Copy it again, all of it.";
}

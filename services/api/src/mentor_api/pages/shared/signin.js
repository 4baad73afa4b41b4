// Signing in with a token. It stays in this tab and goes into a header and nowhere else, so that no
// other site can act with it.
import { button, byId, el, note } from "./dom.js";
import { Problem, problemOf, unreachable } from "./problem.js";
import * as texts from "./texts.js";

/** Base URL of the page and of all its requests. */
export const BASE = new URL("./", document.baseURI);

/**
 * Texts of a page that asks people to sign in.
 * @typedef {object} Texts
 * @property {string} why what for, where no other reason is given
 * @property {string} label what the token is called
 * @property {string} help where people have it from
 * @property {string} submit the button
 * @property {string} wrong title where it is none
 * @property {string} expired what to do with an old one
 * @property {string} local the button that signs in at a click on the local stack
 */

/** The session of a page, and the dialog that signs in. */
export class SignIn {
  /** @type {Promise<void>|null} */
  #asking = null;
  #storageKey;
  #localSignIn;
  #texts;

  /**
   * @param {string} page the page's name, part of the URL of the local stack's sign-in
   * @param {string} storageKey
   * @param {Texts} texts
   */
  constructor(page, storageKey, texts) {
    this.#localSignIn = new URL(`${page}/sign-in`, BASE);
    this.#storageKey = storageKey;
    this.#texts = texts;
  }

  /** @returns {string|null} */
  get token() {
    return sessionStorage.getItem(this.#storageKey);
  }

  out() {
    sessionStorage.removeItem(this.#storageKey);
  }

  /**
   * Ask a person to sign in; resolves when they have. Asked from several places at once it is one
   * question.
   * @param {string} [why]
   * @returns {Promise<void>}
   */
  ask(why) {
    this.#asking ??= this.#dialog(why ?? this.#texts.why).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** @param {string} why @returns {Promise<void>} */
  async #dialog(why) {
    const dialog = byId("sign-in");
    const local = await this.#offersLocal();
    return new Promise((resolve) => {
      const trouble = el("div");
      /** @param {string} given */
      const use = (given) => {
        const former = userOf(this.token);
        sessionStorage.setItem(this.#storageKey, given);
        dialog.close();
        // Somebody else's work is not theirs to go on with.
        if (former && former !== userOf(given)) location.reload();
        else resolve();
      };
      dialog.replaceChildren(
        el("h2", { id: "sign-in-title" }, texts.signIn),
        el("p", { class: "soft" }, why),
        ...(local ? [this.#localButton(trouble, use), el("p", { class: "or soft small" }, texts.or)] : []),
        this.#form(local, trouble, use),
      );
      dialog.oncancel = (/** @type {Event} */ event) => event.preventDefault();
      if (!dialog.open) dialog.showModal();
    });
  }

  /** @param {boolean} local @param {HTMLElement} trouble @param {(given: string) => void} use */
  #form(local, trouble, use) {
    const page = this.#texts;
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
      el("div", { class: "field" }, el("label", { for: "token" }, page.label), field),
      el("p", { class: "soft small" }, page.help),
      el("button", { type: "submit", class: local ? "" : "primary" }, page.submit),
      trouble,
    );
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const given = field.value.trim();
      const found = claims(given);
      if (found && !(found.exp * 1000 + LEEWAY_MS < Date.now())) use(given);
      else trouble.replaceChildren(note("bad", page.wrong, found ? page.expired : texts.noToken));
    });
    return form;
  }

  /** @param {HTMLElement} trouble @param {(given: string) => void} use */
  #localButton(trouble, use) {
    const enter = async () => {
      try {
        const response = await fetch(this.#localSignIn, { method: "POST" });
        if (!response.ok) throw await problemOf(response);
        use((await response.json()).data.token);
      } catch (error) {
        const problem = error instanceof Problem ? error : unreachable();
        trouble.replaceChildren(note("bad", problem.title, problem.message));
      }
    };
    return button(this.#texts.local, enter, { class: "primary" });
  }

  async #offersLocal() {
    try {
      const response = await fetch(this.#localSignIn);
      return response.ok && (await response.json()).data.available;
    } catch {
      return false;
    }
  }
}

/** As far as the api lets a clock be off; the browser's may be wrong as well. */
const LEEWAY_MS = 60_000;

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

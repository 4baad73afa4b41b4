// Signing in with a token. It stays in this tab and goes into a header and nowhere else, so that no
// other site can act with it.
import { button, byId, el, note } from "./dom.js";
import { Problem, problemOf, unreachable } from "./problem.js";

/** Where the page and all that it asks for lie. */
export const BASE = new URL("./", document.baseURI);

/**
 * What a page says when it asks people to sign in.
 * @typedef {object} Words
 * @property {string} why what for, where no other reason is given
 * @property {string} label what the token is called
 * @property {string} help where people have it from
 * @property {string} submit the button
 * @property {string} wrong title where it is none
 * @property {string} expired what to do with an old one
 * @property {string} local the button that signs in at a click on the local stack
 */

/** Who is signed in on a page, and the dialog that asks for it. */
export class SignIn {
  /** @type {Promise<void>|null} */
  #asking = null;
  #kept;
  #door;
  #words;

  /**
   * @param {string} page the page's name, under which the token is kept and the local stack's door is
   * @param {string} kept
   * @param {Words} words
   */
  constructor(page, kept, words) {
    this.#door = new URL(`${page}/sign-in`, BASE);
    this.#kept = kept;
    this.#words = words;
  }

  /** @returns {string|null} */
  get token() {
    return sessionStorage.getItem(this.#kept);
  }

  out() {
    sessionStorage.removeItem(this.#kept);
  }

  /**
   * Ask a person to sign in; resolves when they have. Asked from several places at once it is one
   * question.
   * @param {string} [why]
   * @returns {Promise<void>}
   */
  ask(why) {
    this.#asking ??= this.#dialog(why ?? this.#words.why).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** @param {string} why @returns {Promise<void>} */
  async #dialog(why) {
    const box = byId("sign-in");
    const local = await this.#offersLocal();
    return new Promise((resolve) => {
      const trouble = el("div");
      /** @param {string} given */
      const use = (given) => {
        const former = userOf(this.token);
        sessionStorage.setItem(this.#kept, given);
        box.close();
        // Somebody else's work is not theirs to go on with.
        if (former && former !== userOf(given)) location.reload();
        else resolve();
      };
      box.replaceChildren(
        el("h2", { id: "sign-in-title" }, "Sign in"),
        el("p", { class: "soft" }, why),
        ...(local ? [this.#localButton(trouble, use), el("p", { class: "or soft small" }, "or")] : []),
        this.#form(local, trouble, use),
      );
      box.oncancel = (/** @type {Event} */ event) => event.preventDefault();
      if (!box.open) box.showModal();
    });
  }

  /** @param {boolean} local @param {HTMLElement} trouble @param {(given: string) => void} use */
  #form(local, trouble, use) {
    const words = this.#words;
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
      el("div", { class: "field" }, el("label", { for: "token" }, words.label), field),
      el("p", { class: "soft small" }, words.help),
      el("button", { type: "submit", class: local ? "" : "primary" }, words.submit),
      trouble,
    );
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const given = field.value.trim();
      const said = claims(given);
      if (said && !(said.exp * 1000 + LEEWAY_MS < Date.now())) use(given);
      else trouble.replaceChildren(note("bad", words.wrong, said ? words.expired : NO_TOKEN));
    });
    return form;
  }

  /** @param {HTMLElement} trouble @param {(given: string) => void} use */
  #localButton(trouble, use) {
    const enter = async () => {
      try {
        const response = await fetch(this.#door, { method: "POST" });
        if (!response.ok) throw await problemOf(response);
        use((await response.json()).data.token);
      } catch (error) {
        const problem = error instanceof Problem ? error : unreachable();
        trouble.replaceChildren(note("bad", problem.title, problem.message));
      }
    };
    return button(this.#words.local, enter, { class: "primary" });
  }

  async #offersLocal() {
    try {
      const response = await fetch(this.#door);
      return response.ok && (await response.json()).data.available;
    } catch {
      return false;
    }
  }
}

/** As far as the api lets a clock be off; the browser's may be wrong as well. */
const LEEWAY_MS = 60_000;
const NO_TOKEN = "It should be one long line with two dots in it. Copy it again, all of it.";

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

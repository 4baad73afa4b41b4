// Signing in: by the deployment's login page, or with a token. The token stays in this tab and goes into a header
// and nowhere else, so that no other site can act with it.
import { button, byId, el, note } from "./dom.js";
import * as loginPage from "./login-page.js";
import { Problem, problemOf, unreachable } from "./problem.js";
import * as texts from "./texts.js";
import { claims, endsSoon, isCurrent, userOf } from "./token.js";

const RENEW_AGAIN_MS = 10_000;
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

/** @typedef {import("./login-page.js").Given} Given */
/** @typedef {{available: boolean, login_page: import("./login-page.js").LoginPage|null}} Ways how people sign in here */

/** The session of a page, and the dialog that signs in. */
export class SignIn {
  /** @type {Promise<void>|null} */
  #asking = null;
  /** @type {Promise<boolean>|null} */
  #renewing = null;
  /** @type {Promise<Ways>|null} */
  #known = null;
  /** @type {string|null} */
  #unrenewable = null;
  #storageKey;
  #pageUrl;
  #waysUrl;
  #texts;

  /**
   * @param {string} page the page's name, the last part of its URL
   * @param {string} storageKey
   * @param {Texts} texts
   */
  constructor(page, storageKey, texts) {
    this.#pageUrl = new URL(page, BASE).href;
    this.#waysUrl = new URL(`${page}/sign-in`, BASE);
    this.#storageKey = storageKey;
    this.#texts = texts;
  }

  /** @returns {string|null} */
  get token() {
    return sessionStorage.getItem(this.#storageKey);
  }

  out() {
    sessionStorage.removeItem(this.#storageKey);
    sessionStorage.removeItem(this.#refreshKey);
  }

  /** Go in with what the login page has just sent back, or as before, or ask; resolves when somebody is signed in. */
  async start() {
    const trouble = await this.#comeBack();
    if (trouble || this.token === null) await this.ask(undefined, trouble);
  }

  /**
   * Ask a person to sign in; resolves when they have. Asked from several places at once it is one
   * question.
   * @param {string} [why]
   * @param {HTMLElement|null} [trouble] what went wrong before
   * @returns {Promise<void>}
   */
  ask(why, trouble) {
    this.#asking ??= this.#dialog(why ?? this.#texts.why, trouble ?? null).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** True where the token ends within a minute and may be renewable: mentor-graphql has no leeway. */
  get endsSoon() {
    return endsSoon(this.token) && this.#unrenewable !== this.token;
  }

  /** Get a new token without a question; false where that cannot be, or nobody answers. @returns {Promise<boolean>} */
  renew() {
    this.#renewing ??= this.#renewed().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renewed() {
    const old = this.token;
    try {
      const { login_page: page } = await this.#ways();
      const given = page && (await loginPage.renew(page, sessionStorage.getItem(this.#refreshKey)));
      if (this.token !== old) return true; // somebody has signed in meanwhile
      // The cookie may be another person's by now.
      if (given && isCurrent(given.token) && userOf(given.token) === userOf(old)) {
        this.#hold(given);
        return true;
      }
      this.#unrenewable = old;
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // nobody answered
    }
    return false;
  }

  /**
   * Renew the session after all, while it is asked for: what renews it may have been out of reach for a moment.
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} false when it cannot be
   */
  async #renewLater(signal) {
    while (this.token !== null && this.token !== this.#unrenewable && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, RENEW_AGAIN_MS));
      if (!signal.aborted && (await this.renew())) return true;
    }
    return false;
  }

  get #refreshKey() {
    return `${this.#storageKey}-refresh`;
  }

  get #begunKey() {
    return `${this.#storageKey}-begun`;
  }

  /** @param {Given} given */
  #hold({ token, refreshToken }) {
    this.out();
    sessionStorage.setItem(this.#storageKey, token);
    if (refreshToken) sessionStorage.setItem(this.#refreshKey, refreshToken);
  }

  /** Take what the login page sent back, if this is a return; returns what went wrong. @returns {Promise<HTMLElement|null>} */
  async #comeBack() {
    try {
      const back = loginPage.takeReturn(this.#begunKey);
      if (!back) return null;
      const given = await loginPage.redeem(back, (await this.#knownWays()).login_page, this.#pageUrl);
      if (!isCurrent(given.token)) throw new loginPage.NotSignedIn("no token of ours");
      this.#hold(given);
      return null;
    } catch (error) {
      if (!(error instanceof loginPage.NotSignedIn || error instanceof Problem)) throw error;
      return note("bad", texts.notSignedIn, texts.notSignedInWhy);
    }
  }

  /** @param {string} why @param {HTMLElement|null} before @returns {Promise<void>} */
  async #dialog(why, before) {
    const dialog = byId("sign-in");
    const { available: local, login_page: page } = await this.#knownWays();
    return new Promise((resolve) => {
      const trouble = el("div", {}, before);
      /** @param {string} token */
      const use = (token) => {
        const former = userOf(this.token);
        this.#hold({ token, refreshToken: null });
        signedIn.abort();
        dialog.close();
        // Somebody else's work is not theirs to go on with.
        if (former && former !== userOf(token)) location.reload();
        else resolve();
      };
      const signedIn = new AbortController();
      this.#renewLater(signedIn.signal).then((renewed) => {
        if (!renewed || signedIn.signal.aborted) return;
        dialog.close();
        resolve();
      });
      const or = () => el("p", { class: "or soft small" }, texts.or);
      const form = this.#form(local || page !== null, trouble, use);
      dialog.replaceChildren(
        el("h2", { id: "sign-in-title" }, texts.signIn),
        el("p", { class: "soft" }, why),
        ...(page ? [this.#loginButton(page)] : []),
        ...(local ? [this.#localButton(trouble, use), or()] : []),
        page ? el("details", {}, el("summary", {}, this.#texts.submit), form) : form,
        trouble,
      );
      dialog.oncancel = (/** @type {Event} */ event) => event.preventDefault();
      if (!dialog.open) dialog.showModal();
    });
  }

  /** @param {import("./login-page.js").LoginPage} page */
  #loginButton(page) {
    return button(texts.toLoginPage, () => loginPage.leave(page, this.#pageUrl, this.#begunKey), { class: "primary" });
  }

  /** @param {boolean} second another way comes first @param {HTMLElement} trouble @param {(given: string) => void} use */
  #form(second, trouble, use) {
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
      el("button", { type: "submit", class: second ? "" : "primary" }, page.submit),
    );
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const given = field.value.trim();
      if (isCurrent(given)) use(given);
      else trouble.replaceChildren(note("bad", page.wrong, claims(given) ? page.expired : texts.noToken));
    });
    return form;
  }

  /** @param {HTMLElement} trouble @param {(given: string) => void} use */
  #localButton(trouble, use) {
    const enter = async () => {
      try {
        const response = await fetch(this.#waysUrl, { method: "POST" });
        if (!response.ok) throw await problemOf(response);
        use((await response.json()).data.token);
      } catch (error) {
        const problem = error instanceof Problem ? error : unreachable();
        trouble.replaceChildren(note("bad", problem.title, problem.message));
      }
    };
    return button(this.#texts.local, enter, { class: "primary" });
  }

  /** How people sign in here; with a token where the server does not answer. @returns {Promise<Ways>} */
  #knownWays() {
    return this.#ways().catch(() => ({ available: false, login_page: null }));
  }

  /** How people sign in here; asked once, and again where the server did not answer. @returns {Promise<Ways>} */
  #ways() {
    this.#known ??= this.#askForWays().catch((error) => {
      this.#known = null;
      throw error;
    });
    return this.#known;
  }

  /** @returns {Promise<Ways>} */
  async #askForWays() {
    const response = await fetch(this.#waysUrl).catch(() => null);
    const found = response?.ok && (await response.json().catch(() => null));
    if (!found) throw unreachable();
    return found.data;
  }
}

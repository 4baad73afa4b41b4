// Redrives and discards under way. The page asks for one round after the other; the server keeps
// how far each is, so that a page that is closed or reloaded loses nothing.
import { announce, button, byId, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import { get, post } from "./session.js";
import { actions as texts, page } from "./texts.js";

const PAUSE_MS = 3000;
const BETWEEN_MS = 500; // what acts may be asked for 60 times a minute
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
const KEPT = "console-actions";

/** @typedef {{id: string, verb: "redrive"|"discard", queue: string, code: string|null, message: string|null, who: string, total: number, done: number, undone: number, status: string, kept: string|null}} Action */

export class Actions {
  /** @param {() => Promise<void>} onEnd brings the page up to date */
  constructor(onEnd) {
    this.onEnd = onEnd;
    /** @type {Map<string, {action: Action, trouble: string|null}>} */
    this.shown = new Map();
    /** @type {Set<string>} */
    this.driven = new Set();
    this.me = "";
  }

  /** Find what is under way; what this operator began goes on. @param {string} me */
  async resume(me) {
    this.me = me;
    // What ends between the two questions is asked for last, and so seen ended.
    const underWay = (await get("actions")).actions;
    for (const id of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) {
      if (underWay.some((/** @type {Action} */ one) => one.id === id)) continue;
      const action = await get(`actions/${id}`).catch(() => null); // not any more
      if (action) this.shown.set(id, { action, trouble: null });
    }
    for (const action of underWay) {
      this.shown.set(action.id, { action, trouble: null });
      if (action.who === me) this.drive(action.id);
    }
    this.render();
  }

  /** @param {any} json */
  async begin(json) {
    const action = await post("actions", json);
    this.shown.set(action.id, { action, trouble: null });
    this.drive(action.id);
    this.render();
  }

  /** Ask for rounds until it is over. @param {string} id */
  async drive(id) {
    if (this.driven.has(id)) return;
    this.driven.add(id);
    const one = this.shown.get(id);
    while (one && one.action.status === "RUNNING") {
      try {
        one.action = await post(`actions/${id}/round`);
        one.trouble = null;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        one.trouble = error.message;
        this.render();
        if (!error.passing) break;
        await pause(PAUSE_MS);
      }
      this.render();
      if (one.action.status === "RUNNING") await pause(BETWEEN_MS);
    }
    this.driven.delete(id);
    if (one && one.action.status !== "RUNNING") {
      announce(ended(one.action));
      await this.onEnd();
    }
    this.render();
  }

  /** @param {string} id */
  async stop(id) {
    const one = this.shown.get(id);
    if (!one) return;
    one.action = await post(`actions/${id}/stop`);
    this.render();
    await this.onEnd();
  }

  render() {
    sessionStorage.setItem(KEPT, JSON.stringify([...this.shown.keys()]));
    const held = document.activeElement?.getAttribute("data-key");
    byId("actions").replaceChildren(...[...this.shown.values()].map((one) => this.panel(one)));
    if (!held) return;
    const button = document.querySelector(`#actions [data-key="${CSS.escape(held)}"]`);
    /** @type {HTMLElement|null} */ (button)?.focus();
  }

  /** @param {{action: Action, trouble: string|null}} one */
  panel({ action, trouble }) {
    const away = button(page.close, () => {
      this.shown.delete(action.id);
      this.render();
    }, { class: "small", "data-key": `close-${action.id}` });
    if (action.status !== "RUNNING") {
      const kind = action.undone ? "warn" : "good";
      const where = action.kept && action.done > 0 && el("p", { class: "small" }, texts.kept, el("code", {}, action.kept));
      return note(kind, ended(action), where, el("div", { class: "row" }, el("a", { href: "#/log" }, texts.seeLog), away));
    }
    const driven = this.driven.has(action.id);
    const total = action.message ? 1 : action.total;
    const doing = texts.doing(action.verb, action.queue, action.code);
    const label = texts.progress(doing, action.done, action.code ? null : total);
    return el(
      "section",
      { class: "card stack tight running", "aria-label": doing },
      el("strong", {}, label),
      el("progress", { max: Math.max(total, 1), value: action.code ? null : action.done, "aria-label": label }),
      trouble && el("p", { class: "small" }, texts.trouble(trouble)),
      !driven && el("p", { class: "soft small" }, texts.byOther(action.who)),
      el(
        "div",
        { class: "row" },
        !driven && button(texts.resume, () => this.drive(action.id), { class: "small primary", "data-key": `go-${action.id}` }),
        button(texts.stop, () => this.stop(action.id), { class: "small", "data-key": `stop-${action.id}` }),
      ),
    );
  }
}

/** @param {Action} action */
const ended = ({ verb, queue, done, undone, status }) => texts.ended(verb, queue, done, undone, status === "STOPPED");

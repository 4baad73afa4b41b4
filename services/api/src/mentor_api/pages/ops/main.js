// The console: shows the view that the address names, and keeps it up to date.
import { byId, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import { Actions } from "./actions.js";
import { deadLetters } from "./dead-letters.js";
import { log } from "./log.js";
import { overview } from "./overview.js";
import { broken } from "./parts.js";
import { get, signIn, signOut } from "./session.js";
import { upload } from "./upload.js";
import { uploads } from "./uploads.js";
import { clock, tick } from "./format.js";
import * as texts from "./texts.js";

const TICK_MS = 1000;

/** @typedef {{title: string, every: number, load: () => Promise<any>, render: (data: any) => (Node|null)[]}} View */

class Console {
  constructor() {
    /** @type {View} */
    this.view = overview;
    this.turn = 0;
    this.seen = "";
    this.loading = false;
    this.paused = false;
    this.moved = false; // who follows a link is led to the new view
    this.nextAt = 0;
    this.actions = new Actions(() => this.refresh());
  }

  async start() {
    await signIn();
    const me = await get("me");
    byId("who").textContent = me.user;
    byId("stage").textContent = me.stage;
    for (const id of ["stage", "pause", "sign-out", "sections"]) byId(id).hidden = false;
    await this.actions.resume(me.user);
    window.addEventListener("hashchange", () => {
      this.moved = true;
      this.route();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.nextAt = 0;
    });
    setInterval(() => this.tick(), TICK_MS);
    await this.route();
  }

  /** Show the view that the address names. */
  async route() {
    const [path, query] = location.hash.replace(/^#/, "").split("?");
    this.view = this.find(path || "/", new URLSearchParams(query ?? ""));
    this.seen = "";
    document.title = `${this.view.title} – ${texts.TITLE}`;
    for (const link of byId("sections").querySelectorAll("a")) {
      const own = link.getAttribute("href").slice(1);
      const here = own === "/" ? path === "/" || !path : path.startsWith(own);
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const view = byId("view");
    view.setAttribute("aria-busy", "true");
    view.replaceChildren(el("p", { class: "soft loading" }, texts.LOADING));
    window.scrollTo(0, 0);
    this.turn += 1;
    await this.refresh();
  }

  /** @param {string} path @param {URLSearchParams} query @returns {View} */
  find(path, query) {
    const [, section, id] = path.split("/");
    if (section === "uploads" && id) return upload(id, () => this.refresh());
    if (section === "uploads") {
      return uploads(query, (hash) => {
        // The same question asked again is asked again.
        if (location.hash === hash) this.route();
        else location.hash = hash;
      });
    }
    if (section === "letters") return deadLetters(query, (json) => this.begin(json), () => this.refresh());
    if (section === "log") return log();
    return overview;
  }

  /** @param {any} json */
  async begin(json) {
    try {
      await this.actions.begin(json);
    } catch (error) {
      await this.showError(error);
    }
  }

  /** Load the view and show what has changed. */
  async refresh() {
    const { view, turn } = this;
    this.loading = true;
    try {
      const data = await view.load();
      if (turn !== this.turn) return;
      byId("stale").replaceChildren();
      byId("fresh").textContent = texts.page.asOf(clock(new Date().toISOString()));
      this.count(data);
      const text = JSON.stringify(data);
      if (text !== this.seen) this.show(view.render(data));
      this.seen = text;
    } catch (error) {
      if (turn !== this.turn) return;
      await this.showError(error);
      if (!(error instanceof Problem)) throw error;
    } finally {
      this.loading = false;
      this.nextAt = Date.now() + view.every * 1000;
      byId("view").removeAttribute("aria-busy");
    }
  }

  /** Replace what is shown; focus and what is unfolded stay. @param {(Node|null)[]} nodes */
  show(nodes) {
    const view = byId("view");
    const held = keyOf(document.activeElement);
    const open = [...view.querySelectorAll("details[open]")].map(keyOf);
    view.replaceChildren(...nodes.filter((node) => node !== null));
    for (const key of open) if (key) view.querySelector(`details${key}`)?.setAttribute("open", "");
    if (held) view.querySelector(held)?.focus();
    else if (this.moved) view.focus({ preventScroll: true });
    this.moved = false;
  }

  /** How many dead letters there are, for the navigation. @param {any} data */
  count(data) {
    if (!data.queues) return;
    const dead = data.queues.reduce((/** @type {number} */ sum, /** @type {any} */ queue) => sum + queue.dead, 0);
    byId("dead-count").textContent = texts.number(dead);
    byId("dead-count").hidden = dead === 0;
  }

  /** Show what went wrong: over what is shown, or instead of it where there is nothing yet. @param {any} error */
  async showError(error) {
    const again = () => this.route();
    const fault = await broken(error, again, () => {
      signOut();
      location.reload();
    });
    if (this.seen && error instanceof Problem && error.passing) {
      byId("stale").replaceChildren(note("warn", texts.page.stale(error.title), texts.page.staleWhy(error.message)));
    } else if (this.seen) {
      byId("stale").replaceChildren(fault);
    } else {
      byId("view").replaceChildren(fault);
    }
  }

  tick() {
    tick();
    const due = this.view.every > 0 && Date.now() >= this.nextAt;
    const asleep = document.hidden || this.paused || byId("ask").open || byId("sign-in").open;
    if (due && !asleep && !this.loading) this.refresh();
  }

  pause() {
    this.paused = !this.paused;
    byId("pause").setAttribute("aria-pressed", String(this.paused));
    byId("pause").textContent = this.paused ? texts.page.resume : texts.page.pause;
    this.nextAt = 0;
  }
}

/** The selector of an element that finds it again after it was made anew. @param {Element|null} element */
function keyOf(element) {
  const key = element?.getAttribute("data-key");
  if (key) return `[data-key="${CSS.escape(key)}"]`;
  if (element?.id && element.id !== "view") return `#${CSS.escape(element.id)}`;
  const href = element?.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}

const console_ = new Console();
byId("pause").addEventListener("click", () => console_.pause());
byId("sign-out").addEventListener("click", () => {
  signOut();
  location.reload();
});
console_.start().catch(async (error) => {
  byId("sign-out").hidden = false;
  await console_.showError(error);
  if (!(error instanceof Problem)) throw error;
});

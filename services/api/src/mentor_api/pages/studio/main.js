// The studio: sign in, choose a mentor and a question, and work on the answer.
import { byId, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import { brokenView, Desk } from "./desk.js";
import { listOf, standing } from "./list.js";
import { removeAll } from "./recordings.js";
import * as remote from "./remote.js";
import { signedIn, signIn, signOut } from "./session.js";

const TITLE = "Upload studio";

class Studio {
  constructor() {
    /** @type {Map<string, Desk>} */
    this.desks = new Map();
    /** @type {import("./desk.js").Question[]} */
    this.questions = [];
    /** @type {any[]} */
    this.uploads = [];
    /** @type {any} */
    this.mentor = null;
    this.maxBytes = Infinity;
    /** @type {Desk|null} */
    this.shown = null;
  }

  async start() {
    if (!signedIn()) await signIn();
    byId("sign-out").hidden = false;
    const { mentors, max_bytes } = await remote.mentors();
    this.maxBytes = max_bytes;
    this.offer(mentors);
    if (mentors.length) await this.open(mentors[0].mentor);
    else this.askForMentor();
    addEventListener("hashchange", () => this.route(true));
    addEventListener("beforeunload", (event) => {
      if ([...this.desks.values()].some((desk) => desk.busy)) event.preventDefault();
    });
  }

  /** @param {{mentor: string, name: string}[]} mentors */
  offer(mentors) {
    const choice = byId("mentor");
    choice.replaceChildren(...mentors.map(({ mentor, name }) => el("option", { value: mentor }, name)));
    choice.onchange = () => guard(() => this.open(choice.value));
    byId("mentor-field").hidden = mentors.length < 2;
  }

  /** Who looks after others names the mentor. */
  askForMentor() {
    const field = el("input", { id: "mentor-id", required: true, pattern: "[0-9a-f]{24}", spellcheck: "false" });
    const form = el(
      "form",
      { class: "card stack" },
      el("h2", {}, "Whose answers?"),
      el("p", { class: "soft" }, "Your account has no mentor of its own. If you look after mentors, enter the number of one: 24 letters and digits, the last part of the address of their page."),
      el("div", { class: "field" }, el("label", { for: "mentor-id" }, "Mentor"), field),
      el("button", { type: "submit", class: "primary" }, "Open"),
    );
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      guard(() => this.open(field.value.trim()));
    });
    byId("work").replaceChildren(form);
  }

  /** @param {string} mentor */
  async open(mentor) {
    const [asked, uploads] = await Promise.all([remote.questions(mentor), remote.uploads(mentor)]);
    this.desks.clear();
    this.shown = null;
    this.mentor = asked.mentor;
    this.questions = asked.questions;
    this.uploads = uploads;
    byId("who").textContent = asked.mentor.name;
    byId("questions-nav").hidden = false;
    this.route(false);
  }

  /** Show the question that the address names. @param {boolean} focus */
  route(focus) {
    const named = this.questions.find((each) => each.question === location.hash.slice(1));
    const question = named ?? this.firstOpen();
    if (!question) {
      byId("work").replaceChildren(note("info", "No questions yet", "This mentor has no questions to answer."));
      return;
    }
    this.shown?.hide();
    const desk = this.desk(question);
    this.shown = desk;
    byId("work").replaceChildren(desk.element);
    this.refresh();
    byId("questions").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus) desk.heading.focus();
  }

  firstOpen() {
    return this.questions.find((each) => !each.answer?.web) ?? this.questions[0];
  }

  /** @param {import("./desk.js").Question} question */
  desk(question) {
    let desk = this.desks.get(question.question);
    if (!desk) {
      desk = new Desk(question, this.mentor, this.latest(question), {
        onChange: () => this.refresh(),
        reload: () => this.reload(question.question),
        maxBytes: this.maxBytes,
      });
      this.desks.set(question.question, desk);
    }
    return desk;
  }

  /** The latest upload of an answer. @param {import("./desk.js").Question} question */
  latest(question) {
    return this.uploads.find((upload) => upload.question === question.question);
  }

  /** @param {string} id */
  async reload(id) {
    const { mentor, questions } = await remote.questions(this.mentor.mentor);
    Object.assign(this.mentor, mentor);
    this.questions = questions;
    return this.questions.find((each) => each.question === id);
  }

  /** Bring list and title up to date. */
  refresh() {
    const how = (/** @type {import("./desk.js").Question} */ question) => {
      const desk = this.desks.get(question.question);
      return standing(question, desk ? desk.upload : this.latest(question), desk?.busy ?? null);
    };
    const list = byId("questions");
    const held = document.activeElement?.getAttribute("href");
    list.replaceChildren(...listOf(this.questions, how, this.shown?.question.question ?? null));
    if (held) list.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
    const done = this.questions.filter((each) => each.answer?.web).length;
    byId("count").textContent = `${done} of ${this.questions.length} answered`;
    const percent = this.shown?.title;
    document.title = percent ? `${percent} – ${TITLE}` : TITLE;
  }
}

/** @param {() => Promise<void>} action */
async function guard(action) {
  try {
    await action();
  } catch (error) {
    byId("work").replaceChildren(brokenView(error));
    if (!(error instanceof Problem)) throw error;
  }
}

byId("skip").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault(); // the address names the question
  byId("work").focus();
});
byId("sign-out").addEventListener("click", async () => {
  await removeAll();
  signOut();
  location.reload();
});
const studio = new Studio();
guard(() => studio.start());

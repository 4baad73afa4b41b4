// The studio: sign in, choose a mentor and a question, and work on the answer.
import { byId, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { listOf, badge } from "./question-list.js";
import { removeAll } from "./recordings.js";
import { signedIn, signIn, signOut } from "./session.js";
import { AnswerWorkspace, brokenView } from "./workspace.js";

const TITLE = "Upload studio";

class Studio {
  constructor() {
    /** @type {Map<string, AnswerWorkspace>} */
    this.workspaces = new Map();
    /** @type {import("./workspace.js").Question[]} */
    this.questions = [];
    /** @type {any[]} */
    this.uploads = [];
    /** @type {any} */
    this.mentor = null;
    this.maxBytes = Infinity;
    /** @type {AnswerWorkspace|null} */
    this.shown = null;
  }

  async start() {
    if (!signedIn()) await signIn();
    byId("sign-out").hidden = false;
    const { mentors, max_bytes } = await api.mentors();
    this.maxBytes = max_bytes;
    this.offer(mentors);
    if (mentors.length) await this.open(mentors[0].mentor);
    else this.askForMentor();
    addEventListener("hashchange", () => this.route(true));
    addEventListener("beforeunload", (event) => {
      if ([...this.workspaces.values()].some((workspace) => workspace.busy)) event.preventDefault();
    });
  }

  /** @param {{mentor: string, name: string}[]} mentors */
  offer(mentors) {
    const choice = byId("mentor");
    choice.replaceChildren(...mentors.map(({ mentor, name }) => el("option", { value: mentor }, name)));
    choice.onchange = () => guard(() => this.open(choice.value));
    byId("mentor-field").hidden = mentors.length < 2;
  }

  /** Ask a person without a mentor of their own for the mentor to work on. */
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
    const [asked, uploads] = await Promise.all([api.questions(mentor), api.uploads(mentor)]);
    this.workspaces.clear();
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
    const workspace = this.workspaceOf(question);
    this.shown = workspace;
    byId("work").replaceChildren(workspace.element);
    this.refresh();
    byId("questions").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus) workspace.heading.focus();
  }

  firstOpen() {
    return this.questions.find((each) => !each.answer?.web) ?? this.questions[0];
  }

  /** @param {import("./workspace.js").Question} question */
  workspaceOf(question) {
    let workspace = this.workspaces.get(question.question);
    if (!workspace) {
      workspace = new AnswerWorkspace(question, this.mentor, this.latest(question), {
        onChange: () => this.refresh(),
        reload: () => this.reload(question.question),
        maxBytes: this.maxBytes,
      });
      this.workspaces.set(question.question, workspace);
    }
    return workspace;
  }

  /** The latest upload of an answer. @param {import("./workspace.js").Question} question */
  latest(question) {
    return this.uploads.find((upload) => upload.question === question.question);
  }

  /** @param {string} id */
  async reload(id) {
    const { mentor, questions } = await api.questions(this.mentor.mentor);
    Object.assign(this.mentor, mentor);
    this.questions = questions;
    return this.questions.find((each) => each.question === id);
  }

  /** Bring list and title up to date. */
  refresh() {
    const badgeOf = (/** @type {import("./workspace.js").Question} */ question) => {
      const workspace = this.workspaces.get(question.question);
      return badge(question, workspace ? workspace.upload : this.latest(question), workspace?.busy ?? null);
    };
    const list = byId("questions");
    const held = document.activeElement?.getAttribute("href");
    list.replaceChildren(...listOf(this.questions, badgeOf, this.shown?.question.question ?? null));
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

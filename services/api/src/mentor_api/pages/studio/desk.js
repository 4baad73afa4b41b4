// One question's workplace: which view it shows, and what leads to the next.
import { announce, button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import { chooseView } from "./choose.js";
import { endedView } from "./ended.js";
import { prepareView } from "./prepare.js";
import { readyView, resultOf } from "./ready.js";
import * as recordings from "./recordings.js";
import { recordView } from "./record.js";
import { forget, isSame, left } from "./remember.js";
import * as remote from "./remote.js";
import { sendingView } from "./sending.js";
import { isOver } from "./watch.js";
import { workingView } from "./working.js";

/**
 * @typedef {{element: HTMLElement, close?: () => void, title?: () => string}} View
 * @typedef {{question: string, text: string, subject: string, idle: boolean, answer: any}} Question
 */

export class Desk {
  /**
   * @param {Question} question
   * @param {{mentor: string, thumbnail: string|null}} mentor
   * @param {any} upload the latest of this answer, or undefined
   * @param {{onChange: () => void, reload: () => Promise<Question|undefined>, maxBytes: number}} world
   */
  constructor(question, mentor, upload, world) {
    this.question = question;
    this.mentor = mentor;
    this.upload = upload;
    this.world = world;
    /** @type {View} */
    this.view = { element: el("div") };
    this.step = "choose";
    this.heading = el("h2", { tabindex: -1 }, question.text);
    this.body = el("div", { class: "body" });
    this.element = el(
      "article",
      { class: "card stack desk" },
      el("header", { class: "stack tight" }, el("p", { class: "soft small" }, question.subject), this.heading),
      this.body,
    );
    this.home();
  }

  /** What would be lost if the page were closed: `record`, `prepare`, `sending` or null. */
  get busy() {
    return ["record", "prepare", "sending"].includes(this.step) ? this.step : null;
  }

  /** What the window's title says of it. */
  get title() {
    return this.view.title?.() ?? "";
  }

  /** @param {string} step @param {View} view */
  show(step, view) {
    this.view.close?.();
    this.view = view;
    this.step = step;
    this.element.dataset.step = step;
    this.body.replaceChildren(view.element);
    if (this.element.isConnected) this.heading.focus();
    this.world.onChange();
  }

  /** The view that fits how the answer stands. */
  home() {
    const { upload } = this;
    if (upload && !isOver(upload) && upload.state !== "SUPERSEDED") this.work(upload.upload_id);
    else if (upload?.state === "FAILED") this.ended(upload);
    else if (this.question.answer?.web || upload?.live) this.ready(false);
    else this.choose();
  }

  choose() {
    const { mentor } = this.mentor;
    const { question, idle } = this.question;
    const element = chooseView(
      { idle, left: left(mentor, question), maxBytes: this.world.maxBytes },
      {
        onRecord: () => this.record(),
        onFile: (file) => this.take(file),
        onForget: () => {
          const kept = left(mentor, question);
          forget(mentor, question);
          if (kept) remote.parts.abort(kept.begun).catch(() => {});
          this.choose();
        },
        onBack: this.question.answer?.web ? () => this.ready(false) : undefined,
      },
    );
    this.show("choose", { element });
    this.offerRecording(element);
  }

  /** Say that a recording is still here. @param {HTMLElement} element */
  async offerRecording(element) {
    const { mentor } = this.mentor;
    const { question } = this.question;
    const file = await recordings.find(mentor, question);
    if (!file) return;
    const look = button("Go on with it", () => this.take(file), { class: "small primary" });
    const drop = button(
      "Delete it",
      async () => {
        await recordings.remove(mentor, question);
        this.choose();
      },
      { class: "small" },
    );
    const text = "You made it earlier, and it has not been sent yet.";
    element.prepend(note("info", "A recording of yours is still here", text, el("div", { class: "row" }, look, drop)));
  }

  record() {
    this.show("record", recordView({ onDone: (file) => this.recorded(file), onBack: () => this.choose() }));
  }

  /** @param {File} file */
  async recorded(file) {
    await recordings.store(this.mentor.mentor, this.question.question, file);
    await this.prepare(file);
  }

  /** A file: go on with it if it is the one that was interrupted. @param {File} file */
  take(file) {
    const kept = left(this.mentor.mentor, this.question.question);
    if (kept && isSame(kept, file)) this.send(file, kept.wishes, kept.begun);
    else this.prepare(file);
  }

  /** @param {File} file */
  async prepare(file) {
    this.show("prepare", { element: el("p", { role: "status" }, "Looking at your video…") });
    const about = { edited: Boolean(this.question.answer?.edited), pictured: Boolean(this.mentor.thumbnail) };
    const view = await prepareView(file, about, {
      onSend: (wishes) => this.send(file, wishes, null),
      onBack: () => this.choose(),
    });
    this.show("prepare", view);
  }

  /**
   * @param {File} file
   * @param {import("./prepare.js").Wishes} wishes
   * @param {import("./multipart.js").Begun|null} begun
   */
  send(file, wishes, begun) {
    const parcel = { file, mentor: this.mentor.mentor, question: this.question.question, wishes, begun };
    const view = sendingView(parcel, {
      onSent: (id) => {
        recordings.remove(this.mentor.mentor, this.question.question);
        this.work(id);
      },
      onStop: () => this.choose(),
    });
    this.show("sending", view);
  }

  /** @param {string} id */
  work(id) {
    const view = workingView(id, {
      onStatus: (status) => {
        this.upload = status;
        this.world.onChange();
      },
      onEnd: (status) => this.end(status),
    });
    this.show("working", view);
  }

  /** @param {any} status */
  async end(status) {
    this.upload = status;
    await this.refresh();
    if (status.state === "READY") this.ready(true);
    else this.ended(status);
  }

  /** @param {any} status */
  ended(status) {
    const element = endedView(status, {
      onRetry: () => this.work(status.upload_id),
      onAnew: () => this.choose(),
    });
    if (this.question.answer?.web) {
      const see = button("See the answer as it is now", () => this.ready(false), { class: "quiet" });
      element.append(el("div", { class: "row" }, see));
    }
    this.show("ended", { element });
  }

  /** @param {boolean} fresh whether it became ready before the person's eyes */
  ready(fresh) {
    const upload = this.upload?.live ? this.upload : null;
    const about = { mentor: this.mentor.mentor, question: this.question.question, idle: this.question.idle };
    const result = resultOf(upload, this.question.answer);
    this.show("ready", readyView(result, about, { fresh, onAnew: () => this.choose() }));
  }

  /** Read again how the question is answered. */
  async refresh() {
    try {
      this.question = (await this.world.reload()) ?? this.question;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      announce(error.message);
    }
  }

  /** The person turns to another question: the camera does not run on unseen. */
  hide() {
    if (this.step === "record") this.view.close?.();
  }
}

/** @param {any} error */
export function brokenView(error) {
  const problem = error instanceof Problem ? error : null;
  return note(
    "bad",
    problem?.title ?? "This page has a fault",
    problem?.message ?? "Reload it. If that does not help, tell whoever runs this service.",
    el("div", { class: "row" }, button("Reload", () => location.reload())),
  );
}

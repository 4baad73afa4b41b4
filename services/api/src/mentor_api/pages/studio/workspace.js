// The workspace of one answer: the view it shows, and the steps from one view to the next.
import { announce, button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { chooseView } from "./choose-view.js";
import { failedView } from "./failed-view.js";
import { prepareView } from "./prepare-view.js";
import { progressView } from "./progress-view.js";
import { readyView, resultOf } from "./ready-view.js";
import { recordView } from "./record-view.js";
import * as recordings from "./recordings.js";
import { sendingView } from "./sending-view.js";
import { isOver } from "./status-feed.js";
import * as unfinishedUploads from "./unfinished-uploads.js";

/**
 * @typedef {{element: HTMLElement, close?: () => void, title?: () => string}} View
 * @typedef {{question: string, text: string, subject: string, idle: boolean, answer: any}} Question
 */

export class AnswerWorkspace {
  /**
   * @param {Question} question
   * @param {{mentor: string, thumbnail: string|null}} mentor
   * @param {any} upload the latest of this answer, or undefined
   * @param {{onChange: () => void, reload: () => Promise<Question|undefined>, maxBytes: number}} page
   */
  constructor(question, mentor, upload, page) {
    this.question = question;
    this.mentor = mentor;
    this.upload = upload;
    this.page = page;
    /** @type {View} */
    this.view = { element: el("div") };
    this.step = "choose";
    this.heading = el("h2", { tabindex: -1, dir: "auto" }, question.text);
    this.body = el("div", { class: "body" });
    this.element = el(
      "article",
      { class: "card stack workspace" },
      el("header", { class: "stack tight" }, el("p", { class: "soft small" }, question.subject), this.heading),
      this.body,
    );
    this.showCurrent();
  }

  /** The step whose work would be lost with the page: `record`, `prepare`, `sending` or null. */
  get busy() {
    return ["record", "prepare", "sending"].includes(this.step) ? this.step : null;
  }

  /** The progress for the window's title. */
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
    this.page.onChange();
  }

  /** The view that fits how the answer stands. */
  showCurrent() {
    const { upload } = this;
    if (upload && !isOver(upload) && upload.state !== "SUPERSEDED") this.showProgress(upload.upload_id);
    else if (upload?.state === "FAILED") this.showFailed(upload);
    else if (this.question.answer?.web || upload?.live) this.showReady(false);
    else this.showChoose();
  }

  showChoose() {
    const { mentor } = this.mentor;
    const { question, idle } = this.question;
    const element = chooseView(
      { idle, unfinished: unfinishedUploads.find(mentor, question), maxBytes: this.page.maxBytes },
      {
        onRecord: () => this.showRecord(),
        onFile: (file) => this.useFile(file),
        onForget: () => {
          const unfinished = unfinishedUploads.find(mentor, question);
          unfinishedUploads.remove(mentor, question);
          if (unfinished) api.parts.abort(unfinished.begun).catch(() => {});
          this.showChoose();
        },
        onBack: this.question.answer?.web ? () => this.showReady(false) : undefined,
      },
    );
    this.show("choose", { element });
    this.offerRecording(element);
  }

  /** Offer a recording that has not been sent. @param {HTMLElement} element */
  async offerRecording(element) {
    const { mentor } = this.mentor;
    const { question } = this.question;
    const file = await recordings.find(mentor, question);
    if (!file) return;
    const look = button("Go on with it", () => this.useFile(file), { class: "small primary" });
    const drop = button(
      "Delete it",
      async () => {
        await recordings.remove(mentor, question);
        this.showChoose();
      },
      { class: "small" },
    );
    const text = "You made it earlier, and it has not been sent yet.";
    element.prepend(note("info", "A recording of yours is still here", text, el("div", { class: "row" }, look, drop)));
  }

  showRecord() {
    this.show("record", recordView({ onDone: (file) => this.onRecorded(file), onBack: () => this.showChoose() }));
  }

  /** @param {File} file */
  async onRecorded(file) {
    await recordings.store(this.mentor.mentor, this.question.question, file);
    await this.showPrepare(file);
  }

  /** A file: go on with it if it is the one that was interrupted. @param {File} file */
  useFile(file) {
    const unfinished = unfinishedUploads.find(this.mentor.mentor, this.question.question);
    if (unfinished && unfinishedUploads.isSameFile(unfinished, file)) this.showSending(file, unfinished.wishes, unfinished.begun);
    else this.showPrepare(file);
  }

  /** @param {File} file */
  async showPrepare(file) {
    this.show("prepare", { element: el("p", { role: "status" }, "Looking at your video…") });
    const about = { edited: Boolean(this.question.answer?.edited), pictured: Boolean(this.mentor.thumbnail) };
    const view = await prepareView(file, about, {
      onSend: (wishes) => this.showSending(file, wishes, null),
      onBack: () => this.showChoose(),
    });
    this.show("prepare", view);
  }

  /**
   * @param {File} file
   * @param {import("./prepare-view.js").Wishes} wishes
   * @param {import("./multipart.js").Begun|null} begun
   */
  showSending(file, wishes, begun) {
    const parcel = { file, mentor: this.mentor.mentor, question: this.question.question, wishes, begun };
    const view = sendingView(parcel, {
      onSent: (id) => {
        recordings.remove(this.mentor.mentor, this.question.question);
        this.showProgress(id);
      },
      onStop: () => this.showChoose(),
    });
    this.show("sending", view);
  }

  /** @param {string} id */
  showProgress(id) {
    const view = progressView(id, {
      onStatus: (status) => {
        this.upload = status;
        this.page.onChange();
      },
      onEnd: (status) => this.onEnd(status),
    });
    this.show("progress", view);
  }

  /** @param {any} status */
  async onEnd(status) {
    this.upload = status;
    await this.refresh();
    if (status.state === "READY") this.showReady(true);
    else this.showFailed(status);
  }

  /** @param {any} status */
  showFailed(status) {
    const element = failedView(status, {
      onRetry: () => this.showProgress(status.upload_id),
      onAnew: () => this.showChoose(),
    });
    if (this.question.answer?.web) {
      const see = button("See the answer as it is now", () => this.showReady(false), { class: "quiet" });
      element.append(el("div", { class: "row" }, see));
    }
    this.show("failed", { element });
  }

  /** @param {boolean} fresh whether it became ready before the person's eyes */
  showReady(fresh) {
    const upload = this.upload?.live ? this.upload : null;
    const about = { mentor: this.mentor.mentor, question: this.question.question, idle: this.question.idle };
    const result = resultOf(upload, this.question.answer);
    this.show("ready", readyView(result, about, { fresh, onAnew: () => this.showChoose() }));
  }

  /** Read again how the question is answered. */
  async refresh() {
    try {
      this.question = (await this.page.reload()) ?? this.question;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      announce(error.message);
    }
  }

  /** Stop the camera when another question is shown. */
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

// A file on its way to the server: begin or go on, show how far it is, pause, stop.
import { announce, button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { remaining, size } from "./format.js";
import { Sending } from "./multipart.js";
import * as unfinishedUploads from "./unfinished-uploads.js";

const SPEED_WINDOW_MS = 8000;

/**
 * @typedef {{file: File, mentor: string, question: string, wishes: import("./prepare-view.js").Wishes, begun: import("./multipart.js").Begun|null}} Parcel
 */

/**
 * @param {Parcel} parcel
 * @param {{onSent: (id: string) => void, onStop: () => void}} then
 * @returns {{element: HTMLElement, close: () => void, title: () => string}}
 */
export function sendingView(parcel, then) {
  const sending = new SendingView(parcel, then);
  sending.run();
  return { element: sending.element, close: () => sending.stop(), title: () => sending.percent };
}

class SendingView {
  /** @param {Parcel} parcel @param {{onSent: (id: string) => void, onStop: () => void}} then */
  constructor(parcel, then) {
    this.parcel = parcel;
    this.then = then;
    this.percent = "0 %";
    /** @type {Sending|null} */
    this.sending = null;
    /** @type {[number, number][]} */
    this.history = [];
    this.bar = el("progress", { max: 100, value: 0, "aria-label": "Sent" });
    this.figures = el("p", { class: "soft small figures" });
    this.state = el("p", { role: "status" }, "Sending your video…");
    this.message = el("div");
    this.pause = button("Pause", () => this.togglePause());
    this.stopButton = button("Stop sending", () => this.giveUp(), { class: "danger" });
    this.element = el(
      "div",
      { class: "stack" },
      this.state,
      this.bar,
      this.figures,
      this.message,
      el("div", { class: "row" }, this.pause, this.stopButton),
    );
  }

  async run() {
    this.message.replaceChildren();
    const { parcel } = this;
    try {
      const begun = (parcel.begun ??= await api.parts.begin(parcel.file.size));
      unfinishedUploads.save({ ...about(parcel), begun });
      this.sending = new Sending(parcel.file, begun, api.parts, (p) => this.show(p));
      await this.sending.run();
      if (this.sending.stopped) return;
      this.state.textContent = "All of it has arrived. Handing it in…";
      this.pause.hidden = true;
      this.then.onSent(await handIn(parcel, begun.key));
      unfinishedUploads.remove(parcel.mentor, parcel.question);
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {import("./multipart.js").Progress} progress */
  show({ sent, total, waiting }) {
    const share = total ? (sent / total) * 100 : 100;
    this.bar.value = share;
    this.percent = `${Math.floor(share)} %`;
    const rest = remaining((total - sent) / this.speed(sent));
    const parts = [`${this.percent}`, `${size(sent)} of ${size(total)}`];
    if (!this.sending?.paused && !waiting && rest) parts.push(rest);
    this.figures.textContent = parts.join(" · ");
    this.pause.hidden = sent === total || Boolean(this.sending?.stopped); // nothing is left to pause
    if (this.sending?.paused) return;
    const text = waiting ? "The connection is broken. Going on by itself when it is back…" : "Sending your video…";
    if (this.state.textContent !== text) this.state.textContent = text;
  }

  /** Bytes a second of late. @param {number} sent */
  speed(sent) {
    const now = performance.now();
    this.history.push([now, sent]);
    while (this.history.length > 2 && now - this.history[0][0] > SPEED_WINDOW_MS) this.history.shift();
    const [at, before] = this.history[0];
    return now - at < 500 ? NaN : ((sent - before) / (now - at)) * 1000;
  }

  togglePause() {
    const { sending } = this;
    if (!sending) return;
    if (sending.paused) sending.resume();
    else sending.pause();
    this.history = [];
    this.pause.textContent = sending.paused ? "Go on" : "Pause";
    this.state.textContent = sending.paused ? "Paused." : "Sending your video…";
    sending.report();
  }

  async giveUp() {
    this.stop();
    unfinishedUploads.remove(this.parcel.mentor, this.parcel.question);
    const { begun } = this.parcel;
    this.parcel.begun = null;
    // The store drops the parts by itself in two days if this does not reach it.
    if (begun) await api.parts.abort(begun).catch(() => {});
    this.then.onStop();
  }

  /** @param {any} error */
  fail(error) {
    if (!(error instanceof Problem)) throw error;
    this.sending?.stop();
    const gone = error.status === 404;
    const useless = error.status === 400 || error.status === 413;
    if (gone) this.parcel.begun = null;
    this.state.textContent = useless ? "We cannot use this video." : "Not handed in yet.";
    this.pause.hidden = true;
    this.stopButton.hidden = useless;
    announce(error.message);
    const again = useless
      ? button("Take another video", () => this.giveUp(), { class: "primary" })
      : button(gone ? "Send it anew" : "Try again", () => this.restart(), { class: "primary" });
    this.message.replaceChildren(note("bad", error.title, error.message, el("div", { class: "row" }, again)));
  }

  restart() {
    this.pause.hidden = false;
    return this.run();
  }

  stop() {
    this.sending?.stop();
  }
}

/** @param {Parcel} parcel */
function about({ file, mentor, question, wishes }) {
  const { name, size: bytes, lastModified } = file;
  return { name, size: bytes, modified: lastModified, mentor, question, wishes, at: Date.now() };
}

/** @param {Parcel} parcel @param {string} video */
async function handIn({ mentor, question, wishes }, video) {
  const accepted = await api.accept({
    mentor,
    question,
    video,
    isVbgVideo: false,
    generateThumbnail: wishes.thumbnail,
    hasEditedTranscript: wishes.keepText,
    ...(wishes.trim ? { trim: wishes.trim } : {}),
  });
  return accepted.upload_id;
}

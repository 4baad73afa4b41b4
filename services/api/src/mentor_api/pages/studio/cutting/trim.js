// Choosing a part of a video: two handles on a strip of pictures and a curve of its sound.
import { button, el } from "../../shared/dom.js";
import { clock, spoken } from "../format.js";
import * as texts from "../texts.js";
import { drawLoudness, drawStrip, loudness } from "./media.js";

export const SHORTEST_S = 1;
const STEP_S = 0.1;
const LEAP_S = 1;
const BARS = 240;

/**
 * A range that keeps at least a second.
 * @param {{start: number, end: number}} range
 * @param {"start"|"end"} which
 * @param {number} to seconds
 * @param {number} duration seconds
 */
export function moved(range, which, to, duration) {
  const shortest = Math.min(SHORTEST_S, duration);
  if (which === "start") {
    return { ...range, start: Math.max(0, Math.min(to, range.end - shortest)) };
  }
  return { ...range, end: Math.min(duration, Math.max(to, range.start + shortest)) };
}

/**
 * The range to request from the server; null for the whole video.
 * @param {{start: number, end: number}} range
 * @param {number} duration seconds
 */
export function asRequest(range, duration) {
  const whole = range.start < STEP_S / 2 && range.end > duration - STEP_S / 2;
  const round = (/** @type {number} */ n) => Math.round(n * 1000) / 1000;
  return whole ? null : { start: round(range.start), end: round(range.end) };
}

/** The strip with its handles. `range` is what is chosen. */
export class Trim {
  /**
   * @param {Blob} file
   * @param {import("./media.js").Measured} measured
   * @param {HTMLVideoElement} video that shows what is chosen
   */
  constructor(file, measured, video) {
    this.duration = measured.duration;
    this.range = { start: 0, end: measured.duration };
    this.video = video;
    this.stopping = new AbortController();
    this.pictures = el("canvas", { width: 960, height: 72, class: "pictures" });
    this.sound = el("canvas", { width: 960, height: 48, class: "sound" });
    this.before = el("div", { class: "shade" });
    this.after = el("div", { class: "shade after" });
    this.head = el("div", { class: "head" });
    this.handles = { start: this.handle("start", texts.trim.start), end: this.handle("end", texts.trim.end) };
    this.strip = el(
      "div",
      { class: "strip" },
      this.pictures,
      this.sound,
      this.before,
      this.after,
      this.head,
      this.handles.start,
      this.handles.end,
    );
    this.text = el("p", { class: "chosen", role: "status" });
    this.element = el(
      "div",
      { class: "stack trim" },
      this.strip,
      this.text,
      el(
        "div",
        { class: "row" },
        button(texts.trim.play, () => this.play()),
        button(texts.trim.whole, () => this.choose({ start: 0, end: this.duration }), { class: "quiet" }),
      ),
    );
    this.follow();
    this.show();
    this.draw(file, measured.url);
  }

  /** @param {Blob} file @param {string} url */
  async draw(file, url) {
    const [values] = await Promise.all([
      loudness(file, this.duration, BARS),
      drawStrip(url, this.duration, this.pictures, this.stopping.signal),
    ]);
    if (values && !this.stopping.signal.aborted) drawLoudness(this.sound, values);
    this.sound.hidden = values === null;
    this.element.dataset.drawn = "true";
  }

  /** @param {"start"|"end"} which @param {string} label */
  handle(which, label) {
    return el("div", {
      class: `handle ${which}`,
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      "aria-orientation": "horizontal",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.onKey(event, which),
      onpointerdown: (/** @type {PointerEvent} */ event) => this.onDrag(event, which),
    });
  }

  /** @param {KeyboardEvent} event @param {"start"|"end"} which */
  onKey(event, which) {
    const step = event.shiftKey ? LEAP_S : STEP_S;
    const now = this.range[which];
    /** @type {Record<string, number>} */
    const to = {
      ArrowLeft: now - step,
      ArrowDown: now - step,
      ArrowRight: now + step,
      ArrowUp: now + step,
      PageDown: now - 5,
      PageUp: now + 5,
      Home: 0,
      End: this.duration,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    this.move(which, to[event.key]);
  }

  /** @param {PointerEvent} event @param {"start"|"end"} which */
  onDrag(event, which) {
    const handle = this.handles[which];
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const box = this.strip.getBoundingClientRect();
    handle.onpointermove = (/** @type {PointerEvent} */ move) =>
      this.move(which, ((move.clientX - box.left) / box.width) * this.duration);
    handle.onpointerup = handle.onpointercancel = () => {
      handle.onpointermove = null;
    };
  }

  /** @param {"start"|"end"} which @param {number} to */
  move(which, to) {
    this.choose(moved(this.range, which, to, this.duration));
    this.video.pause();
    this.video.currentTime = Math.min(this.range[which], this.duration - 0.05);
  }

  /** @param {{start: number, end: number}} range */
  choose(range) {
    this.range = range;
    this.show();
  }

  show() {
    const { start, end } = this.range;
    const percent = (/** @type {number} */ at) => `${(at / this.duration) * 100}%`;
    this.handles.start.style.left = percent(start);
    this.handles.end.style.left = percent(end);
    this.before.style.width = percent(start);
    this.after.style.left = percent(end);
    for (const which of /** @type {("start"|"end")[]} */ (["start", "end"])) {
      const handle = this.handles[which];
      handle.setAttribute("aria-valuemin", "0");
      handle.setAttribute("aria-valuemax", this.duration.toFixed(1));
      handle.setAttribute("aria-valuenow", this.range[which].toFixed(1));
      handle.setAttribute("aria-valuetext", spoken(this.range[which]));
    }
    const whole = asRequest(this.range, this.duration) === null;
    this.text.textContent = whole
      ? texts.trim.all(clock(this.duration))
      : texts.trim.part(clock(start), clock(end), clock(end - start), clock(this.duration));
  }

  /** Show where the video is, and stop it at the end of the part. */
  follow() {
    this.video.addEventListener("timeupdate", () => {
      this.head.style.left = `${(this.video.currentTime / this.duration) * 100}%`;
      if (this.playing && this.video.currentTime >= this.range.end) {
        this.playing = false;
        this.video.pause();
      }
    });
  }

  async play() {
    this.video.currentTime = this.range.start;
    this.playing = true;
    await this.video.play();
  }

  close() {
    this.stopping.abort();
  }
}

// The answer as the world sees it: its renditions, captions, and the words as they are spoken.
import { el } from "../shared/dom.js";
import * as api from "./api.js";
import { parse, plain, serialise } from "./vtt.js";

/**
 * @typedef {{text: string, start: number, end: number}} Word
 * @typedef {{name: string, url: string}} Rendition
 */

/** A player with a choice of renditions. */
export class Player {
  /** @param {Rendition[]} renditions @param {string|null} poster */
  constructor(renditions, poster) {
    this.video = el("video", { controls: true, playsinline: true, preload: "metadata", crossorigin: "anonymous" });
    if (poster) this.video.poster = poster;
    this.captionsUrl = "";
    this.element = el(
      "div",
      { class: "stack tight" },
      el("div", { class: "screen" }, this.video),
      renditions.length > 1 && this.choice(renditions),
    );
    if (renditions.length) this.video.src = renditions[0].url;
  }

  /** @param {Rendition[]} renditions */
  choice(renditions) {
    const options = renditions.map(({ name, url }, n) => {
      const id = `rendition-${n}`;
      const input = el("input", { type: "radio", name: "rendition", id, checked: n === 0 });
      input.addEventListener("change", () => this.change(url));
      return el("span", { class: "row option" }, input, el("label", { for: id }, name));
    });
    return el(
      "fieldset",
      { class: "renditions row" },
      el("legend", { class: "visually-hidden" }, "Which video"),
      ...options,
    );
  }

  /** Go on at the same moment in another rendition. @param {string} url */
  change(url) {
    const { currentTime, paused } = this.video;
    this.video.src = url;
    this.video.currentTime = currentTime;
    if (!paused) this.video.play();
  }

  /** Show captions. @param {import("./vtt.js").Cue[]} cues */
  caption(cues) {
    for (const old of this.video.querySelectorAll("track")) old.remove();
    URL.revokeObjectURL(this.captionsUrl);
    if (cues.length === 0) return;
    this.captionsUrl = URL.createObjectURL(new Blob([serialise(cues)], { type: "text/vtt" }));
    const track = el("track", { kind: "captions", label: "English", srclang: "en", src: this.captionsUrl, default: true });
    this.video.append(track);
    track.track.mode = "showing";
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.video.currentTime = seconds;
  }

  close() {
    this.video.pause();
    this.video.removeAttribute("src");
    URL.revokeObjectURL(this.captionsUrl);
  }
}

/**
 * The words, each marked while it is spoken; a click on one goes there.
 * @param {Word[]} words
 * @param {Player} player
 */
export function transcriptOf(words, player) {
  const spans = words.map((word) =>
    el(
      "span",
      { class: "word", "data-start": word.start, onclick: () => player.seek(word.start) },
      word.text,
    ),
  );
  const element = el("p", { class: "transcript" });
  for (const span of spans) element.append(span, " ");
  let shown = -1;
  const mark = () => {
    const at = spokenAt(words, player.video.currentTime);
    if (at !== shown) {
      spans[shown]?.classList.remove("now");
      spans[at]?.classList.add("now");
      shown = at;
    }
  };
  const run = () => {
    mark();
    if (!player.video.paused && element.isConnected) requestAnimationFrame(run);
  };
  player.video.addEventListener("play", run);
  player.video.addEventListener("seeked", mark);
  return element;
}

/**
 * Index of the word spoken at a moment; the last one until the next begins, -1 before the first.
 * @param {Word[]} words in order
 * @param {number} at seconds
 */
export function spokenAt(words, at) {
  let found = -1;
  for (let n = 0; n < words.length && words[n].start <= at; n += 1) found = n;
  return found >= 0 && at > words[found].end + 1.5 ? -1 : found;
}

/** Words of captions, timed evenly within each cue. @param {import("./vtt.js").Cue[]} cues */
export function wordsOf(cues) {
  return cues.flatMap((cue) => {
    const texts = plain(cue.text).split(/\s+/).filter(Boolean);
    const each = (cue.end - cue.start) / Math.max(1, texts.length);
    return texts.map((text, n) => ({
      text,
      start: cue.start + n * each,
      end: cue.start + (n + 1) * each,
    }));
  });
}

/** @param {string|undefined|null} url @returns {Promise<import("./vtt.js").Cue[]>} */
export async function readCues(url) {
  if (!url) return [];
  return parse(await (await api.file(url)).text());
}

/** @param {string|undefined|null} url @returns {Promise<Word[]>} */
export async function readWords(url) {
  if (!url) return [];
  return (await (await api.file(url)).json()).words;
}

// The answer as the world sees it: its renditions and captions.
import { el } from "../../shared/dom.js";
import { languageName } from "../format.js";
import { partPlayer } from "../playing.js";
import { ready as texts } from "../texts.js";
import { serialise } from "./vtt.js";

/** @typedef {{name: string, url: string}} Rendition */

/** A player with a choice of renditions. */
export class Player {
  /** @param {Rendition[]} renditions @param {string|null} poster */
  constructor(renditions, poster) {
    this.video = el("video", { controls: true, playsinline: true, preload: "metadata", crossorigin: "anonymous" });
    if (poster) this.video.poster = poster;
    this.captionsUrl = "";
    this.excerpt = partPlayer(this.video);
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
      el("legend", { class: "visually-hidden" }, texts.which),
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

  /** Show captions. @param {import("./vtt.js").Cue[]} cues @param {string} language BCP 47 */
  caption(cues, language) {
    for (const old of this.video.querySelectorAll("track")) old.remove();
    URL.revokeObjectURL(this.captionsUrl);
    if (cues.length === 0) return;
    this.captionsUrl = URL.createObjectURL(new Blob([serialise(cues)], { type: "text/vtt" }));
    const label = languageName(language);
    const track = el("track", { kind: "captions", label, srclang: language, src: this.captionsUrl, default: true });
    this.video.append(track);
    track.track.mode = "showing";
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.video.currentTime = seconds;
  }

  close() {
    this.excerpt.stop();
    this.video.pause();
    this.video.removeAttribute("src");
    URL.revokeObjectURL(this.captionsUrl);
  }
}

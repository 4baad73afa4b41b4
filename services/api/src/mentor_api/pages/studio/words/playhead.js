// Where the player is in the text: the cue that is shown and the word that is spoken.
import { batch, signal } from "../../shared/ui.js";
import { placesOf } from "./document.js";
import { spokenAt } from "./words.js";

/** @typedef {import("./document.js").Document} Document */

export class Playhead {
  /** @param {HTMLVideoElement} video @param {() => Document} document */
  constructor(video, document) {
    this.video = video;
    this.document = document;
    this.cue = signal(-1); // its id
    this.word = signal(-1); // its index among those of the cue
    this.ending = new AbortController();
    const { signal: ended } = this.ending;
    const run = () => {
      this.look();
      if (!video.paused && !ended.aborted) requestAnimationFrame(run);
    };
    video.addEventListener("play", run, { signal: ended });
    for (const moved of ["seeking", "seeked", "loadedmetadata"]) video.addEventListener(moved, () => this.look(), { signal: ended });
  }

  look() {
    const { cues } = this.document();
    const at = this.video.currentTime;
    const cue = cues[spokenAt(cues, at)];
    batch(() => {
      this.cue.value = cue?.id ?? -1;
      this.word.value = cue ? spokenAt(placesOf(cue).map(({ word }) => word), at) : -1;
    });
  }

  /** Play, or pause. */
  toggle() {
    const { video } = this;
    if (video.paused) video.play().catch(() => {}); // paused again at once, or nothing to play
    else video.pause();
  }

  close() {
    this.ending.abort();
  }
}

// Pausing a recording, and the time that was recorded, which stands meanwhile.
import { signal } from "../../shared/ui.js";

/** @typedef {Pick<MediaRecorder, "state"|"pause"|"resume"|"requestData">} Recorder */

export class RecordedTime {
  paused = signal(false);
  #recorder;
  #now;
  #counted = 0;
  #since;

  /** Counts from now on. @param {Recorder} recorder @param {() => number} [now] milliseconds */
  constructor(recorder, now = () => performance.now()) {
    this.#recorder = recorder;
    this.#now = now;
    this.#since = now();
  }

  get seconds() {
    return (this.#counted + (this.paused.peek() ? 0 : this.#now() - this.#since)) / 1000;
  }

  /** Pause the recording, or go on with it. */
  toggle() {
    if (this.#recorder.state === "recording") {
      this.#recorder.requestData(); // what was said is kept, however long the pause is
      this.#recorder.pause();
      this.#counted += this.#now() - this.#since;
      this.paused.value = true;
    } else if (this.#recorder.state === "paused") {
      this.#recorder.resume();
      this.#since = this.#now();
      this.paused.value = false;
    }
  }
}

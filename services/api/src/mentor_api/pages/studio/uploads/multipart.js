// Sending a file in parts, several at a time, while it still grows if need be.
import { PartUrls } from "./part-urls.js";
import { put } from "./put.js";
import { pauseBefore, persistently, verdictOf, wait } from "./retry.js";
import { plan } from "./source.js";

/** Parts of a file at a time. */
export const PARALLEL = 3;
/** Bytes that go out for so long mean that what was in the way is gone; a refusal comes sooner. */
const STEADY_MS = 3000;

/**
 * @typedef {import("./source.js").Source} Source
 * @typedef {import("./source.js").Part} Part
 * @typedef {import("../../shared/problem.js").Problem} Problem
 * @typedef {{key: string, multipart_id: string, part_size: number, part_count: number}} Begun
 * @typedef {{sent: number, trouble: Problem|null}} Progress `sent`: bytes; `trouble`: what is waited for
 * @typedef {{begin(size: number): Promise<Begun>, stored(begun: Begun, signal: AbortSignal): Promise<{part_number: number, size: number, etag: string}[]>, sign(begun: Begun, numbers: number[], signal: AbortSignal): Promise<{part_number: number, url: string}[]>, complete(begun: Begun, parts: {part_number: number, etag: string}[], signal: AbortSignal): Promise<void>, abort(begun: Begun): Promise<void>}} MultipartApi
 */

/** One upload in parts. It never gives up what a retry can mend. */
export class Transfer {
  paused = false;
  /** How many parts may be under way just now; `nudge` says that it has changed. @type {() => number} */
  lanes = () => PARALLEL;
  /** Told when it has begun, which is anew where the store has dropped it. @type {(begun: Begun) => void} */
  onBegun = () => {};
  /** Told when all parts are stored. */
  onWhole = () => {};
  /** @type {(progress: Progress) => void} */
  onProgress = () => {};
  #leaving = new AbortController();
  #pausing = new AbortController();
  /** @type {Map<number, string>} */
  #etags = new Map();
  /** @type {Map<number, number>} */
  #bytes = new Map();
  /** @type {Set<number>} */
  #underWay = new Set();
  /** @type {Problem|null} */
  #trouble = null;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {Source} source
   * @param {number} most bytes that it has or may come to
   * @param {Begun|null} begun where it goes on
   * @param {MultipartApi} api
   * @param {typeof put} [send]
   */
  constructor(source, most, begun, api, send = put) {
    this.source = source;
    this.most = most;
    this.begun = begun;
    this.api = api;
    this.send = send;
    this.urls = new PartUrls(api, this.#leaving.signal);
    source.onChange = () => this.nudge();
  }

  /**
   * Send all there is and comes, and make one file of it; resolves with its key.
   * @param {Promise<void>} [released] until then the file is not made
   * @returns {Promise<string>}
   */
  async run(released = Promise.resolve()) {
    const { signal } = this.#leaving;
    const stopped = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    stopped.catch(() => {}); // most often nobody waits for it
    for (let tries = 1; ; tries += 1) {
      try {
        const begun = await this.#begin();
        await this.#sendParts(begun);
        await Promise.race([released, stopped]);
        await this.#until(() => !this.paused);
        this.onWhole();
        await this.#persistently(() => this.api.complete(begun, this.#parts(), signal));
        return begun.key;
      } catch (error) {
        if (signal.aborted || verdictOf(error) !== "anew") throw error;
        this.#forget();
        await wait(pauseBefore(tries), signal);
      }
    }
  }

  pause() {
    this.paused = true;
    this.#pausing.abort();
    this.nudge();
  }

  resume() {
    this.paused = false;
    this.#pausing = new AbortController();
    this.nudge();
  }

  /** Send nothing any more; `run` rejects. */
  stop() {
    this.#leaving.abort();
    this.nudge();
  }

  /** Look again at what may be sent. */
  nudge() {
    for (const go of this.#waiting.splice(0)) go();
    this.#report();
  }

  /** Begin, or see what has arrived. @returns {Promise<Begun>} */
  async #begin() {
    await this.#until(() => !this.paused && this.lanes() > 0);
    const known = this.begun;
    if (known) {
      for (const part of await this.#persistently(() => this.api.stored(known, this.#leaving.signal))) {
        this.#etags.set(part.part_number, part.etag);
        this.#bytes.set(part.part_number, part.size);
      }
      this.#report();
      return known;
    }
    const begun = await this.#persistently(() => this.api.begin(this.most));
    if (this.#leaving.signal.aborted) await this.api.abort(begun); // nobody else knows of it
    this.#leaving.signal.throwIfAborted();
    this.begun = begun;
    this.onBegun(begun);
    return begun;
  }

  /** @param {Begun} begun */
  async #sendParts(begun) {
    const failing = new AbortController();
    const lanes = Array.from({ length: PARALLEL }, (_, lane) => this.#sendInLane(lane, begun, failing));
    await Promise.all(lanes);
  }

  /** @param {number} lane @param {Begun} begun @param {AbortController} failing stops the others */
  async #sendInLane(lane, begun, failing) {
    const leaving = AbortSignal.any([this.#leaving.signal, failing.signal]);
    try {
      for (;;) {
        leaving.throwIfAborted();
        const [part] = this.#missing(begun);
        if (!part && this.source.ended && this.#underWay.size === 0) return;
        if (part && !this.paused && lane < this.lanes()) await this.#sendPart(part, begun, leaving);
        else await this.#change();
      }
    } catch (error) {
      failing.abort();
      this.nudge();
      throw error;
    }
  }

  /** @param {Begun} begun */
  #missing(begun) {
    return plan(this.source, begun.part_size, [...this.#etags.keys(), ...this.#underWay]);
  }

  /** Send a part until it has arrived, or sending pauses. @param {Part} part @param {Begun} begun @param {AbortSignal} leaving */
  async #sendPart({ number, start, end }, begun, leaving) {
    this.#underWay.add(number);
    this.#report();
    const attempt = async () => {
      const signal = AbortSignal.any([leaving, this.#pausing.signal]);
      const began = performance.now();
      const onSent = (/** @type {number} */ sent) => this.#onSent(number, sent, performance.now() - began > STEADY_MS);
      try {
        if (this.paused) return;
        const next = this.#missing(begun).map((part) => part.number);
        const signed = await this.urls.of(begun, number, next);
        leaving.throwIfAborted();
        if (this.paused) return; // meanwhile
        const etag = await this.send(signed, this.source.slice(start, end), signal, onSent);
        leaving.throwIfAborted();
        this.#etags.set(number, etag);
        this.#onSent(number, end - start, true);
      } catch (error) {
        this.#bytes.delete(number);
        this.urls.clear(); // it may have run out, and so may those that were signed with it
        if (!this.paused) throw error;
      }
    };
    try {
      await persistently(attempt, leaving, (problem) => this.#wait(problem));
    } finally {
      this.#underWay.delete(number);
      this.nudge();
    }
  }

  #parts() {
    const numbers = [...this.#etags.keys()].sort((a, b) => a - b);
    return numbers.map((n) => ({ part_number: n, etag: this.#etags.get(n) ?? "" }));
  }

  /** The store has dropped it. */
  #forget() {
    this.begun = null;
    for (const each of [this.#etags, this.#bytes, this.urls]) each.clear();
    this.#report();
  }

  /** @template Result @param {() => Promise<Result>} action */
  async #persistently(action) {
    const result = await persistently(action, this.#leaving.signal, (problem) => this.#wait(problem));
    this.#trouble = null;
    return result;
  }

  /** @param {() => boolean} condition */
  async #until(condition) {
    while (!condition()) {
      await this.#change();
      this.#leaving.signal.throwIfAborted();
    }
  }

  /** @returns {Promise<void>} */
  #change() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** @param {number} number @param {number} sent @param {boolean} steady */
  #onSent(number, sent, steady) {
    this.#bytes.set(number, sent);
    if (steady) this.#trouble = null;
    this.#report();
  }

  /** @param {Problem} problem that is waited out */
  #wait(problem) {
    this.#trouble = problem;
    this.#report();
  }

  #report() {
    const sent = [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.onProgress({ sent: Math.min(sent, this.source.size), trouble: this.#trouble });
  }
}

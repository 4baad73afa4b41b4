// Sending a large file in parts, three at a time, each again when it fails.
import { Problem, unreachable } from "../../shared/problem.js";
import { sending as texts } from "../texts.js";

const PARALLEL = 3;
const SIGNED_AT_ONCE = 20;
const TRIES = 8;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * @typedef {{number: number, start: number, end: number}} Part
 * @typedef {{key: string, multipart_id: string, part_size: number, part_count: number}} Begun
 * @typedef {{sent: number, total: number, waiting: boolean}} Progress
 * @typedef {{begin(size: number): Promise<Begun>, stored(begun: Begun): Promise<{part_number: number, size: number, etag: string}[]>, sign(begun: Begun, numbers: number[]): Promise<{part_number: number, url: string}[]>, complete(begun: Begun, parts: {part_number: number, etag: string}[]): Promise<void>, abort(begun: Begun): Promise<void>}} MultipartApi
 */

/**
 * The parts that are still to be sent.
 * @param {number} size bytes of the file
 * @param {number} partSize
 * @param {Iterable<number>} [stored] numbers of parts that have arrived
 * @returns {Part[]}
 */
export function plan(size, partSize, stored = []) {
  const there = new Set(stored);
  const parts = [];
  for (let number = 1; (number - 1) * partSize < size; number += 1) {
    const start = (number - 1) * partSize;
    if (!there.has(number)) parts.push({ number, start, end: Math.min(start + partSize, size) });
  }
  return parts;
}

/**
 * Milliseconds to wait before a try, with jitter.
 * @param {number} tries how many have failed
 * @param {number} [chance] 0 to 1
 */
export function backoff(tries, chance = Math.random()) {
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
  return ceiling * (0.5 + chance / 2);
}

/** One file on its way. `run` resolves when the server has all of it. */
export class Sending {
  /**
   * @param {Blob} file
   * @param {Begun} begun
   * @param {MultipartApi} api
   * @param {(progress: Progress) => void} onProgress
   */
  constructor(file, begun, api, onProgress) {
    this.file = file;
    this.begun = begun;
    this.api = api;
    this.onProgress = onProgress;
    this.paused = false;
    this.stopped = false;
    /** @type {Part[]} */
    this.queue = [];
    /** @type {Map<number, string>} */
    this.etags = new Map();
    /** @type {Map<number, string>} */
    this.urls = new Map();
    /** @type {Map<number, number>} */
    this.bytes = new Map();
    /** @type {Set<XMLHttpRequest>} */
    this.requests = new Set();
    /** @type {Promise<void>|null} */
    this.signing = null;
    this.waiting = 0;
    this.wake = () => {};
  }

  /** Send what is missing and make one file of it. */
  async run() {
    const stored = await this.api.stored(this.begun);
    for (const part of stored) {
      this.etags.set(part.part_number, part.etag);
      this.bytes.set(part.part_number, part.size);
    }
    this.queue = plan(this.file.size, this.begun.part_size, this.etags.keys());
    this.report();
    await Promise.all(Array.from({ length: PARALLEL }, () => this.work()));
    if (this.stopped) return;
    const numbers = [...this.etags.keys()].sort((a, b) => a - b);
    const parts = numbers.map((n) => ({ part_number: n, etag: this.etags.get(n) ?? "" }));
    await this.api.complete(this.begun, parts);
  }

  pause() {
    this.paused = true;
    for (const request of this.requests) request.abort();
  }

  resume() {
    this.paused = false;
    this.wake();
  }

  /** Send nothing any more; `run` resolves. */
  stop() {
    this.stopped = true;
    this.pause();
    this.wake();
  }

  async work() {
    for (;;) {
      while (this.paused && !this.stopped) await this.unpaused();
      const part = this.queue.shift();
      if (this.stopped || !part) return;
      try {
        await this.send(part);
      } catch (error) {
        this.stop();
        throw error;
      }
    }
  }

  unpaused() {
    return new Promise((resolve) => {
      const former = this.wake;
      this.wake = () => {
        former();
        this.wake = () => {};
        resolve(undefined);
      };
    });
  }

  /** @param {Part} part */
  async send(part) {
    for (let tries = 1; ; tries += 1) {
      try {
        const url = await this.url(part.number);
        if (this.paused) throw unreachable(); // meanwhile, while it had no request to abort
        this.etags.set(part.number, await this.put(url, part));
        this.bytes.set(part.number, part.end - part.start);
        this.report();
        return;
      } catch (error) {
        this.bytes.delete(part.number);
        this.urls.delete(part.number); // it may have run out
        if (this.paused || this.stopped) {
          this.queue.unshift(part);
          this.report();
          return;
        }
        if (!(error instanceof Problem) || !(error.passing || error.status === 403)) throw error;
        if (tries >= TRIES) throw error;
        await this.pauseBeforeAgain(tries, (error.retryAfter ?? 0) * 1000);
      }
    }
  }

  /** @param {number} tries @param {number} atLeast milliseconds */
  async pauseBeforeAgain(tries, atLeast) {
    this.waiting += 1;
    this.report();
    const back = new Promise((resolve) => addEventListener("online", resolve, { once: true }));
    const long = new Promise((resolve) => setTimeout(resolve, Math.max(atLeast, backoff(tries))));
    await (navigator.onLine ? long : back);
    this.waiting -= 1;
    this.report();
  }

  /** @param {number} number @returns {Promise<string>} */
  async url(number) {
    while (!this.urls.has(number)) {
      this.signing ??= this.sign(number).finally(() => {
        this.signing = null;
      });
      await this.signing;
    }
    return /** @type {string} */ (this.urls.get(number));
  }

  /** @param {number} number */
  async sign(number) {
    const next = this.queue.map((part) => part.number).filter((n) => !this.urls.has(n));
    const requested = [...new Set([number, ...next])].slice(0, SIGNED_AT_ONCE);
    for (const signed of await this.api.sign(this.begun, requested)) {
      this.urls.set(signed.part_number, signed.url);
    }
  }

  /** @param {string} url @param {Part} part @returns {Promise<string>} */
  put(url, part) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch tells no progress of what it sends
      const ended = () => this.requests.delete(request);
      request.open("PUT", url);
      request.upload.onprogress = (event) => {
        this.bytes.set(part.number, event.loaded);
        this.report();
      };
      request.onload = () => {
        ended();
        const etag = request.getResponseHeader("ETag");
        if (request.status === 200 && etag) resolve(etag);
        else reject(new Problem(request.status, texts.storeAnswered(request.status)));
      };
      request.onerror = request.onabort = () => {
        ended();
        reject(unreachable());
      };
      this.requests.add(request);
      request.send(this.file.slice(part.start, part.end));
    });
  }

  report() {
    const sent = [...this.bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const waiting = this.waiting > 0;
    this.onProgress({ sent: Math.min(sent, this.file.size), total: this.file.size, waiting });
  }
}

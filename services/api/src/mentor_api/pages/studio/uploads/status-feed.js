// Following an upload: by server-sent events, or by asking again and again where those do not come.
import { Problem } from "../../shared/problem.js";
import { dataOf } from "../../shared/session.js";
import { ask } from "../session.js";

const POLL_MS = 2000;
const SILENCE_MS = 25_000; // the server says something every ten seconds
const ENDED = new Set(["READY", "FAILED", "CANCELLED", "SUPERSEDED", "ABORTED"]);

/** True when nothing will change any more. @param {any} status */
export function isOver(status) {
  return status.state === "ABORTED" || (ENDED.has(status.state) && status.finished_at !== null);
}

/**
 * The events in a piece of a stream, and what is left of it.
 * @param {string} text
 * @returns {{events: {id?: string, event?: string, data?: string}[], rest: string}}
 */
export function parseEvents(text) {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = [];
  for (const block of blocks) {
    /** @type {Record<string, string>} */
    const event = {};
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
    }
    if (event.data) events.push(event);
  }
  return { events, rest };
}

/**
 * Follow an upload until it has ended or `signal` says stop.
 * @param {string} id
 * @param {(status: any) => void} onStatus
 * @param {(problem: Problem|null) => void} onTrouble called with null when it is over
 * @param {AbortSignal} signal
 */
export async function follow(id, onStatus, onTrouble, signal) {
  const seen = { id: "", over: false };
  let streams = true;
  while (!signal.aborted && !seen.over) {
    let wait = POLL_MS;
    const began = performance.now();
    try {
      if (streams) {
        streams = await stream(id, seen, onStatus, signal);
        // What ends at once, again and again, is cut off by something on the way.
        if (performance.now() - began < POLL_MS) streams = false;
        else if (streams) wait = 0;
      } else {
        await poll(id, seen, onStatus, signal);
      }
      onTrouble(null);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      if (streams && error.status === 503) streams = false;
      else if (!error.passing) throw error;
      else onTrouble(error);
      wait = Math.max(wait, (error.retryAfter ?? 0) * 1000);
    }
    if (!seen.over) await pause(wait, signal);
  }
}

/**
 * Read one stream to its end. Returns whether the next shall be one too.
 * @param {string} id
 * @param {{id: string, over: boolean}} seen
 * @param {(status: any) => void} onStatus
 * @param {AbortSignal} signal
 */
async function stream(id, seen, onStatus, signal) {
  const hush = new AbortController();
  const leave = () => hush.abort();
  signal.addEventListener("abort", leave);
  let timer = setTimeout(() => hush.abort(), SILENCE_MS);
  /** @type {Record<string, string>} */
  const headers = { Accept: "text/event-stream" };
  if (seen.id) headers["Last-Event-ID"] = seen.id;
  try {
    const response = await ask(`/upload/status/${id}/events`, { headers, signal: hush.signal });
    const reader = /** @type {ReadableStream} */ (response.body)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(() => hush.abort(), SILENCE_MS);
      const parsed = parseEvents(text + value);
      text = parsed.rest;
      for (const event of parsed.events) {
        seen.id = event.id ?? seen.id;
        seen.over = event.event === "over";
        onStatus(JSON.parse(event.data ?? "null"));
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof Problem) throw error;
    return false; // cut off or held back on the way: ask instead
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

/**
 * @param {string} id
 * @param {{id: string, over: boolean}} seen
 * @param {(status: any) => void} onStatus
 * @param {AbortSignal} signal
 */
async function poll(id, seen, onStatus, signal) {
  /** @type {Record<string, string>} */
  const headers = seen.id ? { "If-None-Match": `"${seen.id}"` } : {};
  const response = await ask(`/upload/status/${id}`, { headers, signal });
  if (response.status === 304) return;
  seen.id = (response.headers.get("ETag") ?? "").replace(/^W\/|"/g, "");
  const status = await dataOf(response, signal);
  seen.over = isOver(status);
  onStatus(status);
}

/** @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", resolve, { once: true });
  });
}

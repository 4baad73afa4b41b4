// Actions on many under way. The server goes on with them; while a page is open it asks for rounds of what its operator
// began, and how far the others are.
import { announce } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import { refresh } from "../refreshing.js";
import { get, post } from "../session.js";
import { dispatch, state } from "../store.js";
import { actions as texts } from "../texts.js";

/** @typedef {import("../state.js").Job} Job */

const PAUSE_MS = 3000;
const BETWEEN_MS = 500; // what acts may be asked for 60 times a minute
const KEPT = "console-actions";
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Find what is under way, and what this page showed before it was reloaded. */
export async function resume() {
  // What ends between the two questions is asked for last, and so seen ended.
  const running = /** @type {Job[]} */ ((await get("actions")).actions);
  for (const id of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")) {
    if (running.some((job) => job.id === id)) continue;
    const job = await get(`actions/${id}`).catch(() => null); // not any more
    if (job) show(job);
  }
  for (const job of running) follow(job);
}

/**
 * Begin an action on many. Repeated after a broken connection it begins none besides.
 * @param {string} path
 * @param {Record<string, any>} what which ones, as many as `expected`
 */
export function beginning(path, what) {
  const idempotency_key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return async () => {
    const job = await post(path, { ...what, idempotency_key });
    dispatch({ type: "select", ids: what.messages ?? what.uploads ?? [], selected: false });
    follow(job); // to its end, while other things are done
  };
}

/** @param {string} id */
export async function stop(id) {
  show(await post(`actions/${id}/stop`));
  await refresh();
}

/** Close what is over. @param {string} id */
export function close(id) {
  dispatch({ type: "job-closed", id });
  keep();
}

/** Show an action until it is over. @param {Job} job */
async function follow(job) {
  const { id, who } = job;
  const mine = who === state.peek().operator?.user;
  show(job);
  while (isRunning(id)) {
    await pause(mine ? BETWEEN_MS : PAUSE_MS);
    if (document.hidden || !isRunning(id)) continue; // the server goes on meanwhile
    try {
      const next = await (mine ? post(`actions/${id}/round`) : get(`actions/${id}`));
      if (isRunning(id)) show(next);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      dispatch({ type: "job", job: state.peek().jobs[id].job, trouble: error.message });
      if (!error.passing) return;
      await pause(PAUSE_MS);
    }
  }
  const ended = state.peek().jobs[id]?.job;
  if (ended) announce(texts.ended(ended));
  await refresh();
}

/** @param {string} id */
const isRunning = (id) => state.peek().jobs[id]?.job.status === "RUNNING";

/** @param {Job} job */
function show(job) {
  dispatch({ type: "job", job });
  keep();
}

const keep = () => sessionStorage.setItem(KEPT, JSON.stringify(Object.keys(state.peek().jobs)));

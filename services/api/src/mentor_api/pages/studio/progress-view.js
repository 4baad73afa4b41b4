// An upload that is being worked on: each task as it advances, and stopping it.
import { announce, button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { plainly, stateWord, taskName } from "./format.js";
import { follow, isOver } from "./status-feed.js";

/**
 * @param {string} id
 * @param {{onStatus: (status: any) => void, onEnd: (status: any) => void}} then
 * @returns {{element: HTMLElement, close: () => void, title: () => string}}
 */
export function progressView(id, { onStatus, onEnd }) {
  const stopping = new AbortController();
  const tasks = el("ul", { class: "tasks" });
  const message = el("div");
  const lead = el("p", { role: "status" }, "We have your video. You may close this page; it goes on without you.");
  let percent = "";
  const cancel = button("Stop this upload", () => stop(id, message), { class: "danger" });
  const element = el("div", { class: "stack" }, lead, tasks, message, el("div", { class: "row" }, cancel));
  /** @param {any} status */
  const show = (status) => {
    percent = `${overall(status.tasks)} %`;
    tasks.replaceChildren(...taskRows(status.tasks));
    cancel.hidden = status.state === "CANCELLING" || isOver(status);
    if (status.state === "CANCELLING") lead.textContent = "Stopping. This takes a few seconds…";
    onStatus(status);
  };
  /** @type {any} */
  let last = null;
  const watching = follow(
    id,
    (status) => {
      last = status;
      show(status);
    },
    (problem) => message.replaceChildren(...(problem ? [note("warn", problem.title, problem.message)] : [])),
    stopping.signal,
  );
  watching
    .then(() => {
      if (last && isOver(last) && !stopping.signal.aborted) {
        announce(`${stateWord(last.state)[1]}. ${last.reason ?? ""}`);
        onEnd(last);
      }
    })
    .catch((error) => {
      if (!(error instanceof Problem)) throw error;
      message.replaceChildren(note("bad", error.title, error.message));
    });
  return { element, close: () => stopping.abort(), title: () => percent };
}

/** @param {string} id @param {HTMLElement} message */
async function stop(id, message) {
  try {
    await api.cancel(id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    message.replaceChildren(note("bad", error.title, error.message));
  }
}

/** @param {any[]} tasks */
function overall(tasks) {
  const sum = tasks.reduce((all, task) => all + (task.status === "DONE" ? 100 : task.percent), 0);
  return Math.round(sum / Math.max(1, tasks.length));
}

/**
 * Return a row for each task; a reason that several share is shown once.
 * @param {any[]} tasks
 * @param {string} [known] a reason that is shown already
 */
export function taskRows(tasks, known) {
  const shown = new Set([known]);
  return tasks.map((task) => {
    const reason = shown.has(task.reason) ? null : task.reason;
    shown.add(task.reason);
    return taskRow(task, reason);
  });
}

/** @param {any} task @param {string|null} reason */
function taskRow(task, reason) {
  const [kind, word] = stateWord(task.status);
  const name = taskName(task.task_name);
  const begun = task.status === "IN_PROGRESS" && task.percent === 0;
  const value = task.status === "DONE" ? 100 : task.percent;
  return el(
    "li",
    { class: "task", "data-task": task.task_name, "data-status": task.status },
    el("div", { class: "row" }, el("span", { class: "grow" }, name), el("span", { class: `badge ${kind}` }, word)),
    el("progress", { max: 100, value: begun ? null : value, "aria-label": name }),
    reason && el("p", { class: "small soft" }, sentence(plainly(reason))),
  );
}

/** @param {string} text */
function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

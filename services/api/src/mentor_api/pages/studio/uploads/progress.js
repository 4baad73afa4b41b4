// An upload that is being worked on: each task as it advances, and stopping it.
import { Badge, Button, h, Note, useState } from "../../shared/ui.js";
import { Problem } from "../../shared/problem.js";
import * as api from "../api.js";
import { reasonText, stateWord, taskName } from "../format.js";
import { progress as texts } from "../texts.js";
import { trouble } from "./following.js";
import { NotifyButton } from "./outcomes.js";
import { isOver } from "./status-feed.js";

/** @param {{upload: any}} props the status document */
export function ProgressView({ upload }) {
  const [refusal, setRefusal] = useState(/** @type {Problem|null} */ (null));
  const problem = refusal ?? trouble.value;
  const stopping = upload.state === "CANCELLING";
  const stop = async () => {
    try {
      await api.cancel(upload.upload_id);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setRefusal(error);
    }
  };
  return h(
    "div",
    { class: "stack" },
    h("p", { role: "status" }, stopping ? texts.stopping : texts.lead),
    h(Tasks, { tasks: upload.tasks }),
    problem && h(Note, { kind: refusal ? "bad" : "warn", title: problem.title, text: problem.message }),
    !stopping &&
      !isOver(upload) &&
      h("div", { class: "row" }, h(Button, { action: stop, class: "danger" }, texts.stop), h(NotifyButton, {})),
  );
}

/** Percent of all tasks together. @param {any[]} tasks */
export function overallPercent(tasks) {
  const sum = tasks.reduce((all, task) => all + (task.status === "DONE" ? 100 : task.percent), 0);
  return Math.round(sum / Math.max(1, tasks.length));
}

/**
 * A row for each task; a reason that several share is shown once.
 * @param {{tasks: any[], known?: string}} props `known` is a reason that is shown already
 */
export function Tasks({ tasks, known }) {
  const shown = new Set([known ?? null]);
  const rows = tasks.map((task) => {
    const text = reasonText(task);
    const reason = shown.has(text) ? null : text;
    shown.add(text);
    return h(TaskRow, { key: task.task_name, task, reason });
  });
  return h("ul", { class: "tasks" }, rows);
}

/** @param {{task: any, reason: string|null}} props */
function TaskRow({ task, reason }) {
  const [kind, word] = stateWord(task.status);
  const name = taskName(task.task_name);
  const begun = task.status === "IN_PROGRESS" && task.percent === 0;
  const value = task.status === "DONE" ? 100 : task.percent;
  return h(
    "li",
    { class: "task", "data-task": task.task_name, "data-status": task.status },
    h("div", { class: "row" }, h("span", { class: "grow" }, name), h(Badge, { kind }, word)),
    h("progress", { key: begun ? "begun" : "known", max: 100, "aria-label": name, ...(begun ? {} : { value }) }),
    reason && h("p", { class: "small soft", dir: "auto" }, reason),
  );
}

// An upload that did not become ready: why, and what to do about it.
import { button, el, note } from "../shared/dom.js";
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { taskRows } from "./progress-view.js";

/** @type {Record<string, string>} */
const TITLES = {
  FAILED: "This did not work",
  CANCELLED: "You stopped this upload",
  ABORTED: "This upload was not accepted",
  SUPERSEDED: "A newer video took its place",
};

/** @type {Record<string, string>} */
const WHY = {
  CANCELLED: "Your answer is as it was before. Send a video whenever you like.",
  ABORTED: "Something did not answer in time. Nothing was changed; send the video again.",
  SUPERSEDED: "Only the newest video of an answer counts.",
};

/**
 * @param {any} status
 * @param {{onRetry: () => void, onAnew: () => void}} then
 */
export function failedView(status, { onRetry, onAnew }) {
  const message = el("div");
  const retry = button(
    "Try again",
    async () => {
      try {
        await api.retry(status.upload_id);
        onRetry();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        message.replaceChildren(note("bad", error.title, error.message));
      }
    },
    { class: "primary" },
  );
  const kind = status.state === "FAILED" ? "bad" : "warn";
  const text = WHY[status.state] ?? status.reason ?? "We do not know why. Send the video again.";
  return el(
    "div",
    { class: "stack" },
    note(kind, TITLES[status.state] ?? "It has ended", text),
    status.can_retry && el("p", {}, "The fault may be ours: try again, you need not send the video a second time."),
    status.state === "FAILED" && el("ul", { class: "tasks" }, ...taskRows(status.tasks, text)),
    message,
    el(
      "div",
      { class: "row" },
      status.can_retry && retry,
      button("Send another video", onAnew, { class: status.can_retry ? "" : "primary" }),
    ),
  );
}

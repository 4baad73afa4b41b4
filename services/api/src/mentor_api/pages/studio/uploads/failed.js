// An upload that did not become ready: why, and what to do about it.
import { Button, h, Note, useState } from "../../shared/ui.js";
import { Problem } from "../../shared/problem.js";
import * as api from "../api.js";
import { reasonText } from "../format.js";
import { failed as texts } from "../texts.js";
import { Tasks } from "./progress.js";

/**
 * @param {{upload: any, onRetry: () => void, onReplace: () => void, onSee?: () => void}} props `onSee` where an answer is there all the same
 */
export function FailedView({ upload, onRetry, onReplace, onSee }) {
  const [refusal, setRefusal] = useState(/** @type {Problem|null} */ (null));
  const retry = async () => {
    try {
      await api.retry(upload.upload_id);
      onRetry();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setRefusal(error);
    }
  };
  const failed = upload.state === "FAILED";
  const why = texts.why[upload.state] ?? reasonText(upload) ?? texts.unknown;
  return h(
    "div",
    { class: "stack" },
    h(Note, { kind: failed ? "bad" : "warn", title: texts.titles[upload.state] ?? texts.ended, text: why }),
    upload.can_retry && h("p", {}, texts.ours),
    failed && h(Tasks, { tasks: upload.tasks, known: why }),
    refusal && h(Note, { kind: "bad", title: refusal.title, text: refusal.message }),
    h(
      "div",
      { class: "row" },
      upload.can_retry && h(Button, { action: retry, class: "primary" }, texts.retry),
      h(Button, { action: onReplace, class: upload.can_retry ? "" : "primary" }, texts.another),
      onSee && h(Button, { action: onSee, class: "quiet" }, texts.see),
    ),
  );
}

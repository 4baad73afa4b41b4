// How far actions on many are, and how they ended: in a tray, so that nothing moves when one comes or goes.
import { Button, h } from "../../shared/ui.js";
import { state } from "../store.js";
import { actions as texts, page } from "../texts.js";
import { close, stop } from "./following.js";

export function Jobs() {
  return Object.values(state.value.jobs).map(({ job, trouble }) => h(Panel, { key: job.id, job, trouble }));
}

/** @param {{job: import("../state.js").Job, trouble: string|null}} props */
function Panel({ job, trouble }) {
  const running = job.status === "RUNNING";
  const handled = job.done + job.undone;
  const mine = job.who === state.value.operator?.user;
  const tone = running ? "running" : job.undone || job.problem ? "warn" : "good";
  const text = running ? texts.progress(job) : texts.ended(job);
  return h(
    "section",
    { class: `job ${tone}`, "aria-label": texts.doing(job) },
    h("strong", { role: running ? undefined : "status" }, text),
    h("progress", { max: Math.max(job.total, 1), value: running ? handled : job.total || 1, "aria-label": text }),
    job.problem && h("p", { class: "small" }, texts.problem(job.problem)),
    trouble && h("p", { class: "small" }, texts.trouble(trouble)),
    running && !mine && h("p", { class: "soft small" }, texts.byOther(job.who)),
    !running && job.kept && job.done > 0 && h("p", { class: "small" }, texts.kept, h("code", { class: "whole" }, job.kept)),
    h(
      "div",
      { class: "row" },
      running && h(Button, { class: "small", action: () => stop(job.id) }, texts.stop),
      running && h("span", { class: "soft small" }, texts.withoutPage),
      !running && h("a", { href: "#/log" }, texts.seeLog),
      !running && h(Button, { class: "small", action: () => close(job.id) }, page.close),
    ),
  );
}

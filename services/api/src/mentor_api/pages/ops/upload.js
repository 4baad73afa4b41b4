// One upload: how it stands, what happened, and what can be done.
import { announce, button, el } from "../shared/dom.js";
import { card, confirm, table } from "./parts.js";
import { get, post } from "./session.js";
import { ago, badge, exact, sentence } from "./format.js";

/** @type {Record<string, string>} */
const WORK = { transcode: "Video", transcribe: "Speech" };
/** @type {Record<string, string>} */
const STANDING = {
  current: "it is the newest of its answer",
  superseded: "a newer one of its answer was accepted",
  cancelled: "it was cancelled",
  undecided: "a newer one of its answer is arriving",
};

/** @param {string} id @param {() => Promise<void>} reload */
export const upload = (id, reload) => ({
  title: `Upload ${id.slice(0, 8)}`,
  every: 5,
  load: () => get(`uploads/${id}`),
  /** @param {any} one */
  render: (one) => [
    el("p", {}, el("a", { href: "#/uploads" }, "All uploads")),
    head(one, reload),
    el(
      "div",
      { class: "two" },
      card("What happened", history(one.story)),
      el("div", { class: "stack" }, card("About it", facts(one)), card("Work", work(one.tasks))),
    ),
  ],
});

/** @param {any} one @param {() => Promise<void>} reload */
function head(one, reload) {
  const act = (/** @type {string} */ verb, /** @type {any} */ question, /** @type {string} */ done) => async () => {
    if (!(await confirm(question))) return;
    await post(`uploads/${one.upload}/${verb}`);
    announce(done);
    await reload();
  };
  const retry = button("Try again", act("retry", {
    title: "Try the failed work again?",
    text: ["What failed is begun anew, as another attempt. What went well is not done again."],
    verb: "Try again",
  }, "Asked for the next attempt."), { class: "primary", "data-key": "retry" });
  const cancel = button("Cancel this upload", act("cancel", {
    title: "Cancel this upload?",
    text: ["Work on it stops within seconds. The answer stays as it is. This cannot be undone."],
    verb: "Cancel the upload",
    danger: true,
  }, "Cancelled."), { class: "danger", "data-key": "cancel" });
  return el(
    "section",
    { class: "card stack", "aria-label": "How it stands" },
    el(
      "div",
      { class: "row" },
      el("h2", { class: "mono whole" }, one.upload),
      badge(one.state),
      one.live && el("span", { class: "badge good" }, "shown to the world"),
      el("span", { class: "push row" }, one.may_retry && retry, one.may_cancel && cancel),
    ),
    one.why && el("p", { class: "lead" }, sentence(one.why)),
    one.last_error && el("p", { class: "soft" }, "Last error: ", el("code", {}, one.last_error)),
  );
}

/** @param {any[]} events */
function history(events) {
  return el(
    "ol",
    { class: "history" },
    ...events.map((event) =>
      el(
        "li",
        { class: event.tone },
        el("time", { datetime: event.at, class: "soft small", title: event.at }, exact(event.at)),
        el("strong", {}, event.what),
        event.more && el("span", { class: "soft small" }, event.more),
      ),
    ),
  );
}

/** @param {any} one */
function facts(one) {
  const trace = one.trace_url
    ? el("a", { href: one.trace_url, rel: "noreferrer", target: "_blank", class: "mono" }, one.trace_id)
    : one.trace_id && el("span", { class: "mono" }, one.trace_id);
  const rows = [
    ["Mentor", el("a", { href: `#/uploads?mentor=${one.mentor}&within_hours=4320`, class: "mono" }, one.mentor)],
    ["Question", el("span", { class: "mono" }, one.question)],
    ["Sent by", el("span", { class: "mono" }, one.user)],
    ["Came", ago(one.came_at)],
    ["Stands", STANDING[one.standing] ?? one.standing],
    ["Announced", one.published ? "yes" : "not yet"],
    ["Looked at next", one.looked_at_next ? exact(one.looked_at_next) : "not needed"],
    ["Trace", trace || "none was kept"],
  ];
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** @param {any[]} tasks */
function work(tasks) {
  return table(
    "Work on it",
    ["Work", "State", ["Attempt", "num"], ["Starts", "num"], ["Done", "num"], "By", "Made by"],
    tasks.map((task) => [
      WORK[task.task],
      badge(task.status),
      task.attempt,
      task.starts,
      `${task.percent} %`,
      el("span", { class: "mono small" }, task.owner),
      task.web_rendition ? `web ${task.web_rendition}` : recogniser(task),
    ]),
    { empty: "No worker has taken it yet.", cards: true },
  );
}

/** @param {any} task */
function recogniser(task) {
  if (!task.engine) return "";
  const name = [task.engine, task.model, task.language].filter(Boolean).join(", ");
  if (!task.draft) return name;
  return el("span", {}, name, " ", el("span", { class: "badge warn" }, "draft: not for publishing"));
}

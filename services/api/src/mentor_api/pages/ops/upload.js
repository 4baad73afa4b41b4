// One upload: how it stands, what happened, and what can be done.
import { announce, button, el } from "../shared/dom.js";
import { card, confirm, table } from "./parts.js";
import { act, look } from "./session.js";
import { ago, badge, exact, sentence } from "./words.js";

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
  load: () => look(`uploads/${id}`),
  /** @param {any} told */
  render: (told) => [
    el("p", {}, el("a", { href: "#/uploads" }, "All uploads")),
    head(told, reload),
    el(
      "div",
      { class: "two" },
      card("What happened", story(told.story)),
      el("div", { class: "stack" }, card("About it", facts(told)), card("Work", work(told.tasks))),
    ),
  ],
});

/** @param {any} told @param {() => Promise<void>} reload */
function head(told, reload) {
  const done = async (/** @type {string} */ text) => {
    announce(text);
    await reload();
  };
  const retry = button("Try again", async () => {
    const text = ["What failed is begun anew, as another attempt. What went well is not done again."];
    if (!(await confirm({ title: "Try the failed work again?", text, verb: "Try again" }))) return;
    await act(`uploads/${told.upload}/retry`);
    await done("Asked for the next attempt.");
  }, { class: "primary", "data-key": "retry" });
  const cancel = button("Cancel this upload", async () => {
    const text = ["Work on it stops within seconds. The answer stays as it is. This cannot be undone."];
    if (!(await confirm({ title: "Cancel this upload?", text, verb: "Cancel the upload", danger: true }))) return;
    await act(`uploads/${told.upload}/cancel`);
    await done("Cancelled.");
  }, { class: "danger", "data-key": "cancel" });
  return el(
    "section",
    { class: "card stack", "aria-label": "How it stands" },
    el(
      "div",
      { class: "row" },
      el("h2", { class: "mono whole" }, told.upload),
      badge(told.state),
      told.live && el("span", { class: "badge good" }, "shown to the world"),
      el("span", { class: "push row" }, told.may_retry && retry, told.may_cancel && cancel),
    ),
    told.why && el("p", { class: "lead" }, sentence(told.why)),
    told.last_error && el("p", { class: "soft" }, "Last error: ", el("code", {}, told.last_error)),
  );
}

/** @param {any[]} events */
function story(events) {
  return el(
    "ol",
    { class: "story" },
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

/** @param {any} told */
function facts(told) {
  const trace = told.trace_url
    ? el("a", { href: told.trace_url, rel: "noreferrer", target: "_blank", class: "mono" }, told.trace_id)
    : told.trace_id && el("span", { class: "mono" }, told.trace_id);
  const rows = [
    ["Mentor", el("a", { href: `#/uploads?mentor=${told.mentor}&within_hours=4320`, class: "mono" }, told.mentor)],
    ["Question", el("span", { class: "mono" }, told.question)],
    ["Sent by", el("span", { class: "mono" }, told.user)],
    ["Came", ago(told.came_at)],
    ["Stands", STANDING[told.standing] ?? told.standing],
    ["Announced", told.published ? "yes" : "not yet"],
    ["Looked at next", told.looked_at_next ? exact(told.looked_at_next) : "not needed"],
    ["Trace", trace || "none was kept"],
  ];
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** @param {any[]} tasks */
function work(tasks) {
  return table(
    "Work on it",
    ["Work", "State", ["Attempt", "num"], ["Starts", "num"], ["Done", "num"], "By"],
    tasks.map((task) => [
      WORK[task.task],
      badge(task.status),
      task.attempt,
      task.starts,
      `${task.percent} %`,
      el("span", { class: "mono small" }, task.owner),
    ]),
    { empty: "No worker has taken it yet.", cards: true },
  );
}

// One upload: how it stands, what happened, and what can be done.
import { announce, button, el } from "../shared/dom.js";
import { card, confirm, table } from "./parts.js";
import { get, post } from "./session.js";
import { ago, badge, exact, sentence } from "./format.js";
import { upload as texts } from "./texts.js";

/** @param {string} id @param {() => Promise<void>} reload */
export const upload = (id, reload) => ({
  title: texts.title(id.slice(0, 8)),
  every: 5,
  load: () => get(`uploads/${id}`),
  /** @param {any} one */
  render: (one) => [
    el("p", {}, el("a", { href: "#/uploads" }, texts.all)),
    head(one, reload),
    el(
      "div",
      { class: "two" },
      card(texts.history, history(one.story)),
      el("div", { class: "stack" }, card(texts.facts, facts(one)), card(texts.work, work(one.tasks))),
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
  const retry = button(texts.retry.button, act("retry", {
    title: texts.retry.title,
    text: [texts.retry.text],
    verb: texts.retry.button,
  }, texts.retry.done), { class: "primary", "data-key": "retry" });
  const cancel = button(texts.cancel.button, act("cancel", {
    title: texts.cancel.title,
    text: [texts.cancel.text],
    verb: texts.cancel.verb,
    danger: true,
  }, texts.cancel.done), { class: "danger", "data-key": "cancel" });
  return el(
    "section",
    { class: "card stack", "aria-label": texts.status },
    el(
      "div",
      { class: "row" },
      el("h2", { class: "mono whole" }, one.upload),
      badge(one.state),
      one.live && el("span", { class: "badge good" }, texts.live),
      el("span", { class: "push row" }, one.may_retry && retry, one.may_cancel && cancel),
    ),
    one.why && el("p", { class: "lead" }, sentence(one.why)),
    one.last_error && el("p", { class: "soft" }, texts.lastError, el("code", {}, one.last_error)),
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
  const { fact } = texts;
  const trace = one.trace_url
    ? el("a", { href: one.trace_url, rel: "noreferrer", target: "_blank", class: "mono" }, one.trace_id)
    : one.trace_id && el("span", { class: "mono" }, one.trace_id);
  const rows = [
    [fact.mentor, el("a", { href: `#/uploads?mentor=${one.mentor}&within_hours=4320`, class: "mono" }, one.mentor)],
    [fact.question, el("span", { class: "mono" }, one.question)],
    [fact.user, el("span", { class: "mono" }, one.user)],
    [fact.received, ago(one.came_at)],
    [fact.standing, texts.standing[one.standing] ?? one.standing],
    [fact.announced, one.published ? texts.yes : texts.notYet],
    [fact.nextCheck, one.looked_at_next ? exact(one.looked_at_next) : texts.notNeeded],
    [fact.trace, trace || texts.noTrace],
  ];
  return el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** @param {any[]} tasks */
function work(tasks) {
  const { columns } = texts;
  return table(
    texts.workLabel,
    [columns.work, columns.state, [columns.attempt, "num"], [columns.starts, "num"], [columns.done, "num"], columns.by, columns.madeBy],
    tasks.map((task) => [
      texts.task[task.task],
      badge(task.status),
      task.attempt,
      task.starts,
      `${task.percent} %`,
      el("span", { class: "mono small" }, task.owner),
      task.web_rendition ? texts.web(task.web_rendition) : recogniser(task),
    ]),
    { empty: texts.noWork, cards: true },
  );
}

/** @param {any} task */
function recogniser(task) {
  if (!task.engine) return "";
  const name = [task.engine, task.model, task.language].filter(Boolean).join(", ");
  if (!task.draft) return name;
  return el("span", {}, name, " ", el("span", { class: "badge warn" }, texts.draft));
}

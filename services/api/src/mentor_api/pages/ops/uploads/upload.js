// One upload: how it stands, what happened, and what can be done.
import { announce } from "../../shared/dom.js";
import { Badge, Button, Fragment, h } from "../../shared/ui.js";
import { link } from "../address.js";
import { Ago, exact, sentence, StateBadge } from "../format.js";
import { Card, Table } from "../parts.js";
import { refresh } from "../refreshing.js";
import { get, post } from "../session.js";
import { ask } from "../store.js";
import { upload as texts } from "../texts.js";

/** @param {import("../address.js").Address} address */
export const loadUpload = ({ id }) => get(`uploads/${id}`);

/** @param {{data: any}} props */
export function Upload({ data }) {
  return h(
    Fragment,
    {},
    h("p", {}, h("a", { href: "#/uploads" }, texts.all)),
    h(Head, { one: data }),
    h(
      "div",
      { class: "two" },
      h(Card, { title: texts.history }, h(History, { events: data.story })),
      h(
        "div",
        { class: "stack" },
        h(Card, { title: texts.facts }, h(Facts, { one: data })),
        h(Card, { title: texts.work }, h(Work, { tasks: data.tasks })),
      ),
    ),
  );
}

/** @param {{one: any}} props */
function Head({ one }) {
  const act = (/** @type {"retry"|"cancel"} */ verb) => async () => {
    await post(`uploads/${one.upload}/${verb}`);
    announce(texts[verb].done);
    await refresh();
  };
  const { retry, cancel } = texts;
  const askRetry = () => ask({ title: retry.title, text: [retry.text], verb: retry.button, act: act("retry") });
  const askCancel = () => ask({ title: cancel.title, text: [cancel.text], verb: cancel.verb, danger: true, act: act("cancel") });
  return h(
    "section",
    { class: "card stack standing", "aria-label": texts.status },
    h(
      "div",
      { class: "row" },
      h("h2", { class: "mono whole" }, one.upload),
      h(StateBadge, { name: one.state }),
      one.live && h(Badge, { kind: "good" }, texts.live),
      h(
        "span",
        { class: "push row" },
        one.may_retry && h(Button, { class: "primary", action: askRetry }, retry.button),
        one.may_cancel && h(Button, { class: "danger", action: askCancel }, cancel.button),
      ),
    ),
    one.why && h("p", { class: "lead" }, sentence(one.why)),
    one.last_error && h("p", { class: "soft whole" }, texts.lastError, h("code", {}, one.last_error)),
  );
}

/** @param {{events: any[]}} props */
const History = ({ events }) =>
  h(
    "ol",
    { class: "history" },
    events.map((event, i) =>
      h(
        "li",
        { key: i, class: event.tone },
        h("time", { dateTime: event.at, class: "soft small", title: event.at }, exact(event.at)),
        h("strong", {}, event.what),
        event.more && h("span", { class: "soft small" }, event.more),
      ),
    ),
  );

/** @param {{one: any}} props */
function Facts({ one }) {
  const { fact } = texts;
  const trace = one.trace_url
    ? h("a", { href: one.trace_url, rel: "noreferrer", target: "_blank", class: "mono" }, one.trace_id)
    : one.trace_id && h("span", { class: "mono" }, one.trace_id);
  const rows = /** @type {[string, any][]} */ ([
    [fact.mentor, h("a", { href: link("/uploads", { mentor: one.mentor, within_hours: 4320 }), class: "mono" }, one.mentor)],
    [fact.question, h("span", { class: "mono" }, one.question)],
    [fact.user, h("span", { class: "mono" }, one.user)],
    [fact.received, h(Ago, { at: one.came_at })],
    [fact.standing, texts.standing[one.standing] ?? one.standing],
    [fact.announced, one.published ? texts.yes : texts.notYet],
    [fact.nextCheck, one.looked_at_next ? exact(one.looked_at_next) : texts.notNeeded],
    [fact.trace, trace || texts.noTrace],
  ]);
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h(Fragment, { key: name }, h("dt", {}, name), h("dd", {}, value))));
}

/** @param {{tasks: any[]}} props */
function Work({ tasks }) {
  const { columns } = texts;
  return h(Table, {
    label: texts.workLabel,
    columns: [columns.work, columns.state, [columns.attempt, "num"], [columns.starts, "num"], [columns.done, "num"], columns.by, columns.madeBy],
    rows: tasks.map((task) => ({
      key: task.task,
      cells: [
        texts.task[task.task],
        h(StateBadge, { name: task.status }),
        task.attempt,
        task.starts,
        `${task.percent} %`,
        h("span", { class: "mono small" }, task.owner),
        task.web_rendition ? texts.web(task.web_rendition) : h(Recogniser, { task }),
      ],
    })),
    empty: texts.noWork,
    cards: true,
  });
}

/** @param {{task: any}} props */
function Recogniser({ task }) {
  if (!task.engine) return null;
  const name = [task.engine, task.model, task.language].filter(Boolean).join(", ");
  return h("span", {}, name, task.draft && " ", task.draft && h(Badge, { kind: "warn" }, texts.draft));
}

// The log of what operators did, here and by the tool mentor-ops.
import { Badge, Fragment, h } from "../../shared/ui.js";
import { Ago, shortId } from "../format.js";
import { Card, Pager, Table } from "../parts.js";
import { get } from "../session.js";
import { log as texts } from "../texts.js";

/** @param {import("../address.js").Address} address */
export const loadLog = ({ cursor }) => get("audit", { cursor });

/** @param {{data: any}} props */
export function Log({ data }) {
  return h(
    Fragment,
    {},
    h("p", { class: "soft" }, texts.about),
    h(Card, { title: texts.title }, h(List, { entries: data.entries }), h(Pager, { cursor: data.cursor })),
  );
}

/** @param {{entries: any[]}} props */
const List = ({ entries }) =>
  h(Table, {
    label: texts.label,
    columns: Object.values(texts.columns),
    rows: entries.map((one) => ({
      key: one.id,
      cells: [
        h(Ago, { at: one.at }),
        h("span", {}, h("span", { class: "mono" }, one.who), h("span", { class: "soft small under" }, one.tool)),
        texts.verbs[one.verb],
        h(Target, { to: one.to }),
        h(Result, { entry: one }),
      ],
    })),
    empty: texts.none,
    cards: true,
  });

const FILTERS = ["type", "code", "upload", "mentor", "error", "message"];

/** @param {{to: any}} props */
function Target({ to }) {
  if (!to.queue && to.upload && !to.selected && !to.error && /-/.test(to.upload)) {
    return h("span", {}, h("a", { href: `#/uploads/${to.upload}`, class: "mono", title: to.upload }, shortId(to.upload)), to.task && ` (${to.task})`);
  }
  const filters = FILTERS.filter((name) => to[name]).map((name) => `${name} ${to[name]}`);
  const chosen = to.selected ? texts.selected(to.selected) : filters.join(", ") || texts.everything;
  return h("span", { class: "whole" }, `${to.queue ?? texts.uploads}: ${chosen}`);
}

/** @param {{entry: any}} props */
function Result({ entry: { result, ended_at } }) {
  if (!ended_at) return h(Badge, { kind: "warn" }, texts.unfinished);
  if (result?.error) return h("span", { class: "bad-text" }, result.error);
  if (result?.opens) return Object.entries(result.opens).map(([task, attempt]) => texts.opens(task, Number(attempt))).join(", ");
  if (result?.done === undefined) return h(Badge, { kind: "good" }, texts.done);
  const parts = [texts.handled(result.done)];
  if (result.undone) parts.push(texts.undone(result.undone));
  if (result.gone) parts.push(texts.gone(result.gone));
  if (result.stopped || result.interrupted) parts.push(texts.stopped);
  const place = result.kept ?? result.file;
  return h("span", {}, parts.join(", "), place && h("span", { class: "soft small under mono whole" }, place));
}

// A file on its way to the server: how far it is, pause, stop, and what went wrong.
import { Button, h, Note } from "../../shared/ui.js";
import { remaining, size } from "../format.js";
import { sending as texts } from "../texts.js";
import { giveUp, pause, resume, sendAgain } from "./sending.js";

/** Percent that has been sent. @param {import("../state.js").Sending} work */
export const sentPercent = ({ sent, file }) => (file.size ? (sent / file.size) * 100 : 100);

/** @param {{question: string, work: import("../state.js").Sending}} props */
export function SendingView({ question, work }) {
  const { phase, problem, sent, file } = work;
  const useless = problem?.status === 400 || problem?.status === 413;
  const figures = [`${Math.floor(sentPercent(work))} %`, texts.of(size(sent), size(file.size)), remaining(work.secondsLeft)];
  const pausable = (phase === "sending" || phase === "waiting" || phase === "paused") && sent < file.size;
  return h(
    "div",
    { class: "stack" },
    h("p", { role: "status" }, useless ? texts.useless : texts.phase[phase]),
    h("progress", { max: 100, value: sentPercent(work), "aria-label": texts.sent }),
    h("p", { class: "soft small figures" }, figures.filter(Boolean).join(" · ")),
    problem && h(Note, { kind: "bad", title: problem.title, text: problem.message }, h("div", { class: "row" }, again(question, problem, useless))),
    h(
      "div",
      { class: "row" },
      pausable &&
        (phase === "paused"
          ? h(Button, { action: () => resume(question) }, texts.resume)
          : h(Button, { action: () => pause(question) }, texts.pause)),
      !useless && h(Button, { action: () => giveUp(question), class: "danger" }, texts.stop),
    ),
  );
}

/** @param {string} question @param {import("../state.js").Problem} problem @param {boolean} useless */
function again(question, problem, useless) {
  if (useless) return h(Button, { action: () => giveUp(question), class: "primary" }, texts.another);
  return h(Button, { action: () => sendAgain(question), class: "primary" }, problem.status === 404 ? texts.again : texts.retry);
}

// A file on its way to the server: how far it is, pause, stop, and what is wrong.
import { Button, h, Note } from "../../shared/ui.js";
import { remaining, size } from "../format.js";
import { sending as texts } from "../texts.js";
import { tryNow } from "./retry.js";
import { giveUp, pause, resume, sendAgain } from "./sending.js";

/** @typedef {import("../state.js").Sending} Sending */

/** What no second try would make of use: not this file. */
const USELESS = new Set([400, 410, 413]);
const PAUSABLE = new Set(["queued", "sending", "waiting"]);

/** Percent that has been sent. @param {Sending} sending */
export const sentPercent = ({ sent, size }) => (size ? (sent / size) * 100 : 100);

/** @param {Sending} sending */
export const isUseless = ({ phase, problem }) => phase === "failed" && problem !== null && USELESS.has(problem.status);

/** How it is with a file, in a sentence. @param {Sending} sending */
export function sentence(sending) {
  const { phase, problem } = sending;
  if (isUseless(sending)) return texts.useless;
  if (phase !== "waiting" || !problem || problem.status === 0) return texts.phase[phase];
  return problem.status === 401 ? texts.signedOut : problem.status === 409 ? problem.message : texts.busy;
}

/** How much of a file has been sent, and how long the rest may take. @param {Sending} sending */
export function figures(sending) {
  const { sent, size: all, secondsLeft } = sending;
  const parts = [`${Math.floor(sentPercent(sending))} %`, texts.of(size(sent), size(all)), remaining(secondsLeft)];
  return parts.filter(Boolean).join(" · ");
}

/** @param {{sending: Sending}} props */
export function SendingView({ sending }) {
  const { id, phase, problem } = sending;
  return h(
    "div",
    { class: "stack" },
    h("p", { role: "status" }, sentence(sending)),
    phase !== "elsewhere" && [
      h("progress", { key: "bar", max: 100, value: sentPercent(sending), "aria-label": texts.sent }),
      h("p", { key: "figures", class: "soft small figures" }, figures(sending)),
    ],
    phase === "failed" && problem && h(Note, { kind: "bad", title: problem.title, text: problem.message }),
    h(
      "div",
      { class: "row" },
      h(Controls, { sending }),
      !isUseless(sending) && phase !== "elsewhere" && h(Button, { action: () => giveUp(id), class: "danger" }, texts.stop),
    ),
  );
}

/** Pause, resume, and what leads on after a failure. @param {{sending: Sending}} props */
function Controls({ sending }) {
  const { id, phase, sent, size } = sending;
  if (isUseless(sending)) return h(Button, { action: () => giveUp(id), class: "primary" }, texts.another);
  if (phase === "failed") return h(Button, { action: () => sendAgain(id), class: "primary" }, texts.retry);
  if (phase === "paused") return h(Button, { action: () => resume(id) }, texts.resume);
  return [
    phase === "waiting" && h(Button, { key: "now", action: tryNow }, texts.now),
    PAUSABLE.has(phase) && sent < size && h(Button, { key: "pause", action: () => pause(id) }, texts.pause),
  ];
}

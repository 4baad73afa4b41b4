// The list of questions, each with a badge.
import { el } from "../shared/dom.js";
import { stateWord } from "./format.js";
import { isOver } from "./status-feed.js";

/**
 * Colour and word of a question's badge.
 * @param {import("./workspace.js").Question} question
 * @param {any} upload the latest, or undefined
 * @param {string|null} busy what is being done with it here, if it would be lost with the page
 * @returns {[string, string]}
 */
export function badge(question, upload, busy) {
  if (busy === "sending") return ["accent", "Sending"];
  if (busy) return ["warn", "Not sent"];
  if (upload && !isOver(upload)) return stateWord(upload.state);
  if (upload?.state === "FAILED") return stateWord("FAILED");
  return question.answer?.web ? ["good", "Answered"] : ["", "Open"];
}

/**
 * @param {import("./workspace.js").Question[]} questions
 * @param {(question: import("./workspace.js").Question) => [string, string]} how
 * @param {string|null} chosen id of the one that is shown
 */
export function listOf(questions, how, chosen) {
  return questions.map((question) => {
    const [kind, word] = how(question);
    const link = el(
      "a",
      { href: `#${question.question}`, "aria-current": question.question === chosen ? "page" : null },
      el("span", { class: "grow", dir: "auto" }, question.text),
      el("span", { class: `badge ${kind}` }, word),
    );
    return el("li", {}, link);
  });
}

// Which questions are listed, how many there are of each kind, and which one comes next: pure functions of the state.
import { isAnswered, standingOf } from "../standing.js";

/**
 * @typedef {import("../state.js").State} State
 * @typedef {import("../state.js").Question} Question
 * @typedef {import("../state.js").Filter} Filter
 */

/**
 * The questions that are listed, by their subjects, in order.
 * @param {State} state
 * @returns {{subject: string, answered: number, total: number, questions: {question: string, text: string}[]}[]} `answered` of all, listed or not
 */
export function listed(state) {
  const { search, filter } = state.listing;
  const words = plain(search).split(/\s+/).filter(Boolean);
  /** @type {Map<string, {subject: string, answered: number, total: number, questions: {question: string, text: string}[]}>} */
  const groups = new Map();
  for (const question of state.questions) {
    const { subject, text } = question;
    const group = groups.get(subject) ?? { subject, answered: 0, total: 0, questions: [] };
    groups.set(subject, group);
    group.total += 1;
    if (isAnswered(state, question)) group.answered += 1;
    const inside = plain(`${text} ${subject}`);
    const found = words.every((word) => inside.includes(word));
    if (found && (filter === "all" || standingOf(state, question) === filter)) group.questions.push({ question: question.question, text });
  }
  return [...groups.values()].filter((group) => group.questions.length > 0);
}

/**
 * How many questions a filter shows.
 * @param {State} state
 * @returns {Record<Filter, number>}
 */
export function counts(state) {
  const all = { all: state.questions.length, open: 0, failed: 0, "not-sent": 0 };
  for (const question of state.questions) {
    const standing = standingOf(state, question);
    if (standing === "open" || standing === "failed" || standing === "not-sent") all[standing] += 1;
  }
  return all;
}

/** How many are answered. @param {State} state */
export const answeredCount = (state) => state.questions.filter((question) => isAnswered(state, question)).length;

/**
 * The open question that comes after one, from the top again behind the last.
 * @param {State} state
 * @param {string|null} id
 * @returns {Question|undefined}
 */
export function nextOpen(state, id) {
  const at = state.questions.findIndex(({ question }) => question === id);
  const inOrder = [...state.questions.slice(at + 1), ...state.questions.slice(0, Math.max(0, at))];
  return inOrder.find((question) => standingOf(state, question) === "open");
}

/** Without case and accents. @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// What is true of the page, and how it changes: pure functions, no DOM.
import { parse } from "./address.js";

/**
 * @typedef {import("./address.js").Address} Address
 *
 * @typedef {object} Job an action on many, as the server has it
 * @property {string} id
 * @property {"redrive"|"discard"|"retry"} verb
 * @property {string|null} queue
 * @property {string|null} code
 * @property {string|null} error
 * @property {string} who
 * @property {number} total
 * @property {number} done
 * @property {number} undone
 * @property {number} gone
 * @property {string|null} problem
 * @property {"RUNNING"|"DONE"|"STOPPED"} status
 * @property {string|null} kept
 *
 * @typedef {object} Question what is asked before something is done
 * @property {string} title
 * @property {string[]} text
 * @property {string} verb
 * @property {boolean} [danger]
 * @property {() => Promise<void>} act
 *
 * @typedef {object} State
 * @property {{user: string, stage: string}|null} operator
 * @property {Address} address
 * @property {Record<string, any>} answers what the server last answered, by address; going back shows it at once
 * @property {Record<string, string>} cursors where pages begin that were seen, by list and number
 * @property {number|null} asOf when what is shown was read, epoch milliseconds
 * @property {any} problem what kept the page from reading it since
 * @property {boolean} paused
 * @property {number} dead dead letters of all queues
 * @property {{list: string, ids: string[]}} selection
 * @property {Record<string, {job: Job, trouble: string|null}>} jobs by id: those that run, and those that ended before one's eyes
 * @property {Question|null} question
 * @property {string|null} restarted the address of a list that was begun again, since the server refused the page that was asked for
 */

const KEPT_ANSWERS = 20;
/** As many as the server takes in a selection. */
export const MOST_SELECTED = 1000;

/** @type {State} */
export const EMPTY = {
  operator: null,
  address: parse(""),
  answers: {},
  cursors: {},
  asOf: null,
  problem: null,
  paused: false,
  dead: 0,
  selection: { list: "", ids: [] },
  jobs: {},
  question: null,
  restarted: null,
};

/**
 * @typedef {{type: "signed-in", operator: {user: string, stage: string}}
 *   | {type: "address", hash: string}
 *   | {type: "answered", hash: string, answer: any, at: number}
 *   | {type: "problem", problem: any}
 *   | {type: "paused"}
 *   | {type: "select", ids: string[], selected: boolean}
 *   | {type: "job", job: Job, trouble?: string|null}
 *   | {type: "job-closed", id: string}
 *   | {type: "question", question: Question|null}
 *   | {type: "restarted", hash: string}} Action
 */

/**
 * The state after an action.
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case "signed-in":
      return { ...state, operator: action.operator };
    case "address": {
      const address = parse(action.hash);
      const cursors = { ...state.cursors, [pageKey(address, address.page)]: address.cursor };
      const restarted = state.restarted === address.hash ? address.hash : null;
      return { ...state, address, cursors, problem: null, restarted };
    }
    case "answered":
      return answered(state, action);
    case "problem":
      return { ...state, problem: action.problem };
    case "paused":
      return { ...state, paused: !state.paused };
    case "select":
      return { ...state, selection: { list: state.address.list, ids: chosen(selected(state), action) } };
    case "job":
      return { ...state, jobs: { ...state.jobs, [action.job.id]: { job: action.job, trouble: action.trouble ?? null } } };
    case "job-closed": {
      const { [action.id]: _, ...jobs } = state.jobs;
      return { ...state, jobs };
    }
    case "question":
      return { ...state, question: action.question };
    case "restarted":
      return { ...state, restarted: action.hash };
  }
}

/** @param {State} state @param {Extract<Action, {type: "answered"}>} action @returns {State} */
function answered(state, { hash, answer, at }) {
  const { [hash]: _, ...others } = state.answers;
  const kept = Object.entries(others).slice(-(KEPT_ANSWERS - 1));
  const before = state.answers[hash];
  // What says the same stays the same object: nothing is drawn anew for it.
  const same = before !== undefined && JSON.stringify(before) === JSON.stringify(answer);
  const answers = Object.fromEntries([...kept, [hash, same ? before : answer]]);
  const queues = /** @type {{dead: number}[]|undefined} */ (answer.queues);
  const dead = queues ? queues.reduce((sum, queue) => sum + queue.dead, 0) : state.dead;
  return { ...state, answers, dead, ...(hash === state.address.hash ? { asOf: at, problem: null } : {}) };
}

/** @param {string[]} before @param {{ids: string[], selected: boolean}} change */
function chosen(before, { ids, selected }) {
  const others = before.filter((id) => !ids.includes(id));
  return selected ? [...others, ...ids].slice(0, MOST_SELECTED) : others;
}

/** @param {Address} address @param {number} page */
const pageKey = (address, page) => `${address.list} ${page}`;

/** What the server answered for what is shown; undefined until it has. @param {State} state */
export const shown = (state) => state.answers[state.address.hash];

/** The ids that are selected of what is shown. @param {State} state */
export const selected = (state) => (state.selection.list === state.address.list ? state.selection.ids : []);

/** Where the page before the shown one begins; undefined where that was not seen. @param {State} state @returns {string|undefined} */
export const cursorBefore = (state) => state.cursors[pageKey(state.address, state.address.page - 1)];

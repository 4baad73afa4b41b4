// What follows from all that the studio knows: what is done with a question, and how it stands. Pure functions alone.
import { isOver } from "./uploads/status-feed.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Question} Question
 * @typedef {import("./state.js").Work} Work
 * @typedef {import("./state.js").Sending} Sending
 * @typedef {import("./state.js").Phase} Phase
 * @typedef {import("./state.js").Standing} Standing
 * @typedef {import("./takes/database.js").Take} Take
 */

/** Questions by their ids: each row of the list asks at each change. @type {WeakMap<Question[], Map<string|null, Question>>} */
const byId = new WeakMap();

/** The question of an id. @param {State} state @param {string|null} id @returns {Question|undefined} */
export function questionOf({ questions }, id) {
  const known = byId.get(questions) ?? new Map(questions.map((question) => [question.question, question]));
  byId.set(questions, known);
  return known.get(id);
}

/**
 * What is being done with a question: here, or else what follows from its upload and answer.
 * @param {State} state
 * @param {string} id
 * @returns {Work}
 */
export function workOf(state, id) {
  const upload = state.uploads[id];
  if (state.work[id]) return state.work[id];
  const sending = sendingOf(state, id);
  if (sending && sending.phase !== "file-needed") return { step: "sending", recorded: false };
  if (isRunning(upload)) return { step: "progress" };
  if (upload?.state === "FAILED") return { step: "failed" };
  const answered = questionOf(state, id)?.answer?.web || upload?.live;
  return answered ? { step: "ready", fresh: false } : { step: "choose" };
}

/**
 * What is on its way as the answer to a question of the mentor that is open.
 * @param {State} state
 * @param {string} id of the question
 */
export const sendingOf = (state, id) =>
  Object.values(state.sendings).findLast(({ mentor, question }) => question === id && mentor === state.mentor?.mentor);

/** What has to be done by the person before it is sent. @type {Set<Phase>} */
const STUCK = new Set(["failed", "file-needed"]);
/** What goes on without this page, or not at all. @param {Sending} sending */
const isElsewhere = ({ phase, take }) => STUCK.has(phase) || phase === "elsewhere" || (phase === "paused" && take !== null);

/** True for an upload that may still change its answer. @param {any} upload */
export const isRunning = (upload) => Boolean(upload) && !isOver(upload) && upload.state !== "SUPERSEDED";

/** Whether leaving the page would stop something, or lose what is kept nowhere. @param {State} state */
export const isBusy = (state) =>
  Object.values(state.work).some((work) => work.step === "record" || (work.step === "prepare" && work.take === null)) ||
  Object.values(state.sendings).some((sending) => !isElsewhere(sending));

/** Whether a take waits to be sent: neither it nor another one in its place was. @param {Take} take */
const isUnsent = ({ upload, setAside, deleted }) => upload === null && !setAside && !deleted;

/**
 * How a question stands.
 * @param {State} state
 * @param {Question} question
 * @returns {Standing}
 */
export function standingOf(state, { question, answer }) {
  const work = state.work[question];
  const upload = state.uploads[question];
  const sending = sendingOf(state, question);
  if (sending) return STUCK.has(sending.phase) ? "not-sent" : "sending";
  if (work?.step === "record" || work?.step === "prepare" || state.takes[question]?.some(isUnsent)) return "not-sent";
  if (isRunning(upload)) return "running";
  if (upload?.state === "FAILED") return "failed";
  return isAnswered(state, { question, answer }) ? "answered" : "open";
}

/** Whether people see an answer already. @param {State} state @param {Pick<Question, "question"|"answer">} question */
export const isAnswered = (state, { question, answer }) => Boolean(answer?.web || state.uploads[question]?.live);

/**
 * Whether the camera is on: while it is on the screen, which it is from recording until the take has been sent.
 * @param {State} state
 */
export function wantsCamera(state) {
  if (!state.shown || state.broken) return false;
  const work = workOf(state, state.shown);
  return work.step === "record" || ("recorded" in work && work.recorded === true);
}

// All that the studio knows, and what happens to it; what follows from it is in standing.js.
import { workOf } from "./standing.js";

/**
 * @typedef {{question: string, text: string, subject: string, idle: boolean, answer: any}} Question
 * @typedef {{mentor: string, name: string, thumbnail: string|null}} Mentor
 * @typedef {{start: number, end: number}} Range seconds
 * @typedef {{trim: Range|null, thumbnail: boolean, keepText: boolean}} Wishes
 * @typedef {import("./uploads/multipart.js").Begun} Begun
 * @typedef {import("../shared/problem.js").Problem} Problem
 *
 * @typedef {{step: "choose"}} Choosing
 * @typedef {{step: "record"}} Recording
 * @typedef {import("./takes/database.js").Take} Take
 * @typedef {{step: "prepare", file: File, take: string|null, recorded: boolean, lost?: import("./recording/devices.js").Kind|null, range?: Range}} Preparing `take`: id of the take that the file is; `recorded`: with the camera, just now; `lost`: what went away while it was recorded
 * @typedef {{step: "sending", recorded: boolean}} Delivering the question has a `Sending`
 * @typedef {{step: "progress", recorded?: boolean}} Progressing
 * @typedef {{step: "failed"}} Failed
 * @typedef {{step: "ready", fresh: boolean}} Ready `fresh`: it became so before the person's eyes
 * @typedef {Choosing|Recording|Preparing|Delivering|Progressing|Failed|Ready} Work what is being done with an answer here
 *
 * @typedef {"queued"|"sending"|"paused"|"waiting"|"elsewhere"|"arrived"|"failed"|"file-needed"} Phase of a file on its way; `waiting`: for the connection or the service, `elsewhere`: another tab sends it
 * @typedef {object} Sending a file on its way, of whatever mentor
 * @property {string} id
 * @property {string} mentor
 * @property {string} mentorName
 * @property {string} question
 * @property {string} text of the question
 * @property {string|null} take its id, where it is one
 * @property {string} name of the file
 * @property {number} size in bytes
 * @property {number} modified
 * @property {Phase} phase
 * @property {number} sent bytes
 * @property {number} secondsLeft
 * @property {Problem|null} problem
 *
 * @typedef {"open"|"answered"|"running"|"failed"|"not-sent"|"sending"} Standing how a question stands, in the list
 * @typedef {"all"|"open"|"failed"|"not-sent"} Filter
 * @typedef {{search: string, filter: Filter}} Listing
 *
 * @typedef {object} State
 * @property {string} user who is signed in; empty until known
 * @property {{mentor: string, name: string}[]|null} mentors whom the person may record for; null until known
 * @property {number} maxBytes of a video
 * @property {Mentor|null} mentor
 * @property {Question[]} questions in order
 * @property {Record<string, any>} uploads the newest status document of each question
 * @property {Record<string, Work>} work by question; without one it follows from upload and answer
 * @property {Record<string, Sending>} sendings by their ids, the oldest first
 * @property {Record<string, Take[]>} takes the person's recordings that are kept in this browser, by question, the oldest first
 * @property {string|null} shown question
 * @property {Listing} listing
 * @property {any} broken what keeps the page from working
 */

/** @type {State} */
export const EMPTY = {
  user: "",
  mentors: null,
  maxBytes: Infinity,
  mentor: null,
  questions: [],
  uploads: {},
  work: {},
  sendings: {},
  takes: {},
  shown: null,
  listing: { search: "", filter: "all" },
  broken: null,
};

/**
 * @typedef {{type: "mentors", user: string, mentors: {mentor: string, name: string}[], maxBytes: number}
 *   | {type: "opened", mentor: Mentor, questions: Question[], takes: Take[]}
 *   | {type: "questions", questions: Question[], mentor: Mentor}
 *   | {type: "pictured", mentor: string, thumbnail: string}
 *   | {type: "uploads", uploads: any[]}
 *   | {type: "ended", upload: any}
 *   | {type: "shown", question: string|null}
 *   | {type: "work", question: string, work: Work|null}
 *   | {type: "sending", sending: Sending}
 *   | {type: "sending-change", id: string, change: Partial<Sending>}
 *   | {type: "sending-gone", id: string}
 *   | {type: "range", question: string, range: Range}
 *   | {type: "camera-off", question: string}
 *   | {type: "take", take: Take}
 *   | {type: "take-gone", take: Take}
 *   | {type: "listing", change: Partial<Listing>}
 *   | {type: "signed-out"}
 *   | {type: "broken", error: any}} Action
 */

/**
 * The state after an action.
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  switch (action.type) {
    case "mentors":
      return { ...state, user: action.user, mentors: action.mentors, maxBytes: action.maxBytes, broken: null };
    case "opened": {
      const { mentor, questions } = action;
      const takes = Object.fromEntries(action.takes.map(({ question }) => [question, action.takes.filter((take) => take.question === question)]));
      return { ...state, mentor, questions, takes, uploads: {}, work: {}, shown: null, listing: EMPTY.listing, broken: null };
    }
    case "questions":
      return { ...state, questions: action.questions, mentor: action.mentor };
    case "pictured": {
      const { mentor } = state; // another may have been opened while the picture was saved
      return mentor?.mentor === action.mentor ? { ...state, mentor: { ...mentor, thumbnail: action.thumbnail } } : state;
    }
    case "uploads":
      return { ...state, uploads: action.uploads.reduce(withNewer, state.uploads) };
    case "ended":
      return ended(state, action.upload);
    case "shown":
      return { ...withoutCamera(state, state.shown), shown: action.question };
    case "work":
      return { ...state, work: changed(state.work, action.question, action.work) };
    case "sending":
      return { ...state, sendings: changed(state.sendings, action.sending.id, action.sending) };
    case "sending-change": {
      const known = state.sendings[action.id];
      return known ? { ...state, sendings: { ...state.sendings, [action.id]: { ...known, ...action.change } } } : state;
    }
    case "sending-gone":
      return { ...state, sendings: changed(state.sendings, action.id, null) };
    case "range": {
      const work = state.work[action.question];
      if (work?.step !== "prepare") return state;
      return { ...state, work: { ...state.work, [action.question]: { ...work, range: action.range } } };
    }
    case "camera-off":
      return withoutCamera(state, action.question);
    case "take":
      return withTake(state, action.take);
    case "take-gone":
      return withoutTake(state, action.take);
    case "signed-out":
      return EMPTY;
    case "listing":
      return { ...state, listing: { ...state.listing, ...action.change } };
    case "broken":
      return { ...state, broken: action.error };
  }
}

/**
 * With an upload, unless a newer one of its question is known.
 * @param {Record<string, any>} uploads
 * @param {any} upload
 */
function withNewer(uploads, upload) {
  const known = uploads[upload.question];
  const since = (/** @type {any} */ one) => one.accepted_at ?? "later"; // it is being accepted just now
  const older = known && known.upload_id !== upload.upload_id && since(known) > since(upload);
  return older ? uploads : { ...uploads, [upload.question]: upload };
}

/** Whoever leaves a question, or says so, has the camera no longer on for the next one. @param {State} state @param {string|null} id @returns {State} */
function withoutCamera(state, id) {
  const work = id ? state.work[id] : undefined;
  if (!id || !work || !("recorded" in work)) return state;
  return { ...state, work: { ...state.work, [id]: { ...work, recorded: false } } };
}

/** With a take, in the place of what was known of it; a recording may end when another mentor is open. @param {State} state @param {Take} take @returns {State} */
function withTake(state, take) {
  if (take.mentor !== state.mentor?.mentor || take.owner !== state.user) return state;
  const known = state.takes[take.question] ?? [];
  const after = known.some(({ id }) => id === take.id) ? known.map((each) => (each.id === take.id ? take : each)) : [...known, take];
  return { ...state, takes: { ...state.takes, [take.question]: after } };
}

/** @param {State} state @param {Take} take @returns {State} */
function withoutTake(state, { question, id }) {
  const left = (state.takes[question] ?? []).filter((each) => each.id !== id);
  return { ...state, takes: changed(state.takes, question, left.length ? left : null) };
}

/** An upload has ended while it was watched: its result is shown. @param {State} state @param {any} upload @returns {State} */
function ended(state, upload) {
  const { question } = upload;
  const next = { ...state, uploads: withNewer(state.uploads, upload) };
  if (workOf(state, question).step !== "progress") return next;
  /** @type {Work} */
  const work = upload.state === "READY" ? { step: "ready", fresh: true } : { step: "failed" };
  return { ...next, work: { ...state.work, [question]: work } };
}

/**
 * @template Value
 * @param {Record<string, Value>} record
 * @param {string} key
 * @param {Value|null} value null takes it out
 */
function changed(record, key, value) {
  const { [key]: _, ...others } = record;
  return value === null ? others : { ...others, [key]: value };
}

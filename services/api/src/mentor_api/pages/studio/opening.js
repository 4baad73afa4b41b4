// Opening a mentor: their questions, and the newest upload of each.
import { Problem } from "../shared/problem.js";
import * as api from "./api.js";
import { questionOf, standingOf } from "./standing.js";
import { dispatch, state } from "./store.js";
import * as takes from "./takes/takes.js";
import { persistently } from "./uploads/retry.js";
import { resumeAll } from "./uploads/sending.js";

const AGAIN_MS = 2000;
const NEVER = new AbortController().signal;

/** Open what the person may record for; nothing where they have to name a mentor. An outage is waited out. */
export async function start() {
  const { user, mentors, max_bytes } = await persistently(api.mentors, NEVER, sayWhy);
  dispatch({ type: "mentors", user, mentors, maxBytes: max_bytes });
  resumeAll();
  if (mentors.length) await persistently(() => open(mentors[0].mentor), NEVER, sayWhy);
}

/** @param {Problem} error that is waited out */
const sayWhy = (error) => dispatch({ type: "broken", error });

/** Open a mentor, at the question of the address or the first open one. @param {string} id */
export async function open(id) {
  const [{ mentor, questions }, first, kept] = await Promise.all([api.questions(id), api.newestUploads(id), takes.keptFor(id)]);
  dispatch({ type: "opened", mentor, questions, takes: kept });
  dispatch({ type: "uploads", uploads: first.uploads });
  showAddressed();
  await readUploads(id, first.cursor);
}

/** Read on where there are more than the first page looks at: an answer may have its newest one in any. @param {string} id @param {string|null} cursor */
async function readUploads(id, cursor) {
  while (cursor) {
    const page = await api.newestUploads(id, cursor).catch(passing);
    if (state.peek().mentor?.mentor !== id) return;
    if (page) {
      dispatch({ type: "uploads", uploads: page.uploads });
      cursor = page.cursor;
    } else await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Null for a problem that may pass: the page works without the older states meanwhile. @param {any} problem */
function passing(problem) {
  if (problem instanceof Problem && problem.passing) return null;
  throw problem;
}

/** Show the question that the address names, or the first that is open. */
export function showAddressed() {
  const { questions } = state.peek();
  const named = questionOf(state.peek(), location.hash.slice(1));
  const firstOpen = questions.find((question) => standingOf(state.peek(), question) === "open");
  dispatch({ type: "shown", question: (named ?? firstOpen ?? questions[0])?.question ?? null });
}

/** Turn to a question; the camera stays on if it records there. @param {string} question @param {import("./state.js").Work} [work] */
export function turnTo(question, work) {
  if (work) dispatch({ type: "work", question, work });
  dispatch({ type: "shown", question });
  location.hash = question;
}

/** Read again how the questions are answered. */
export async function reloadQuestions() {
  const { mentor } = state.peek();
  if (!mentor) return;
  try {
    const found = await api.questions(mentor.mentor);
    if (state.peek().mentor?.mentor === mentor.mentor) dispatch({ type: "questions", ...found });
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // what is shown stays as it was
  }
}

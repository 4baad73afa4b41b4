// How uploads advance: the one that is shown by its stream of events, the others by asking now and then.
import { announce } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import { computed, effect, signal } from "../../shared/ui.js";
import * as api from "../api.js";
import { reasonText, stateWord } from "../format.js";
import { reloadQuestions } from "../opening.js";
import { isRunning, workOf } from "../standing.js";
import { dispatch, state } from "../store.js";
import { follow, isOver } from "./status-feed.js";

const ASK_MS = 5000;

/** What keeps the shown upload's events away. */
export const trouble = signal(/** @type {Problem|null} */ (null));

/** Id of the upload whose progress is shown; a browser has six connections to a host, so it is the only stream. */
const watched = computed(() => {
  const { shown, uploads } = state.value;
  return shown && workOf(state.value, shown).step === "progress" ? (uploads[shown]?.upload_id ?? null) : null;
});
const others = computed(() =>
  Object.values(state.value.uploads).some((upload) => isRunning(upload) && upload.upload_id !== watched.value),
);

/** Follow from now on what the state shows. */
export function followState() {
  effect(() => {
    if (!watched.value) return;
    const leaving = new AbortController();
    watch(watched.value, leaving.signal);
    return () => leaving.abort();
  });
  effect(() => {
    if (!others.value) return;
    const asking = setInterval(askForOthers, ASK_MS);
    return () => clearInterval(asking);
  });
}

/** @param {string} id @param {AbortSignal} signal */
async function watch(id, signal) {
  /** @type {any} */
  let last = null;
  const { mentor } = state.peek();
  const onStatus = (/** @type {any} */ status) => {
    last = status;
    if (!isOver(status)) dispatch({ type: "uploads", uploads: [status] });
  };
  trouble.value = null;
  try {
    await follow(id, onStatus, (problem) => (trouble.value = problem), signal);
    if (signal.aborted || !last || !isOver(last)) return;
    announce(`${stateWord(last.state)[1]}. ${reasonText(last) ?? ""}`);
    await reloadQuestions();
    if (isOpen(mentor)) dispatch({ type: "ended", upload: last });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    trouble.value = error;
  }
}

/** Whether no other one was opened meanwhile. @param {import("../state.js").Mentor|null} mentor */
const isOpen = (mentor) => state.peek().mentor?.mentor === mentor?.mentor;

/** Ask for the latest uploads, and for each that runs and is not among them. */
async function askForOthers() {
  const { mentor, uploads } = state.peek();
  if (!mentor) return;
  const running = Object.values(uploads).filter((upload) => isRunning(upload) && upload.upload_id !== watched.peek());
  try {
    const { uploads: latest } = await api.latestUploads(mentor.mentor);
    const known = new Set(latest.map((upload) => upload.upload_id));
    const older = running.filter((upload) => !known.has(upload.upload_id));
    const found = [...latest, ...(await Promise.all(older.map((upload) => api.status(upload.upload_id))))];
    const ended = running.some((upload) => isOver(found.find((each) => each.upload_id === upload.upload_id) ?? upload));
    if (ended && isOpen(mentor)) await reloadQuestions();
    if (isOpen(mentor)) dispatch({ type: "uploads", uploads: found.filter((upload) => upload.upload_id !== watched.peek()) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the next asking may be answered
  }
}

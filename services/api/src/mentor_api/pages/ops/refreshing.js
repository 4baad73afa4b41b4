// Reads what the address names, keeps it up to date, and finds the place again where one was.
import { Problem } from "../shared/problem.js";
import { pageLink } from "./address.js";
import { shown } from "./state.js";
import { dispatch, now, state } from "./store.js";

const TICK_MS = 1000;
const BAD_REQUEST = 400;

/** @type {Record<import("./address.js").Section, import("./views.js").View>} */
let views;
let turn = 0;
let loading = false;
let dueAt = Infinity;
/** @type {{y: number, focus: string|null}|null} */
let place = null;

/** Show the view that the address names, from now on. @param {typeof views} every */
export async function start(every) {
  views = every;
  history.scrollRestoration = "manual";
  addEventListener("hashchange", () => {
    place = history.state ?? { y: 0, focus: null };
    showAddressed();
  });
  addEventListener("click", leave, { capture: true });
  addEventListener("pagehide", rememberPlace);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && dueAt < Infinity) dueAt = 0;
  });
  setInterval(tick, TICK_MS);
  place = history.state;
  await showAddressed();
}

/** Read what is shown anew. */
export async function refresh() {
  const { address } = state.peek();
  const view = views[address.section];
  const mine = (turn += 1);
  loading = true;
  try {
    const answer = await view.load(address);
    dispatch({ type: "answered", hash: address.hash, answer, at: Date.now() });
  } catch (problem) {
    if (mine === turn) {
      if (problem instanceof Problem && problem.status === BAD_REQUEST && address.cursor) restart(address);
      else dispatch({ type: "problem", problem });
    }
    if (!(problem instanceof Problem)) throw problem;
  } finally {
    if (mine === turn) {
      loading = false;
      const seconds = view.every(shown(state.peek()));
      dueAt = seconds > 0 ? Date.now() + seconds * 1000 : Infinity;
    }
  }
}

/** Go to an address; the same one again is read anew. @param {string} hash */
export function go(hash) {
  rememberPlace();
  if (location.hash === hash) refresh();
  else location.hash = hash;
}

/** Begin a list again whose page was refused: one release may not know the cursors of another. @param {import("./address.js").Address} address */
function restart(address) {
  const hash = pageLink(address, 1, "");
  dispatch({ type: "restarted", hash });
  location.replace(hash);
}

/** Pause, or go on. */
export function pause() {
  dispatch({ type: "paused" });
  if (dueAt < Infinity) dueAt = 0;
}

/** Bring the page to where it was; called when the view is there. @param {HTMLElement} view */
export function findPlace(view) {
  if (!place) return;
  const { y, focus } = place;
  place = null;
  const held = focus === null ? null : view.querySelector(`a[href="${CSS.escape(focus)}"]`);
  /** @type {HTMLElement} */ (held ?? view).focus({ preventScroll: true });
  scrollTo(0, y);
}

function showAddressed() {
  dispatch({ type: "address", hash: location.hash });
  return refresh();
}

/** @param {MouseEvent} event */
function leave(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest?.('a[href^="#"]')) rememberPlace();
}

function rememberPlace() {
  const focus = document.activeElement?.closest("#view a")?.getAttribute("href") ?? null;
  history.replaceState({ y: scrollY, focus }, "");
}

function tick() {
  now.value = Date.now();
  const { paused, question } = state.peek();
  const asleep = document.hidden || paused || question !== null || document.querySelector("dialog[open]") !== null;
  if (Date.now() >= dueAt && !asleep && !loading) refresh();
}

// Undo and redo: the documents before and after the one that is shown.

/**
 * @typedef {import("./document.js").Document} Document
 * @typedef {{past: Document[], now: Document, future: Document[], typing: string|null}} History `typing`: what further changes of the same kind belong to
 */

const MOST_STEPS = 500;

/** @param {Document} now @returns {History} */
export const begin = (now) => ({ past: [], now, future: [], typing: null });

/**
 * With another document; one step with the change before if both have the same `typing`.
 * @param {History} history
 * @param {Document} document
 * @param {string|null} [typing]
 * @returns {History}
 */
export function change(history, document, typing = null) {
  if (document === history.now) return history;
  const goesOn = typing !== null && typing === history.typing;
  const past = goesOn ? history.past : [...history.past.slice(1 - MOST_STEPS), history.now];
  return { past, now: document, future: [], typing };
}

/** @param {History} history @returns {History} */
export function undo({ past, now, future }) {
  if (past.length === 0) return { past, now, future, typing: null };
  return { past: past.slice(0, -1), now: past[past.length - 1], future: [now, ...future], typing: null };
}

/** @param {History} history @returns {History} */
export function redo({ past, now, future }) {
  if (future.length === 0) return { past, now, future, typing: null };
  return { past: [...past, now], now: future[0], future: future.slice(1), typing: null };
}

// Uploads that were interrupted: what is needed to go on after the page was closed. No secrets.

const KEPT = "studio-upload";

/**
 * @typedef {{begun: import("./multipart.js").Begun, name: string, size: number, modified: number, mentor: string, question: string, wishes: import("./prepare.js").Wishes, at: number}} Kept
 */

const LONGEST_MS = 40 * 3600 * 1000; // the store drops what is not completed after two days

/** @returns {Record<string, Kept>} by question */
function all() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Record<string, Kept>} kept */
function write(kept) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // A full or forbidden store only means that this upload cannot be gone on with.
  }
}

/** @param {string} mentor @param {string} question @returns {Kept|null} */
export function left(mentor, question) {
  const found = all()[`${mentor}/${question}`];
  return found && Date.now() - found.at < LONGEST_MS ? found : null;
}

/** @param {Kept} kept */
export function keep(kept) {
  write({ ...all(), [`${kept.mentor}/${kept.question}`]: kept });
}

/** @param {string} mentor @param {string} question */
export function forget(mentor, question) {
  const { [`${mentor}/${question}`]: _, ...others } = all();
  write(others);
}

/** Whether a file is the one that was being sent. @param {Kept} kept @param {File} file */
export function isSame(kept, file) {
  return kept.size === file.size && kept.name === file.name && kept.modified === file.lastModified;
}

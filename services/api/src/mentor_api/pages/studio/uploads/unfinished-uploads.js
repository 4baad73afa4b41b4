// Unfinished uploads, kept in this browser to be resumed after the page was closed. No secrets.

const KEY = "studio-upload";

/**
 * @typedef {{begun: import("./multipart.js").Begun, name: string, size: number, modified: number, mentor: string, question: string, wishes: import("../state.js").Wishes, at: number}} UnfinishedUpload
 */

const LONGEST_MS = 40 * 3600 * 1000; // the store drops what is not completed after two days

/** @returns {Record<string, UnfinishedUpload>} by question */
function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {Record<string, UnfinishedUpload>} uploads */
function write(uploads) {
  try {
    localStorage.setItem(KEY, JSON.stringify(uploads));
  } catch {
    // A full or forbidden store only means that this upload cannot be gone on with.
  }
}

/** @param {string} mentor @param {string} question @returns {UnfinishedUpload|null} */
export function find(mentor, question) {
  const found = all()[`${mentor}/${question}`];
  return found && Date.now() - found.at < LONGEST_MS ? found : null;
}

/** @param {UnfinishedUpload} upload */
export function save(upload) {
  write({ ...all(), [`${upload.mentor}/${upload.question}`]: upload });
}

/** @param {string} mentor @param {string} question */
export function remove(mentor, question) {
  const { [`${mentor}/${question}`]: _, ...others } = all();
  write(others);
}

/** True for the file that was being sent. @param {UnfinishedUpload} upload @param {File} file */
export function isSameFile(upload, file) {
  return upload.size === file.size && upload.name === file.name && upload.modified === file.lastModified;
}

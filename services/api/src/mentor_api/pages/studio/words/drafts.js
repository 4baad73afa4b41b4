// Captions that a person has changed and not saved yet, kept in this browser for that person alone.

/**
 * @typedef {{user: string, mentor: string, question: string}} Whose
 * @typedef {{version: string, cues: import("./vtt.js").Cue[]}} Draft `version`: of the text that was changed
 */

/** @param {Whose} whose */
const keyOf = ({ user, mentor, question }) => `studio-draft/${user}/${mentor}/${question}`;

/** @param {Whose} whose @returns {Draft|null} */
export function find(whose) {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(whose)) ?? "null");
    return Array.isArray(draft?.cues) ? draft : null;
  } catch {
    return null;
  }
}

/** @param {Whose} whose @param {Draft} draft */
export function save(whose, draft) {
  try {
    localStorage.setItem(keyOf(whose), JSON.stringify(draft));
  } catch {
    // A full or forbidden store only means that a reload loses the changes.
  }
}

/** @param {Whose} whose */
export function remove(whose) {
  try {
    localStorage.removeItem(keyOf(whose));
  } catch {
    // Where the store is forbidden there is none.
  }
}

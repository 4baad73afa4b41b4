// Captions that a person has changed and not saved yet, kept in this browser for that person alone.

/** @typedef {{user: string, mentor: string, question: string}} Whose */

/** @param {Whose} whose */
const keyOf = ({ user, mentor, question }) => `studio-draft/${user}/${mentor}/${question}`;

/**
 * The text of each caption as it was changed; null where there is no draft of these captions.
 * @param {Whose} whose
 * @param {string} captions that were changed
 * @returns {string[]|null}
 */
export function find(whose, captions) {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(whose)) ?? "null");
    return draft?.captions === captions ? draft.texts : null;
  } catch {
    return null;
  }
}

/** @param {Whose} whose @param {string} captions @param {string[]} texts */
export function save(whose, captions, texts) {
  try {
    localStorage.setItem(keyOf(whose), JSON.stringify({ captions, texts }));
  } catch {
    // A full or forbidden store only means that a reload loses the changes.
  }
}

/** @param {Whose} whose */
export const remove = (whose) => localStorage.removeItem(keyOf(whose));

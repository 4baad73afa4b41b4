// Texts that a person leaves in this browser: notes, and changes that are not saved yet. For that person alone.

/** @typedef {{user: string, mentor: string, question: string}} Whose */

const NOTES = "studio-notes";

/** Where the notes on a question are kept. @param {Whose} whose */
export const notesKey = ({ user, mentor, question }) => `${NOTES}/${user}/${mentor}/${question}`;

/** Keys of all that a person has left. @param {string} user */
const keysOf = (user) => Object.keys(localStorage).filter((key) => /^studio-\w+\//.test(key) && key.split("/")[1] === user);

/** Of how many answers a person has notes, and changes that are not saved. @param {string} user */
export function count(user) {
  const keys = keysOf(user);
  const notes = keys.filter((key) => key.startsWith(`${NOTES}/`)).length;
  return { notes, changes: keys.length - notes };
}

/** Remove all that a person has left. @param {string} user */
export const removeAll = (user) => keysOf(user).forEach((key) => localStorage.removeItem(key));

// Keys for recording. They count while the answer's side of the page has the focus and nobody types, so that
// what a screen reader or dictation types elsewhere starts nothing.
import { useEffect, useRef } from "../../shared/ui.js";

/** @typedef {"record"|"pause"} Command */

/** By the letter, or by the key where the keyboard has other letters. @type {Record<string, Command>} */
const COMMANDS = { r: "record", p: "pause", KeyR: "record", KeyP: "pause" };
const TYPED_IN = "input, select, textarea, [contenteditable]";

/**
 * @param {Pick<KeyboardEvent, "key"|"code"|"repeat"|"ctrlKey"|"metaKey"|"altKey">} event
 * @returns {Command|null}
 */
export function commandOf({ key, code, repeat, ctrlKey, metaKey, altKey }) {
  if (repeat || ctrlKey || metaKey || altKey) return null;
  const latin = /^[a-z]$/i.test(key);
  return COMMANDS[latin ? key.toLowerCase() : code] ?? null;
}

/** @param {(command: Command) => void} onCommand */
export function useKeys(onCommand) {
  const latest = useRef(onCommand);
  latest.current = onCommand;
  useEffect(() => {
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      const command = commandOf(event);
      const from = /** @type {Element} */ (event.target);
      if (!command || !from.closest("#work") || from.closest(TYPED_IN)) return;
      event.preventDefault();
      latest.current(command);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

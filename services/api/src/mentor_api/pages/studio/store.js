// The studio's state; components that read it are drawn anew when it changes.
import { signal } from "../shared/ui.js";
import { EMPTY, reduce } from "./state.js";

export const state = signal(EMPTY);

/** Change the state. @param {import("./state.js").Action} action */
export function dispatch(action) {
  state.value = reduce(state.peek(), action);
}

/** Say what is done with a question here; null for what follows from its upload and answer. @param {string} question @param {import("./state.js").Work|null} work */
export const work = (question, work) => dispatch({ type: "work", question, work });

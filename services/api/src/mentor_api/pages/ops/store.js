// The console's state; components that read it are drawn anew when it changes.
import { signal } from "../shared/ui.js";
import { EMPTY, reduce } from "./state.js";

export const state = signal(EMPTY);

/** The time, epoch milliseconds; it goes on every second. */
export const now = signal(Date.now());

/** Change the state. @param {import("./state.js").Action} action */
export function dispatch(action) {
  state.value = reduce(state.peek(), action);
}

/** Ask the operator before something is done. @param {import("./state.js").Question} question */
export const ask = (question) => dispatch({ type: "question", question });

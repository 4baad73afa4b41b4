// What one tab does at a time. Computers let a tab that has a lock run on, and whoever closes or discards it gives the
// lock back. Phones freeze what is out of sight, locks and all: then the tab that is in sight takes it over.

/** How often a tab that waits asks the one that has the lock for a sign of life. */
const ASK_MS = 15_000;
/** So many questions in a row that nobody answers: it is frozen. One that is only out of sight answers. */
const UNANSWERED = 4;
const ASKED = "who is at it?";
const ANSWER = "this tab";

/**
 * Do something that no other tab of this browser does meanwhile.
 * @param {string} name of it
 * @param {AbortSignal} signal
 * @param {() => void} onElsewhere told where another tab is at it, which is waited for
 * @param {(turn: AbortSignal) => Promise<void>} action done anew, after the other tab, where that has taken it over; `turn` says so, and says stop
 * @returns {Promise<void>}
 */
export async function alone(name, signal, onElsewhere, action) {
  if (!navigator.locks) return action(signal);
  const lock = `studio-upload/${name}`;
  let done = await takeTurn(lock, { ifAvailable: true }, signal, action);
  while (!done) {
    onElsewhere();
    done = await waitForTurn(lock, signal, action);
  }
}

/**
 * @param {string} lock
 * @param {LockOptions} options
 * @param {AbortSignal} signal
 * @param {(turn: AbortSignal) => Promise<void>} action
 * @returns {Promise<boolean>} false where another tab has the lock, or has taken it over
 */
async function takeTurn(lock, options, signal, action) {
  const lost = new AbortController();
  let acting = false;
  try {
    return await navigator.locks.request(lock, options, async (held) => {
      if (!held) return false;
      const channel = new BroadcastChannel(lock);
      const answer = () => acting && channel.postMessage(ANSWER);
      // A frozen tab may hear of messages, but its timers stand still.
      channel.onmessage = ({ data }) => data === ASKED && setTimeout(answer);
      acting = true;
      try {
        await action(AbortSignal.any([signal, lost.signal]));
        return true;
      } finally {
        acting = false;
        channel.close();
      }
    });
  } catch (error) {
    if (!acting) throw error;
    lost.abort();
    return false;
  }
}

/**
 * @param {string} lock
 * @param {AbortSignal} signal
 * @param {(turn: AbortSignal) => Promise<void>} action
 * @returns {Promise<boolean>} false where another tab has taken it over
 */
async function waitForTurn(lock, signal, action) {
  const over = new AbortController();
  const frozen = new AbortController();
  isUnanswered(lock, AbortSignal.any([signal, over.signal])).then((unanswered) => unanswered && frozen.abort());
  const begin = (/** @type {AbortSignal} */ turn) => {
    over.abort();
    return action(turn);
  };
  try {
    return await takeTurn(lock, { signal: AbortSignal.any([signal, frozen.signal]) }, signal, begin);
  } catch (error) {
    if (signal.aborted || !frozen.signal.aborted) throw error;
    return takeTurn(lock, { steal: true }, signal, action);
  } finally {
    over.abort();
  }
}

/**
 * Whether the tab that has a lock gives no sign of life.
 * @param {string} lock
 * @param {AbortSignal} signal
 * @param {(ms: number) => Promise<void>} [pause]
 * @returns {Promise<boolean>} false when `signal` says stop
 */
export async function isUnanswered(lock, signal, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))) {
  const channel = new BroadcastChannel(lock);
  let unanswered = 0;
  channel.onmessage = ({ data }) => {
    if (data === ANSWER) unanswered = 0;
  };
  while (unanswered < UNANSWERED && !signal.aborted) {
    unanswered += 1;
    channel.postMessage(ASKED);
    await pause(ASK_MS);
  }
  channel.close();
  return !signal.aborted;
}

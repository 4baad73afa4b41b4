// What one tab does at a time.

/**
 * Do something that no other tab of this browser does meanwhile.
 * @param {string} name of it
 * @param {AbortSignal} signal
 * @param {() => void} onElsewhere told where another tab is at it, which is waited for
 * @param {() => Promise<void>} action
 * @returns {Promise<void>}
 */
export async function alone(name, signal, onElsewhere, action) {
  if (!navigator.locks) return action();
  const lock = `studio-upload/${name}`;
  const done = await navigator.locks.request(lock, { ifAvailable: true }, async (held) => {
    if (held) await action();
    return held !== null;
  });
  if (done) return;
  onElsewhere();
  await navigator.locks.request(lock, { signal }, action);
}

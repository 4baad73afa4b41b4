// The screen stays on while somebody speaks to it.

/** Keep the screen on, where the browser can; returns what lets it go off again. @returns {() => void} */
export function keepAwake() {
  const over = new AbortController();
  const ask = async () => {
    if (document.hidden || !navigator.wakeLock) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (over.signal.aborted) await lock.release();
      else over.signal.addEventListener("abort", () => lock.release());
    } catch {
      // Low on battery, say: the screen goes off when the system wants.
    }
  };
  document.addEventListener("visibilitychange", ask, { signal: over.signal }); // out of sight the browser takes it away
  ask();
  return () => over.abort();
}

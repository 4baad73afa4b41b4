// How fast bytes go out.

const WINDOW_MS = 8000;
const SHORTEST_WINDOW_MS = 500;

/** A function of the bytes that are sent by now; it returns how many a second of late, or NaN. */
export function speedometer() {
  /** @type {[number, number][]} */
  const history = [];
  return (/** @type {number} */ sent) => {
    const now = performance.now();
    history.push([now, sent]);
    while (history.length > 2 && now - history[0][0] > WINDOW_MS) history.shift();
    const [at, before] = history[0];
    return now - at < SHORTEST_WINDOW_MS ? NaN : ((sent - before) / (now - at)) * 1000;
  };
}

// How loud a voice is, and what is worth saying about it. In dBFS: 0 is the loudest that can be recorded.

/**
 * @typedef {{level: number, peak: number}} Moment its root mean square, and the loudest sample in it
 * @typedef {"good"|"silent"|"quiet"|"loud"} Verdict
 */

/** Silence, in figures. */
const NOTHING_DB = -100;
/** Moments that are judged together: a thought between two sentences is not a low voice. */
export const WINDOW = 160;
const FEWEST = 60;

// Each verdict is come to at one level and left at another, so that it does not flicker.
const SILENT_DB = { enter: -85, leave: -75 };
const QUIET_DB = { enter: -45, leave: -40 };
const CLIPPED_DB = -0.5;
/** More than there are until the browser has found the right gain, a second after the first word. */
const CLIPPED_MOMENTS = { enter: 16, leave: 4 };
/** A voice, however low, has loud and soft moments, so far apart, and is above the sounds of a room. */
const SPEECH_RANGE_DB = 8;
const ROOM_DB = -60;

/** @param {number} amplitude */
const decibels = (amplitude) => Math.max(NOTHING_DB, 20 * Math.log10(amplitude));

/** @param {Float32Array} samples @returns {Moment} */
export function momentOf(samples) {
  let [squares, loudest] = [0, 0];
  for (const sample of samples) {
    squares += sample * sample;
    loudest = Math.max(loudest, Math.abs(sample));
  }
  return { level: decibels(Math.sqrt(squares / samples.length)), peak: decibels(loudest) };
}

/**
 * What there is to say about the latest moments.
 * @param {Moment[]} moments at most `WINDOW`
 * @param {Verdict} before
 * @param {boolean} speaking whether somebody is supposed to speak: otherwise a room without a voice is all right
 * @returns {Verdict}
 */
export function judge(moments, before, speaking) {
  /** @type {(verdict: Verdict, edges: {enter: number, leave: number}) => number} */
  const edge = (verdict, { enter, leave }) => (before === verdict ? leave : enter);
  if (moments.filter(({ peak }) => peak > CLIPPED_DB).length >= edge("loud", CLIPPED_MOMENTS)) return "loud";
  const loudest = Math.max(...moments.map(({ peak }) => peak));
  if (moments.length < FEWEST) return before === "silent" && loudest > SILENT_DB.leave ? "good" : before;
  if (loudest < edge("silent", SILENT_DB)) return "silent";
  const levels = moments.map(({ level }) => level).sort((one, other) => one - other);
  const [soft, loud] = [0.1, 0.9].map((part) => levels[Math.floor(part * (levels.length - 1))]);
  const voice = loud - soft > SPEECH_RANGE_DB && loud > ROOM_DB;
  const owed = before === "quiet" || (speaking && moments.length >= WINDOW);
  return (voice || owed) && loud < edge("quiet", QUIET_DB) ? "quiet" : "good";
}

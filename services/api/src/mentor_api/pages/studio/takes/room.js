// How much a browser has room to keep, and whether it promises to.
import { useEffect, useState } from "../../shared/ui.js";
import { BYTES_PER_SECOND } from "../recording/recorder.js";
import { room as texts } from "../texts.js";
import { purge } from "./takes.js";

/** Room of less than so many minutes is worth a word. */
const SCARCE_MINUTES = 10;

/**
 * How many whole minutes of recording there is room for; null where the browser does not say.
 * @param {StorageEstimate} estimate
 */
export function minutesLeft({ quota, usage }) {
  if (quota === undefined || usage === undefined) return null;
  return Math.max(0, Math.floor((quota - usage) / BYTES_PER_SECOND / 60));
}

/**
 * A word about the room for a recording, null where there is enough.
 * @param {number|null} minutes
 */
export const shortage = (minutes) => (minutes === null || minutes >= SCARCE_MINUTES ? null : texts.short(minutes));

/** Ask the browser to keep recordings whatever happens; the person may be asked. */
const persist = async () => navigator.storage?.persist?.();

/** Look at the browser's room. @returns {Promise<string|null>} a word where it is short */
async function look() {
  if (!navigator.storage?.estimate) return null;
  const first = shortage(minutesLeft(await navigator.storage.estimate()));
  if (!first) return null;
  await purge();
  return shortage(minutesLeft(await navigator.storage.estimate()));
}

/** A word where room for a recording is short, null until and unless it is. */
export function useShortage() {
  const [found, setFound] = useState(/** @type {string|null} */ (null));
  useEffect(() => {
    const show = () => look().then(setFound, () => {}); // a browser without storage says so once something is recorded
    show();
    // Firefox asks the person, who need not answer, and has more room for what it promised to keep.
    persist().then(show, () => {});
  }, []);
  return found;
}

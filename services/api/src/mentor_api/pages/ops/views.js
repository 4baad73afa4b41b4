// The views: what each is called, what it reads of the server and how often, and its component.
import { hasHidden, Letters, loadLetters } from "./letters/letters.js";
import { loadLog, Log } from "./log/log.js";
import { loadOverview, Overview } from "./overview/overview.js";
import * as texts from "./texts.js";
import { loadUpload, Upload } from "./uploads/upload.js";
import { loadUploads, Uploads } from "./uploads/uploads.js";

/**
 * @typedef {object} View
 * @property {(address: import("./address.js").Address) => string} title
 * @property {(data: any) => number} every seconds after which it is read again; 0 for never. `data` is undefined where there is none yet
 * @property {(address: import("./address.js").Address) => Promise<any>} load
 * @property {(props: {data: any, address: import("./address.js").Address}) => any} component
 */

/** @type {Record<import("./address.js").Section, View>} */
export const VIEWS = {
  overview: { title: () => texts.overview.title, every: () => 5, load: loadOverview, component: Overview },
  uploads: { title: () => texts.uploads.title, every: () => 10, load: loadUploads, component: Uploads },
  upload: { title: ({ id }) => texts.upload.title(id.slice(0, 8)), every: () => 5, load: loadUpload, component: Upload },
  // Reading them hides each for a moment from others: only when asked, or while somebody else has some in hand.
  letters: { title: () => texts.letters.title, every: (data) => (hasHidden(data) ? 5 : 0), load: loadLetters, component: Letters },
  log: { title: () => texts.log.title, every: () => 10, load: loadLog, component: Log },
};

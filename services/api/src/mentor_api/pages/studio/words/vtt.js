// WebVTT (https://www.w3.org/TR/webvtt1/): reading cues and writing them again.

/** @typedef {{id: string, start: number, end: number, settings: string, text: string}} Cue */

const TIME = /(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})/;
const LINE = new RegExp(`^\\s*${TIME.source}\\s+-->\\s+${TIME.source}(.*)$`);

/**
 * @param {string} text
 * @returns {Cue[]} times in seconds; what is no cue is left out
 */
export function parse(text) {
  const cues = [];
  const blocks = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n").split(/\n{2,}/);
  for (const block of blocks) {
    const lines = block.split("\n").filter((line, index) => line !== "" || index > 0);
    const at = lines.findIndex((line) => line.includes("-->"));
    const found = at < 0 || at > 1 ? null : LINE.exec(lines[at]);
    if (!found) continue;
    cues.push({
      id: at === 1 ? lines[0] : "",
      start: seconds(found.slice(1, 5)),
      end: seconds(found.slice(5, 9)),
      settings: found[9].trim(),
      text: lines.slice(at + 1).join("\n").trim(),
    });
  }
  return cues;
}

/** @param {string[]} parts hours, minutes, seconds, milliseconds */
function seconds([hours, minutes, whole, milli]) {
  return Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(whole) + Number(milli) / 1000;
}

/** @param {Cue[]} cues */
export function serialise(cues) {
  const blocks = cues.map((cue) => {
    const times = `${stamp(cue.start)} --> ${stamp(cue.end)}`;
    const head = [cue.id, cue.settings ? `${times} ${cue.settings}` : times].filter(Boolean);
    return [...head, clean(cue.text)].join("\n");
  });
  return `${["WEBVTT", ...blocks].join("\n\n")}\n`;
}

/** Without what would end a cue or begin another. @param {string} text */
function clean(text) {
  const lines = text.replace(/-->/g, "→").split("\n");
  return lines.map((line) => line.trim()).filter(Boolean).join("\n");
}

/** @param {number} at seconds */
export function stamp(at) {
  const milli = Math.round(at * 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const whole = Math.floor(milli / 1000);
  const clock = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map(two);
  return `${clock.join(":")}.${String(milli % 1000).padStart(3, "0")}`;
}

/** Text of a cue without its markup. @param {string} text */
export function plain(text) {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&nbsp;/g, "\u00a0")
    .replace(/&amp;/g, "&");
}

/** Text as a cue holds it. @param {string} text */
export function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

// Times as a person reads and types them.

/** As on a clock, with milliseconds: 1:02.500. @param {number} seconds */
export function written(seconds) {
  const milli = Math.round(seconds * 1000);
  const minutes = Math.floor(milli / 60_000);
  return `${minutes}:${((milli % 60_000) / 1000).toFixed(3).padStart(6, "0")}`;
}

/** Seconds that were typed as 62.5, 1:02.5 or 0:01:02,5; null for what is no time. @param {string} text */
export function typed(text) {
  const parts = text.trim().replace(",", ".").split(":");
  const isTime = parts.length <= 3 && parts.every((part, n) => (n < parts.length - 1 ? /^\d+$/ : /^\d+(\.\d*)?$/).test(part));
  return isTime ? parts.reduce((sum, part) => sum * 60 + Number(part), 0) : null;
}

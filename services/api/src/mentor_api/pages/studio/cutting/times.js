// Times as they are written into a field, and read from it.

const CLOCK = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)$/;
const UNITS = /^(?:(\d+)h(?:ours?|rs?)?)?(?:(\d+)m(?:in(?:ute)?s?)?)?(?:(\d+(?:\.\d*)?|\.\d+)(?:s(?:ec(?:ond)?s?)?)?)?$/;
const ARABIC_ZEROS = [0x660, 0x6f0];

/**
 * Seconds of a time as people write it: 1:02.5, 62,5, 1m 2.5s, or 1.02.5 where a keyboard has no colon; null for
 * anything else.
 * @param {string} text
 * @returns {number|null}
 */
export function parse(text) {
  const plain = latin(text).toLowerCase().trim().replace(/[,٫]/g, ".").replace(/\s*([:.a-z])\s*/g, "$1");
  const colons = plain.replace(/^(?:(\d+)\.)?(\d+)\.(\d+\.\d+)$/, (_, hours, minutes, rest) => [hours, minutes, rest].filter(Boolean).join(":"));
  const found = colons === "" ? null : (CLOCK.exec(colons) ?? UNITS.exec(colons));
  if (!found) return null;
  const [hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  const carries = (seconds >= 60 && found[2] !== undefined) || (minutes >= 60 && found[1] !== undefined);
  return carries ? null : hours * 3600 + minutes * 60 + seconds;
}

/** As in a field: 1:02.5, or 1:02.53 between tenths. @param {number} seconds */
export function written(seconds) {
  const hundredths = Math.max(0, Math.round(seconds * 100));
  const rest = ((hundredths % 6000) / 100).toFixed(2).padStart(5, "0");
  return `${Math.floor(hundredths / 6000)}:${rest.replace(/0$/, "")}`;
}

/** With the digits of ASCII, whatever keyboard they come from. @param {string} text */
function latin(text) {
  return text.normalize("NFKC").replace(/[٠-٩۰-۹]/g, (digit) => {
    const code = digit.charCodeAt(0);
    const zero = ARABIC_ZEROS.findLast((each) => each <= code) ?? code;
    return String(code - zero);
  });
}

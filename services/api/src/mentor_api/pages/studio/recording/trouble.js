// Why a camera or a microphone does not start, and which browser has to be told.

/**
 * @typedef {"cannot"|"refused"|"refusedBySystem"|"noCamera"|"noMicrophone"|"inUse"|"other"} Trouble
 * @typedef {"ios"|"android"|"edge"|"firefox"|"chrome"|"safari"|"other"} Browser
 */

/**
 * @param {any} error of `getUserMedia`
 * @param {import("./devices.js").Devices} devices that there are
 * @returns {Trouble}
 */
export function troubleOf(error, devices) {
  switch (error?.name) {
    case "NotAllowedError":
      return /system/i.test(error.message) ? "refusedBySystem" : "refused"; // Chromium says whose "no" it was
    case "NotFoundError":
      if (devices.camera.length === 0) return "noCamera";
      return devices.microphone.length === 0 ? "noMicrophone" : "other";
    case "NotReadableError":
    case "AbortError": // Firefox's word for some of them
      return "inUse";
    default:
      return "other";
  }
}

/** Names of browsers by what only they call themselves: the others' names are in there too. @type {[RegExp, Browser][]} */
const NAMES = [
  [/iPhone|iPad|iPod/, "ios"],
  [/Android/, "android"],
  [/Edg\//, "edge"],
  [/Firefox\//, "firefox"],
  [/Chrome\//, "chrome"],
  [/Safari\//, "safari"],
];

/** @param {{userAgent: string, maxTouchPoints: number}} navigator @returns {Browser} */
export function browserOf({ userAgent, maxTouchPoints }) {
  if (/Macintosh/.test(userAgent) && maxTouchPoints > 1) return "ios"; // an iPad says that it is a Mac
  return NAMES.find(([name]) => name.test(userAgent))?.[1] ?? "other";
}

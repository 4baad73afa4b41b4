// A camera or a microphone that goes away while it records: pulled out, or taken back by the system.

/**
 * Stop a recording when one of its devices goes away.
 * @param {MediaStream} stream
 * @param {import("./recording.js").Recording} recording
 * @returns {() => import("./devices.js").Kind|null} which one has gone away first
 */
export function stopWhenLost(stream, recording) {
  /** @type {import("./devices.js").Kind|null} */
  let lost = null;
  for (const track of stream.getTracks()) {
    // Not told of a track that the page stops itself.
    track.addEventListener("ended", () => {
      lost ??= track.kind === "video" ? "camera" : "microphone";
      recording.stop();
    });
  }
  return () => lost;
}

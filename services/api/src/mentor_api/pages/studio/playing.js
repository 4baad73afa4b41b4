// Playing a part of a video.

/**
 * Plays from a moment to another one, in seconds, and stops there, unless the person pauses or goes elsewhere meanwhile.
 * @param {HTMLVideoElement} video
 * @returns {{play: (start: number, end: number) => void, stop: () => void}} `stop`: begin nothing any more
 */
export function partPlayer(video) {
  let last = new AbortController();
  const play = (/** @type {number} */ start, /** @type {number} */ end) => {
    last.abort();
    const part = new AbortController();
    const { signal } = part;
    last = part;
    const stopBehind = () => {
      if (signal.aborted) return;
      // The event of a seek comes later than the new time.
      if (!video.seeking && video.currentTime >= end) video.pause();
      else requestAnimationFrame(stopBehind);
    };
    const begin = () => {
      if (video.seeking) return; // this was an earlier seek's end
      for (const leaving of ["seeking", "pause"]) video.addEventListener(leaving, () => part.abort(), { signal });
      video.play().catch(() => part.abort()); // paused at once
      stopBehind();
    };
    video.pause();
    video.addEventListener("seeked", begin, { signal });
    video.currentTime = start;
  };
  return { play, stop: () => last.abort() };
}

// How loud the microphone is, as a bar, and in words where it matters.
import { h, useEffect, useLayoutEffect, useRef, useState } from "../../shared/ui.js";
import { loudness as texts } from "../texts.js";
import { judge, momentOf, WINDOW } from "./loudness.js";

const LOOK_MS = 50;
/** Ten movements a second are enough for the eye; for each the page is laid out and painted. */
const LOOKS_A_MOVEMENT = 2;
const SAMPLES = 2048; // nearly all of them at 48 kHz
const SOFTEST_DB = -60;
const FALL_DB = 1.5;

/** @typedef {import("./loudness.js").Moment} Moment @typedef {import("./loudness.js").Verdict} Verdict */

/**
 * What there is to say about the sound of a stream, from now on; `meter` is moved without drawing anything else anew.
 * @param {MediaStream|null} stream
 * @param {boolean} speaking whether somebody is supposed to speak now
 */
export function useLoudness(stream, speaking) {
  const meter = useRef(/** @type {HTMLMeterElement|null} */ (null));
  const moments = useRef(/** @type {Moment[]} */ ([]));
  const expected = useRef(speaking);
  const [verdict, setVerdict] = useState(/** @type {Verdict} */ ("good"));
  useLayoutEffect(() => {
    if (meter.current) meter.current.value = SOFTEST_DB;
  }, []);
  useEffect(() => {
    expected.current = speaking;
    moments.current = []; // what was said before, or was not, is another matter
  }, [speaking]);
  useEffect(() => {
    moments.current = [];
    setVerdict("good");
    if (!stream || stream.getAudioTracks().length === 0) return;
    let [looks, shown] = [0, SOFTEST_DB];
    return listen(stream, (moment) => {
      moments.current = [...moments.current, moment].slice(-WINDOW);
      setVerdict((before) => judge(moments.current, before, expected.current));
      shown = Math.max(moment.peak, shown - FALL_DB);
      looks += 1;
      if (meter.current && looks % LOOKS_A_MOVEMENT === 0) meter.current.value = shown;
    });
  }, [stream]);
  return { meter, verdict };
}

/** How loud it is. @param {{meter: import("../../vendor/preact.js").RefObject<HTMLMeterElement|null>}} props */
export const Level = ({ meter }) =>
  h(
    "div",
    { class: "level" },
    h("label", { class: "small soft", for: "level" }, texts.sound),
    h("meter", { id: "level", min: SOFTEST_DB, max: 0, low: -45, high: -3, optimum: -20, ref: meter }),
  );

/** What there is to say about the sound, over the picture: there it is seen, and moves nothing. @param {{verdict: Verdict}} props */
export const VerdictNote = ({ verdict }) => h("p", { class: "verdict", role: "status" }, texts.verdicts[verdict]);

/**
 * Hear a stream, moment by moment; returns what ends it.
 * @param {MediaStream} stream
 * @param {(moment: Moment) => void} onMoment
 */
function listen(stream, onMoment) {
  const sound = new AudioContext();
  const analyser = sound.createAnalyser();
  analyser.fftSize = SAMPLES;
  sound.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(SAMPLES);
  const looking = setInterval(() => {
    if (sound.state !== "running") return; // it hears nothing then, whatever the microphone does
    analyser.getFloatTimeDomainData(samples);
    onMoment(momentOf(samples));
  }, LOOK_MS);
  return () => {
    clearInterval(looking);
    sound.close();
  };
}

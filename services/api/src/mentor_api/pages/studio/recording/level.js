// How loud the microphone is, as a bar, and in words where it matters.
import { h, useEffect, useLayoutEffect, useRef, useState } from "../../shared/ui.js";
import { loudness as texts } from "../texts.js";
import { judge, momentOf, WINDOW } from "./loudness.js";

const LOOK_MS = 50;
const SAMPLES = 2048; // nearly all of them at 48 kHz
const SOFTEST_DB = -60;
const FALL_DB = 1.5;

/**
 * @param {object} props
 * @param {MediaStream|null} props.stream
 * @param {boolean} props.speaking whether somebody is supposed to speak now
 * @param {boolean} props.idle whether the answer has no words, so that silence is right
 */
export function Level({ stream, speaking, idle }) {
  const meter = useRef(/** @type {HTMLMeterElement|null} */ (null));
  const moments = useRef(/** @type {import("./loudness.js").Moment[]} */ ([]));
  const expected = useRef(speaking);
  const [verdict, setVerdict] = useState(/** @type {import("./loudness.js").Verdict} */ ("good"));
  useLayoutEffect(() => {
    if (meter.current) meter.current.value = SOFTEST_DB; // from here on it is moved without drawing anything else anew
  }, []);
  useEffect(() => {
    expected.current = speaking;
    moments.current = []; // what was said before, or was not, is another matter
  }, [speaking]);
  useEffect(() => {
    moments.current = [];
    setVerdict("good");
    if (!stream || stream.getAudioTracks().length === 0) return;
    return listen(stream, (moment) => {
      moments.current = [...moments.current, moment].slice(-WINDOW);
      setVerdict((before) => judge(moments.current, before, expected.current));
      if (meter.current) meter.current.value = Math.max(moment.peak, meter.current.value - FALL_DB);
    });
  }, [stream]);
  const shown = idle ? "good" : verdict;
  return h(
    "div",
    { class: "level" },
    h("label", { class: "small soft", for: "level" }, texts.sound),
    h("meter", { id: "level", min: SOFTEST_DB, max: 0, low: -45, high: -3, optimum: -20, ref: meter }),
    h("p", { class: `verdict ${shown}`, role: "status" }, texts.verdicts[shown]),
  );
}

/**
 * Hear a stream, moment by moment; returns what ends it.
 * @param {MediaStream} stream
 * @param {(moment: import("./loudness.js").Moment) => void} onMoment
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

// How loud the microphone is.
import { h, useEffect, useRef } from "../../shared/ui.js";
import { record as texts } from "../texts.js";

const LOOK_MS = 60;
const DECAY = 0.85;

/** @param {{stream: MediaStream|null}} props */
export function Level({ stream }) {
  const meter = useRef(/** @type {HTMLMeterElement|null} */ (null));
  useEffect(() => {
    if (!stream || stream.getAudioTracks().length === 0) return;
    const sound = new AudioContext();
    const analyser = sound.createAnalyser();
    analyser.fftSize = 512;
    sound.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const looking = setInterval(() => {
      if (!meter.current) return;
      analyser.getFloatTimeDomainData(samples);
      const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      meter.current.value = Math.max(loudest, meter.current.value * DECAY);
    }, LOOK_MS);
    return () => {
      clearInterval(looking);
      sound.close();
    };
  }, [stream]);
  return h("meter", { min: 0, max: 1, value: 0, "aria-label": texts.level, ref: meter });
}

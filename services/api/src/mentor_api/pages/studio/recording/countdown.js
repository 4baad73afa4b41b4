// The countdown before a recording, which can be skipped.
import { announce } from "../../shared/dom.js";
import { useEffect, useRef, useState } from "../../shared/ui.js";

const COUNT = 3;
const COUNT_MS = 800;

/** @typedef {{left: number, run: () => Promise<boolean>, skip: () => void}} Countdown `left` is 0 while it does not run; `run` resolves at its end, with false where its view is gone */

/** @returns {Countdown} */
export function useCountdown() {
  const [left, setLeft] = useState(0);
  const skip = useRef(() => {});
  const mounted = useRef(true);
  useEffect(() => () => void (mounted.current = false), []);
  const run = async () => {
    const skipped = new Promise((resolve) => (skip.current = () => resolve(true)));
    for (let left = COUNT; left > 0 && mounted.current; left -= 1) {
      setLeft(left);
      announce(String(left));
      const counted = new Promise((resolve) => setTimeout(resolve, COUNT_MS));
      if (await Promise.race([skipped, counted])) break;
    }
    setLeft(0);
    return mounted.current;
  };
  return { left, run, skip: () => skip.current() };
}

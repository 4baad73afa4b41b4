"""``make chaos-live [UPLOADS=200] [SEED=…]``: exit code 0 only when nothing was lost or doubled.

At most 12 minutes. The log of all processes stays in the folder that is printed when it went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mentor_local.chaos.browsers import Answers, Browsers, UploadTarget
from mentor_local.chaos.fault_schedule import FaultSchedule
from mentor_local.chaos.ledger import Ledger
from mentor_local.chaos.stack import chaos_stack
from mentor_local.clips import make_clips
from mentor_local.config import Config
from mentor_local.console import Console
from mentor_local.leftovers import check_ports

if TYPE_CHECKING:
    from mentor_local.chaos.browsers import Attempt

FULL = 200
LONGEST_SECONDS = 12 * 60.0
_ENDING_SECONDS = 40.0  # to count, and to stop everything in order
_BASELINE = 20
_BROWSERS = 6
_IN_FLIGHT = 40  # so many answers there are; an answer has one active upload
_DRAIN_SECONDS = 200.0  # nothing new later than this before the end: a slow machine tries fewer


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(prog="make chaos-live")
    parser.add_argument("--uploads", type=int, default=FULL)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    options = parser.parse_args()
    print(f"seed: {options.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="mentor-upload-chaos-"))
    config = replace(Config.from_environment(), home=folder / "home", foreign_graphql=None)
    check_ports(config.ports)
    with (folder / "log").open("w") as log_file:
        passed = asyncio.run(
            _run(options.uploads, options.seed, config, Console(log_file), make_clips(folder))
        )
    if passed:
        shutil.rmtree(folder)
        return 0
    print(f"the log of all processes: {folder / 'log'}")
    return 1


async def _run(
    uploads: int, seed: int, config: Config, console: Console, clips: dict[str, Path]
) -> bool:
    began = time.monotonic()

    def log(text: str) -> None:
        line = f"[{time.monotonic() - began:5.0f} s] {text}"
        print(line, flush=True)
        console.note(f"CHAOS {line}")

    async with chaos_stack(config, console, seed) as stack:
        log("the stack is up")
        target = UploadTarget(stack.ui, stack.graphql.store, stack.api_secret)
        answers = Answers.seeded(target, _IN_FLIGHT)
        ledger = Ledger(stack, answers)
        ledger.start()
        deadline = began + LONGEST_SECONDS - _ENDING_SECONDS
        scale = min(1.0, uploads / FULL)
        rng = random.Random(seed)  # noqa: S311 -- no secret
        last_call = deadline - _DRAIN_SECONDS
        calm = Browsers(target, answers, clips, rng, last_call)
        count = max(5, round(_BASELINE * scale))
        without = await _throughput(calm, ledger, count, deadline, only_good=True)
        log(f"without faults: {without * 60:.1f} uploads a minute over {count}")

        browsers = Browsers(target, answers, clips, rng, last_call)
        faults = FaultSchedule(stack, ledger, rng, scale, log)
        running = asyncio.create_task(faults.run())
        uploading = asyncio.create_task(_throughput(browsers, ledger, uploads, deadline))
        done, _ = await asyncio.wait({running}, timeout=max(0.0, deadline - time.monotonic()))
        if done:
            running.result()
        else:
            running.cancel()
        log("the schedule of faults is over")
        await faults.end_faults()
        with_faults = await uploading
        ledger.stop()
        log("drained" if not ledger.unfinished() else "time is up")
        return _report(ledger, faults, calm, browsers, with_faults / without if without else 0)


async def _throughput(
    browsers: Browsers, ledger: Ledger, count: int, deadline: float, *, only_good: bool = False
) -> float:
    """Upload and wait for all ends; return good uploads that became ready, per second."""
    began = time.time()
    threads = browsers.start(count, _BROWSERS, only_good=only_good)
    while time.monotonic() < deadline:
        mine = {a.upload_id for a in browsers.attempts if a.upload_id}
        waiting = {upload.upload_id for upload in ledger.unfinished()}
        known = mine <= set(ledger.seen)
        if not any(t.is_alive() for t in threads) and known and not waiting:
            break
        await asyncio.sleep(0.5)
    good = [a.upload_id for a in browsers.attempts if a.kind == "good" and a.upload_id]
    ended = [w.ended_at for i in good if (w := ledger.seen.get(i)) and w.ended_at]
    return len(ended) / (max(ended) - began) if ended else 0.0


def _report(
    ledger: Ledger, faults: FaultSchedule, calm: Browsers, browsers: Browsers, share: float
) -> bool:
    attempts: list[Attempt] = calm.attempts + browsers.attempts
    outcomes = ledger.outcomes()
    lost, duplicated = ledger.lost(attempts), ledger.duplicated()
    dead = ledger.dead_letters()
    seconds = [one.seconds for one in faults.recoveries if one.seconds is not None]
    for one in faults.recoveries:
        if one.seconds is None:
            print(f"not seen to recover: {one.fault}")
    back = ledger.regressions()
    for what, problems in {"lost": lost, "duplicated": duplicated, "went back": back}.items():
        for problem in problems:
            print(f"  {what}: {problem}")
    for upload_id, observed in ledger.seen.items():
        outcome = observed.upload.outcome
        if outcome and outcome.kind == "failed":
            print(f"  failed: {upload_id}: {outcome.code}")
    print(f"injected by the proxy: {faults.stack.injected()}")
    print(f"events delivered: {ledger.deliveries}, different ones: {len(ledger.contents)}")
    print(f"answers written again as they were: {ledger.repeated_switches()}")
    kinds = Counter(
        f"{attempt.kind}{'' if attempt.upload_id else ' refused'}" for attempt in attempts
    )
    print(f"kinds: {dict(kinds)}")
    print(f"statuses that went back: {len(back)}")
    print(f"faults: {len(faults.recoveries)}")
    print(f"attempted: {len(attempts)}")
    print(f"accepted: {len(ledger.seen)}")
    for kind in ("ready", "failed", "cancelled", "superseded"):
        print(f"{kind}: {outcomes[kind]}")
    print(f"dead-lettered: {sum(dead.values())}")
    print(f"lost: {len(lost)}")
    print(f"duplicated: {len(duplicated)}")
    print(f"recovered: {len(seconds)}")
    print(f"worst recovery s: {max(seconds, default=0):.1f}")
    print(f"good uploads' throughput against a run without faults: {share:.2f}")
    conserved = sum(outcomes[k] for k in ("ready", "failed", "cancelled", "superseded"))
    return not lost and not duplicated and not back and conserved == len(ledger.seen)


if __name__ == "__main__":
    sys.exit(main())

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

from mentor_local.chaos.browsers import Answers, Browsers
from mentor_local.chaos.ledger import Ledger
from mentor_local.chaos.stage import stage
from mentor_local.chaos.storm import Storm
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
    asked = parser.parse_args()
    print(f"seed: {asked.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="mentor-upload-chaos-"))
    config = replace(Config.from_environment(), home=folder / "home", foreign_graphql=None)
    check_ports(config.ports)
    with (folder / "log").open("w") as log:
        green = asyncio.run(
            _run(asked.uploads, asked.seed, config, Console(log), make_clips(folder))
        )
    if green:
        shutil.rmtree(folder)
        return 0
    print(f"the log of all processes: {folder / 'log'}")
    return 1


async def _run(
    uploads: int, seed: int, config: Config, console: Console, clips: dict[str, Path]
) -> bool:
    began = time.monotonic()

    def say(text: str) -> None:
        line = f"[{time.monotonic() - began:5.0f} s] {text}"
        print(line, flush=True)
        console.note(f"CHAOS {line}")

    async with stage(config, console, seed) as on:
        say("the stack is up")
        answers = Answers.seeded(on, _IN_FLIGHT)
        ledger = Ledger(on, answers)
        ledger.start()
        deadline = began + LONGEST_SECONDS - _ENDING_SECONDS
        scale = min(1.0, uploads / FULL)
        dice = random.Random(seed)  # noqa: S311 -- dice, no secret
        last_call = deadline - _DRAIN_SECONDS
        calm = Browsers(on, answers, clips, dice, last_call)
        count = max(5, round(_BASELINE * scale))
        without = await _throughput(calm, ledger, count, deadline, only_good=True)
        say(f"without faults: {without * 60:.1f} uploads a minute over {count}")

        browsers = Browsers(on, answers, clips, dice, last_call)
        storm = Storm(on, ledger, dice, scale, say)
        raging = asyncio.create_task(storm.rage())
        among = asyncio.create_task(_throughput(browsers, ledger, uploads, deadline))
        done, _ = await asyncio.wait({raging}, timeout=max(0.0, deadline - time.monotonic()))
        if done:
            raging.result()
        else:
            raging.cancel()
        say("the storm is over")
        await storm.settle()
        withal = await among
        ledger.stop()
        say("drained" if not ledger.unfinished() else "time is up")
        return _report(ledger, storm, calm, browsers, withal / without if without else 0)


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
    ended = [w.told_at for i in good if (w := ledger.seen.get(i)) and w.told_at]
    return len(ended) / (max(ended) - began) if ended else 0.0


def _report(ledger: Ledger, storm: Storm, calm: Browsers, browsers: Browsers, share: float) -> bool:
    attempts: list[Attempt] = calm.attempts + browsers.attempts
    outcomes = ledger.outcomes()
    lost, duplicated = ledger.lost(attempts), ledger.duplicated()
    dead = ledger.dead_letters()
    seconds = [one.seconds for one in storm.recoveries if one.seconds is not None]
    for one in storm.recoveries:
        if one.seconds is None:
            print(f"not seen to recover: {one.what}")
    back = ledger.went_back()
    for what, problems in {"lost": lost, "duplicated": duplicated, "went back": back}.items():
        for problem in problems:
            print(f"  {what}: {problem}")
    for upload_id, watched in ledger.seen.items():
        outcome = watched.upload.outcome
        if outcome and outcome.kind == "failed":
            print(f"  failed: {upload_id}: {outcome.code}")
    print(f"injected by the proxy: {storm.stage.injected()}")
    print(f"events heard: {ledger.deliveries}, different ones: {len(ledger.said)}")
    print(f"answers written again as they were: {ledger.repeated_switches()}")
    kinds = Counter(
        f"{attempt.kind}{'' if attempt.upload_id else ' refused'}" for attempt in attempts
    )
    print(f"kinds: {dict(kinds)}")
    print(f"statuses that went back: {len(back)}")
    print(f"faults: {len(storm.recoveries)}")
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

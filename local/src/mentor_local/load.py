"""``python -m mentor_local load [UPLOADS]``: many uploads through the stack that runs, undisturbed.

Several browsers upload clips of two seconds, some of them damaged, cancelled, forgotten or replaced
as in `chaos-live`, and poll the status of what runs. It ends by itself, with the figures.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import requests

from mentor_local.chaos.browsers import Answers, Browsers, UploadTarget
from mentor_local.clips import make_clips
from mentor_local.config import Config, ConfigError
from mentor_local.graphql.store import Store
from mentor_local.home import Home, NoStackError
from mentor_local.ui import UploadUI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mentor_local.chaos.browsers import Attempt

UPLOADS = 200
LONGEST_SECONDS = 30 * 60.0
_BROWSERS = 6
_ANSWERS = 40  # so many uploads are under way at most: an answer has one at a time
_POLL_SECONDS = 1.0
_SEED = 1
_ENOUGH_FOR_QUANTILES = 2


def main(arguments: list[str]) -> int:
    """Upload, wait, print; return 0 when every upload that was accepted has ended."""
    try:
        count = int(arguments[0]) if arguments else UPLOADS
        config = Config.from_environment()
        home = Home(config.home)
        endpoints = home.read_endpoints()
    except (ConfigError, NoStackError, ValueError) as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    if config.foreign_graphql is not None:
        print("load: it adds questions to the local GraphQL server; use that one", file=sys.stderr)
        return 1
    store = Store(home.graphql_database)
    try:
        ui = UploadUI(endpoints["api"], endpoints["graphql"], endpoints["token"])
        target = UploadTarget(ui, store, endpoints["api_secret"])
        with tempfile.TemporaryDirectory() as folder:
            return _report(Load(target, make_clips(Path(folder))).run(count))
    finally:
        store.close()


class Load:
    """One run."""

    def __init__(self, target: UploadTarget, clips: dict[str, Path]) -> None:
        self._ui = target.ui
        self._answers = Answers.seeded(target, _ANSWERS)
        rng = random.Random(_SEED)  # noqa: S311 -- no secret
        self._deadline = time.monotonic() + LONGEST_SECONDS
        self._browsers = Browsers(target, self._answers, clips, rng, self._deadline)
        self.ended: dict[str, dict[str, Any]] = {}
        self.began = time.time()

    @property
    def attempts(self) -> list[Attempt]:
        """The uploads that the browsers tried."""
        return self._browsers.attempts

    def run(self, count: int) -> Load:
        """Upload so many; return when all has ended, or time is up."""
        threads = self._browsers.start(count, _BROWSERS)
        reported = 0
        while time.monotonic() < self._deadline:
            self._poll()
            if len(self.ended) >= reported + count // 10:
                reported = len(self.ended)
                print(
                    f"[{time.time() - self.began:4.0f} s] {reported} of {count} ended", flush=True
                )
            uploading = any(thread.is_alive() for thread in threads)
            if not uploading and not [*self._running()]:
                break
            time.sleep(_POLL_SECONDS)
        return self

    def _running(self) -> Iterator[Attempt]:
        for attempt in list(self.attempts):
            if attempt.upload_id and attempt.upload_id not in self.ended:
                yield attempt

    def _poll(self) -> None:
        """Poll the status of what runs, as browsers do; give answers back that are free again."""
        for attempt in [*self._running()]:
            try:
                status = self._ui.status(str(attempt.upload_id))
            except requests.RequestException:
                continue
            if status["finished_at"] is not None:
                self.ended[str(attempt.upload_id)] = status | {"seen_at": time.time()}
                self._answers.release(attempt.answer)


def _report(load: Load) -> int:
    accepted = {a.upload_id: a for a in load.attempts if a.upload_id}
    states = Counter(status["state"] for status in load.ended.values())
    seconds = [
        status["seen_at"] - accepted[upload_id].accepted_at
        for upload_id, status in load.ended.items()
        if status["state"] == "READY"
    ]
    took = time.time() - load.began
    print(f"attempted: {len(load.attempts)}, accepted: {len(accepted)}, ended: {len(load.ended)}")
    print(", ".join(f"{state}: {count}" for state, count in sorted(states.items())))
    print(f"took: {took:.0f} s, {60 * len(load.ended) / took:.1f} uploads a minute")
    if len(seconds) >= _ENOUGH_FOR_QUANTILES:
        cuts = quantiles(seconds, n=20)
        print(f"accepted to ready: median {cuts[9]:.1f} s, 95 % {cuts[18]:.1f} s")
    return 0 if len(load.ended) == len(accepted) else 1

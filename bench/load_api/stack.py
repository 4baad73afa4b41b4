"""A local stack of the benchmark's own, on loopback alone, with uploads to ask for."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mentor_common.jobs import upload_id_of
from mentor_local.demo import SAMPLE
from mentor_local.running import started

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from mentor_local.running import RunningStack

_BASES = range(18_000, 19_000, 10)


@dataclass(frozen=True)
class Target:
    """What clients and attackers know of the api.

    Attributes
    ----------
    api
        Base URL; of 127.0.0.1, and of nothing else.
    token, another
        Tokens of two persons who may edit the mentor: the browsers', and an attacker's.
    video, upload
        A video in S3, and the upload that it has become.
    """

    api: str
    token: str
    another: str
    mentor: str
    question: str
    video: str
    upload: str

    def __post_init__(self) -> None:
        """Refuse to send load anywhere else."""
        if urlsplit(self.api).hostname != "127.0.0.1":
            raise ValueError(f"load goes to 127.0.0.1 alone, not to {self.api}")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        split = urlsplit(self.api)
        return str(split.hostname), int(split.port or 80)

    @classmethod
    def read(cls, path: str) -> Target:
        """Read what :meth:`write` wrote."""
        return cls(**json.loads(Path(path).read_text()))

    def write(self, path: Path) -> None:
        """Write it down for other processes."""
        path.write_text(json.dumps(asdict(self)))


def running(home: Path) -> AbstractContextManager[RunningStack]:
    """Run a stack for as long as the context lasts, started as ``make run`` starts it."""
    return started(home, _BASES)


def target_of(stack: RunningStack) -> Target:
    """Upload the sample and accept it; return what clients need to know."""
    endpoints = stack.endpoints
    form = stack.ui.presign()
    stack.ui.send_file(form, SAMPLE)
    video = form["fields"]["key"]
    stack.ui.post_answer(stack.body(endpoints["question"], video=video)).raise_for_status()
    stack.finish(upload_id_of(video), seconds=300)
    return Target(
        api=endpoints["api"],
        token=endpoints["token"],
        another=endpoints["operator_token"],
        mentor=endpoints["mentor"],
        question=endpoints["question"],
        video=video,
        upload=upload_id_of(video),
    )


def memory_mib(stack: RunningStack, process: str = "api") -> int:
    """Return the resident memory of a process with its children, MiB; 0 where it has ended."""
    listed = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,rss="], check=True, capture_output=True, text=True
    ).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    family = {stack.pid(process)}
    for _ in rows:  # a generation each time, until none is new
        found = {pid for pid, parent, _ in rows if parent in family}
        if found <= family:
            break
        family |= found
    return sum(rss for pid, _, rss in rows if pid in family) // 1024

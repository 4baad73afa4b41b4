"""Workers that are asked for at the same moment are not mixed up."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mentor_local.nursery import Nursery, Worker

if TYPE_CHECKING:
    from pathlib import Path


def test_each_asker_gets_the_worker_it_asked_for(tmp_path: Path) -> None:
    with Nursery((), tmp_path / "log") as nursery:

        def start(number: int) -> Worker:
            done = (
                f"open({str(tmp_path / str(number))!r}, 'w').write(str(__import__('os').getpid()))"
            )
            worker = nursery.start("timeit", os.environ, ["-n1", "-r1", done])
            assert nursery.wait(worker, seconds=30) == 0
            return worker

        with ThreadPoolExecutor(8) as pool:
            workers = list(pool.map(start, range(16)))
    for number, worker in enumerate(workers):
        assert (tmp_path / str(number)).read_text() == str(worker.pid)

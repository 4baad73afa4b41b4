"""Real processes that several threads start and await at the same moment are not mixed up."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from module_processes import Processes

if TYPE_CHECKING:
    from pathlib import Path


def test_each_thread_gets_the_process_and_the_exit_code_it_asked_for(tmp_path: Path) -> None:
    with Processes(tmp_path / "log") as processes:

        def run(number: int) -> None:
            noted = tmp_path / str(number)
            statement = (
                f"import os; open({str(noted)!r}, 'w').write(str(os.getpid())); os._exit({number})"
            )
            process = processes.start("timeit", os.environ, ["-n1", "-r1", statement])
            assert processes.wait(process, seconds=30) == number
            assert noted.read_text() == str(process.pid)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(run, range(32)))

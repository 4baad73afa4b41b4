from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from mentor_common.confinement import Bounds, Files, children
from processes import has_ended

CAT = ("cat",)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_a_child_reads_what_is_written_and_ends_with_its_input() -> None:
    async def scenario() -> tuple[bytes, int]:
        child = await children.start(CAT, Bounds(), Files(), has_input=True)
        assert child.stdin is not None
        child.stdin.write(b"a line\n")
        line = await child.stdout.readline()
        child.stdin.close()
        code = await child.ended
        await child.close()
        return line, code

    assert asyncio.run(scenario()) == (b"a line\n", 0)


def test_closing_reaps_a_child_that_runs() -> None:
    async def scenario() -> int:
        child = await children.start(CAT, Bounds(), Files(), has_input=True)
        await child.close()
        return child.pid

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(scenario()), 0)


def test_the_death_of_the_fork_server_ends_its_children_and_the_next_one_gets_another() -> None:
    async def scenario() -> tuple[int, int, int]:
        child = await children.start(("sleep", "600"), Bounds(), Files())
        server, pidfd = parent_of(child.pid), os.pidfd_open(child.pid)
        os.kill(server, signal.SIGKILL)
        code = await child.ended
        assert has_ended(pidfd)
        await child.close()
        after = await children.start(("true",), Bounds(), Files())
        assert parent_of(after.pid) != server
        second = await after.ended
        await after.close()
        return code, second, server

    code, second, server = asyncio.run(scenario())
    assert (code, second) == (-signal.SIGKILL, 0)
    assert server != os.getpid()


def test_what_cannot_be_confined_is_not_run() -> None:
    with pytest.raises(PermissionError, match="true"):
        asyncio.run(children.start(("true",), Bounds(cpu_s=float("nan")), Files()))


def test_what_fails_or_is_cancelled_at_its_start_leaves_no_descriptor_open() -> None:
    async def one_of_each() -> None:
        with pytest.raises(FileNotFoundError, match="/nowhere/tool"):
            await children.start(("/nowhere/tool",), Bounds(), Files())
        for turns in range(12):
            task = asyncio.create_task(children.start(CAT, Bounds(), Files(), has_input=True))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await (await task).close()
        # Their descriptors are free for others.
        child = await children.start(CAT, Bounds(), Files(), has_input=True)
        await child.close()

    counts = []
    for _ in range(2):
        asyncio.run(one_of_each())
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert counts[0] == counts[1]

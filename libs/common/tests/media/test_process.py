from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mentor_common.confinement import landlock
from mentor_common.errors import TransientError
from mentor_common.media import Bounds, Files, ToolRun, ToolTimeoutError, concurrently, run
from processes import has_ended

PYTHON = Files.of_python()
# A tool with a child of its own; both print their ids and then wait for ever.
FAMILY = ("sh", "-c", "sleep 600 & echo $!; echo $$; wait")
RUN_FOR_EVER = """
import asyncio
from mentor_common.media import run
asyncio.run(run(
    ("sh", "-c", "echo $$; exec sleep 600"),
    timeout_s=600,
    on_line=lambda line: print(line, flush=True),
))
"""


class Family:
    """Collects the ids a tool prints and can tell when those processes have ended."""

    def __init__(self, size: int) -> None:
        self._missing = size
        self.pids: list[int] = []
        self.handles: list[int] = []
        self.born = asyncio.Event()

    def line(self, text: str) -> None:
        self.pids.append(int(text))
        self.handles.append(os.pidfd_open(int(text)))
        if len(self.pids) == self._missing:
            self.born.set()

    def ended(self) -> bool:
        return all(has_ended(handle) for handle in self.handles)


def test_output_and_messages_are_kept_apart() -> None:
    done = asyncio.run(run(("sh", "-c", "echo out; echo err >&2; exit 3"), timeout_s=10))
    assert (done.returncode, done.stdout, done.stderr_tail) == (3, b"out\n", "err\n")


def test_endless_messages_neither_block_the_tool_nor_fill_the_memory() -> None:
    script = "yes complaint | head -c 2000000 >&2; echo the cause >&2"
    done = asyncio.run(run(("sh", "-c", script), timeout_s=30))
    assert done.stderr_tail.endswith("complaint\nthe cause\n")
    assert len(done.stderr_tail) == 8192


def test_lines_arrive_one_by_one_and_are_not_kept() -> None:
    lines: list[str] = []
    script = "echo one; printf 'two\\r\\nthree'"
    done = asyncio.run(run(("sh", "-c", script), timeout_s=10, on_line=lines.append))
    assert lines == ["one", "two", "three"]
    assert done.stdout == b""


def test_cancelling_kills_and_reaps_the_whole_group() -> None:
    async def scenario() -> None:
        family = Family(2)
        task = asyncio.create_task(run(FAMILY, timeout_s=60, on_line=family.line))
        await family.born.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ProcessLookupError):  # our own child is not even a zombie
            os.kill(family.pids[1], 0)
        assert family.ended()

    asyncio.run(scenario())


def test_the_deadline_kills_the_whole_group() -> None:
    async def scenario() -> None:
        family = Family(2)
        with pytest.raises(ToolTimeoutError, match="sh did not end within 1 s"):
            await run(FAMILY, timeout_s=1, on_line=family.line)
        assert family.born.is_set()
        assert family.ended()

    asyncio.run(scenario())


def test_the_deadline_holds_when_only_a_grandchild_keeps_the_pipes() -> None:
    async def scenario() -> None:
        family = Family(1)
        with pytest.raises(ToolTimeoutError):
            await run(("sh", "-c", "sleep 600 & echo $!"), timeout_s=1, on_line=family.line)
        assert family.ended()

    asyncio.run(scenario())


def test_a_missed_deadline_is_worth_a_retry() -> None:
    assert issubclass(ToolTimeoutError, TransientError)


def test_an_error_of_the_listener_ends_the_tool() -> None:
    async def scenario() -> None:
        family = Family(2)

        def listen(line: str) -> None:
            family.line(line)
            if family.born.is_set():
                raise RuntimeError("cannot listen")

        with pytest.raises(RuntimeError, match="cannot listen"):
            await run(FAMILY, timeout_s=60, on_line=listen)
        assert family.ended()

    asyncio.run(scenario())


def test_the_tool_dies_when_we_are_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN_FOR_EVER], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        tool = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        assert has_ended(tool)


@pytest.mark.parametrize("argv", [("true",), ("false",), ("/nowhere/tool",), FAMILY])
def test_every_run_is_timed(argv: tuple[str, ...]) -> None:
    timings: list[ToolRun] = []
    before = time.time()
    with contextlib.suppress(ToolTimeoutError, FileNotFoundError):
        asyncio.run(run(argv, timeout_s=0.5, timings=timings))
    (timed,) = timings
    assert timed.tool == argv[0].rpartition("/")[2]
    assert before <= timed.started <= timed.ended <= time.time()


def test_a_tool_starts_where_it_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("a folder")
    done = asyncio.run(run(("pwd",), timeout_s=10, cwd=folder))
    assert done.stdout.decode().rstrip("\n") == str(folder)


def test_side_by_side_returns_every_result_in_order() -> None:
    done = asyncio.run(
        concurrently(run(("echo", "1"), timeout_s=10), run(("echo", "2"), timeout_s=10))
    )
    assert [each.stdout for each in done] == [b"1\n", b"2\n"]


def test_side_by_side_a_failure_ends_the_other_and_is_raised_as_it_is() -> None:
    async def scenario() -> None:
        family = Family(2)

        async def fail_once_it_runs() -> None:
            await family.born.wait()
            raise TransientError("broken")

        with pytest.raises(TransientError, match="broken"):
            await concurrently(run(FAMILY, timeout_s=60, on_line=family.line), fail_once_it_runs())
        assert family.ended()

    asyncio.run(scenario())


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of macOS keeps no such limit")
def test_a_tool_gets_no_more_memory_than_its_bound() -> None:
    code = "size = len(bytearray(400 << 20)); print(size)"
    free = asyncio.run(run(python(code), timeout_s=30, files=PYTHON))
    assert free.returncode == 0
    bound = asyncio.run(
        run(python(code), timeout_s=30, bounds=Bounds(memory_bytes=200 << 20), files=PYTHON)
    )
    assert bound.returncode == 1
    assert "MemoryError" in bound.stderr_tail
    assert not bound.exceeded


def test_a_tool_that_computes_or_writes_without_end_is_ended() -> None:
    busy = asyncio.run(
        run(python("while True: pass"), timeout_s=60, bounds=Bounds(cpu_s=1), files=PYTHON)
    )
    assert busy.exceeded


def test_a_tool_cannot_fill_the_disk(tmp_path: Path) -> None:
    writing = ("sh", "-c", "exec head -c 3000000 /dev/zero > large")
    bounds = Bounds(file_bytes=1_000_000)
    files = Files(write=(tmp_path,))
    done = asyncio.run(run(writing, timeout_s=30, cwd=tmp_path, bounds=bounds, files=files))
    assert done.exceeded
    assert (tmp_path / "large").stat().st_size == 1_000_000


def test_ffmpeg_itself_opens_no_file_that_is_not_its_own(ffmpeg: str) -> None:
    argv = (ffmpeg, "-nostdin", "-v", "error", "-f", "u8", "-i", "/etc/passwd", "-f", "null", "-")
    for files, opened in ((Files(), not landlock.version()), (Files((Path("/etc/passwd"),)), True)):
        done = asyncio.run(run(argv, timeout_s=30, files=files))
        assert (done.returncode == 0) == opened
        assert ("Permission denied" in done.stderr_tail) == (not opened)

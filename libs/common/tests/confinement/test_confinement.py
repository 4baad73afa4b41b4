"""What a confined child can do here: each attempt is made by a real one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from mentor_common import confinement
from mentor_common.confinement import Files, children, landlock, seccomp
from mentor_common.media import run

if TYPE_CHECKING:
    from pathlib import Path

TRY = """
import ctypes, json, os, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)

def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")

def outcome(attempt):
    try:
        eval(attempt)
    except OSError as error:
        return type(error).__name__
    return "done"

print(json.dumps([outcome(each) for each in sys.argv[1:]]))
"""
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(
    not seccomp.is_known(), reason="no numbers of this machine's system calls"
)


def outcomes(*attempts: str, **files: tuple[Path, ...]) -> list[str]:
    """Return what becomes of each attempt, a Python expression, in a confined child."""
    argv = (sys.executable, "-I", "-S", "-c", TRY, *attempts)
    done = asyncio.run(run(argv, timeout_s=60, files=Files.of_python(**files)))
    assert done.returncode == 0, done.stderr_tail
    tried: list[str] = json.loads(done.stdout)
    return tried


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Return a folder of three: what a tool reads, what it writes, and what is none of it."""
    for name in ("source", "work", "others"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("here")
    return tmp_path


@needs_landlock
def test_a_tool_opens_its_own_files_and_no_others(folders: Path) -> None:
    source, work, others = (folders / name for name in ("source", "work", "others"))
    allowed = (
        f"open('{source}/file')",
        f"open('{work}/file', 'w')",
        f"open('{work}/new', 'x')",
        f"os.remove('{work}/file')",
        "open('/dev/null', 'w')",
    )
    forbidden = (
        "open('/etc/passwd')",
        f"open('/proc/{os.getpid()}/environ')",
        f"open('{others}/file')",
        f"os.listdir('{folders}')",
        f"open('{source}/file', 'a')",
        f"open('{source}/new', 'x')",
        f"os.remove('{source}/file')",
        f"os.symlink('/etc/passwd', '{work}/link')",
        f"os.link('{source}/file', '{work}/link')",
        "open('/dev/shm/new', 'x')",
        f"os.execv('{work}/program', ['program'])",
        f"os.execv('{source}/program', ['program'])",
    )
    for folder in (source, work):
        shutil.copy("/bin/true", folder / "program")
    own = (source / "file", source / "program")
    tried = outcomes(*allowed, *forbidden, read=own, write=(work,))
    assert tried[: len(allowed)] == ["done"] * len(allowed)
    assert set(tried[len(allowed) :]) <= {"PermissionError", "OSError"}  # a link across folders
    assert (source / "file").read_text() == "here"
    assert not (work / "link").exists()


@needs_seccomp
def test_a_tool_opens_no_socket_and_touches_no_process() -> None:
    pid, io_uring_setup = os.getpid(), 425
    attempts = (
        "socket.socket(socket.AF_INET)",
        "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "socket.socketpair()",
        f"call({io_uring_setup}, 1, None)",
        f"os.kill({pid}, 0)",
        f"os.pidfd_open({pid}) and signal.pidfd_send_signal(os.pidfd_open({pid}), 0)",
        f"call({seccomp.TGKILL}, {pid}, {pid}, 0)",
        "os.kill(1, 0)",
    )
    assert outcomes(*attempts) == ["PermissionError"] * len(attempts)


@needs_seccomp
@pytest.mark.parametrize("code", ["os.abort()", "os.kill(os.getpid(), 6)"])
def test_a_tool_may_still_end_itself(code: str) -> None:
    argv = (sys.executable, "-I", "-S", "-c", f"import os; {code}")
    assert asyncio.run(run(argv, timeout_s=60, files=Files.of_python())).returncode == -6


def test_a_tool_gets_nothing_of_our_environment_but_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/token")
    monkeypatch.setenv("API_SECRET", "made-up")
    done = asyncio.run(run(("env",), timeout_s=60))
    names = {line.partition("=")[0] for line in done.stdout.decode().splitlines()}
    assert "PATH" in names
    assert names <= {"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "OMP_NUM_THREADS"}


def test_where_the_kernel_cannot_tools_run_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(seccomp, "is_known", lambda: False)
    confinement.missing.cache_clear()
    children.log_what_is_missing.cache_clear()
    try:
        with capture_logs() as lines:
            for _ in range(2):
                assert asyncio.run(run(("true",), timeout_s=60)).returncode == 0
    finally:
        confinement.missing.cache_clear()
        children.log_what_is_missing.cache_clear()
    (line,) = lines
    assert line["event"] == "this kernel confines media tools in part only"
    assert len(line["open_to_them"]) == 2

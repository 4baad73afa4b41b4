"""Limits on resources, files and network of a child process, enforced by the kernel.

A stranger's file is decoded by a million lines of C. Whatever it makes of them, it cannot take all
memory, fill the disk, compute for ever, reach the network or open files that are not its own, as
far as the system allows that.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mentor_common.confinement import landlock, seccomp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PR_SET_PDEATHSIG: Final = 1
_PR_GET_SECCOMP: Final = 21
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWUSER: Final = 0x10000000
_GRACE_S: Final = 2  # between the kernel's warning and its kill
# Loaded before any fork: between fork and exec the child must not take the loader's locks.
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None

EXCEEDED: Final = frozenset({-signal.SIGXCPU, -signal.SIGXFSZ})
"""Return codes of a tool that computed for too long or wrote too much."""

_PROGRAMS: Final = tuple(map(Path, ("/usr", "/bin", "/lib", "/lib64")))
_SYSTEM: Final = tuple(
    map(
        Path,
        (
            *("/etc/ld.so.cache", "/dev/random", "/dev/urandom", "/dev/zero"),
            # How many processors and how much memory there are.
            *("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system"),
        ),
    )
)
_NULL: Final = Path("/dev/null")
_LIBRARIES: Final = "LD_LIBRARY_PATH"
_ENVIRONMENT: Final = ("PATH", _LIBRARIES, "LANG", "LC_ALL", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class Bounds:
    """Resources that one run of a tool may use.

    Parameters
    ----------
    memory_bytes
        Data in memory; an allocation beyond it fails. (Linux. Not the address space, of which a
        tool with many threads reserves far more than it uses.)
    cpu_s
        Seconds of all its processor cores together; ``None`` for any.
    file_bytes
        Largest file it may write; ``None`` for any.
    """

    memory_bytes: int = 3 << 30
    cpu_s: float | None = None
    file_bytes: int | None = None


@dataclass(frozen=True)
class Files:
    """Files that a tool may open beside the system's programs and libraries.

    Parameters
    ----------
    read
        Files, and folders with all that is in them, to read.
    write
        Folders to read and to write into.
    run
        Programs to run, beside the system's.
    """

    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    run: tuple[Path, ...] = ()

    @classmethod
    def of_python(
        cls, *packages: str, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
    ) -> Files:
        """Return what a Python program of these packages reads, and beside it these files."""
        homes = [Path(next(iter(import_module(name).__path__))).parent for name in packages]
        return cls((Path(sys.prefix), Path(sys.base_prefix), *homes, *read), write)

    def running(self, program: Path) -> Files:
        """Return the same files for this program, with what it is linked to where it lies."""
        places = os.environ.get(_LIBRARIES, "").split(os.pathsep)
        libraries = [program.parent.parent / "lib", *map(Path, filter(None, places))]
        return replace(self, read=(*self.read, *libraries), run=(*self.run, program))


@dataclass(frozen=True)
class Start:
    """Request to start a program.

    Parameters
    ----------
    argv
        Program and arguments; no shell is involved.
    cwd
        The folder it starts in.
    environment
        All of its environment.
    bounds, files
        What it may use up and open; any file that we may for ``None``.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    bounds: Bounds
    files: Files | None


def environment(of: Mapping[str, str]) -> dict[str, str]:
    """Return what a tool needs of our environment: no address, no path of ours, no secret."""
    return {name: of[name] for name in _ENVIRONMENT if name in of}


@cache
def missing() -> tuple[str, ...]:
    """Return what this kernel cannot keep a child from, as words for the log; usually none."""
    lacks = []
    if not landlock.version():
        lacks.append("files of others (Landlock)")
    # 0 where there is no filter yet; where the kernel knows of none, it is an error.
    if _LIBC is None or _LIBC.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) < 0 or not seccomp.is_known():
        lacks.append("sockets (seccomp)")
    return tuple(lacks)


def confinement(bounds: Bounds, files: Files | None = None) -> Callable[[], None]:
    """Return the function for the child to call between fork and exec.

    It takes the bounds on, gives up network and files where that is permitted, and arranges to die
    with this process. Linux sends that signal when the *thread* that forked ends: the main one of
    `mentor_common.confinement.fork_server`.

    Parameters
    ----------
    files
        What it may open; ``None`` for all that we may.
    """
    parent = os.getpid()

    def confine() -> None:
        _bound(bounds)
        if _LIBC is None:
            return
        # Root may leave the network by itself, anybody else in a user namespace of their own.
        if _LIBC.unshare(_CLONE_NEWNET) != 0:
            _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        # After that, because a change of user would undo it.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # It died before the line above.
            os._exit(1)
        restrict(files)

    return confine


def confine_this_process(bounds: Bounds, files: Files) -> None:
    """Confine a child of ours that is a Python program, from inside: once it has all it needs."""
    _bound(bounds)
    restrict(files)


def restrict(files: Files | None) -> None:
    """Leave this process its files alone, and no socket, where the kernel can."""
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    speaks = landlock.version()
    if files is not None and speaks:
        landlock.restrict(
            (*_PROGRAMS, *files.run),
            (*_SYSTEM, *files.read),
            (_NULL, *files.write),
            speaks,
        )
    with contextlib.suppress(OSError):  # `missing` says so
        seccomp.restrict(os.getpid())


def _bound(bounds: Bounds) -> None:
    limits: list[tuple[int, tuple[int, int]]] = [(resource.RLIMIT_CORE, (0, 0))]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_DATA, (bounds.memory_bytes, bounds.memory_bytes)))
    if bounds.cpu_s is not None:
        seconds = max(1, round(bounds.cpu_s))
        limits.append((resource.RLIMIT_CPU, (seconds, seconds + _GRACE_S)))
    if bounds.file_bytes is not None:
        limits.append((resource.RLIMIT_FSIZE, (bounds.file_bytes, bounds.file_bytes)))
    for which, values in limits:
        try:
            resource.setrlimit(which, values)
        except (OSError, ValueError):
            continue  # A lower hard limit from outside holds already.

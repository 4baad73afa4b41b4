"""Landlock: which files a process may open, kept by the kernel (Linux 5.13 and later).

Numbers and layouts are the kernel's interface for programs, ``include/uapi/linux/landlock.h``. It
needs no privilege, and pods have it: the runtimes' seccomp profiles let its calls through.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE_RULESET: Final = 444  # the same on all architectures
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_FLAG: Final = 1
_PATH_BENEATH: Final = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_REMOVE_FILE: Final = 1 << 5
_MAKE_FILE: Final = 1 << 8
_TRUNCATE: Final = 1 << 14
_READ: Final = _READ_FILE | _READ_DIR
_RUN: Final = _READ | _EXECUTE
_WRITE: Final = _WRITE_FILE | _READ_FILE | _READ_DIR | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
# By the version that brought them: how many rights on files there are, on TCP, and what is scoped.
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
_NET_RIGHTS: Final = {4: 2}
_SCOPES: Final = {6: 2}

_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the version of Landlock that this kernel speaks; 0 where it has none."""
    if _LIBC is None:
        return 0
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)))


def restrict(run: Iterable[Path], read: Iterable[Path], write: Iterable[Path], speaks: int) -> None:
    """Leave this process, and all that it starts, these files alone; it cannot be undone.

    Parameters
    ----------
    run, read
        Files and folders, with all that is in them, that may be run and read, or only read.
    write
        Those to read in which files may also be made, changed and removed.
    speaks
        The kernel's version of Landlock, at least 1. From 4 on TCP is closed as well, from 6 on
        signals to processes outside.

    Raises
    ------
    OSError
        The kernel refuses.
    """
    handled = _Ruleset(*(_bits(each, speaks) for each in (_FILE_RIGHTS, _NET_RIGHTS, _SCOPES)))
    ruleset = _call(_CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    try:
        for paths, rights in ((run, _RUN), (read, _READ), (write, _WRITE)):
            for path in paths:
                _allow(ruleset, path, rights & handled.files)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _bits(by_version: dict[int, int], speaks: int) -> int:
    return (1 << max((n for since, n in by_version.items() if since <= speaks), default=0)) - 1


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # what is not there, or not for us, needs no right
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= _OF_FILES
        rule = _Beneath(rights, parent)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _call(number: int, *arguments: Any) -> int:
    assert _LIBC is not None  # noqa: S101 - narrows a type, decides nothing
    whole = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    done = int(_LIBC.syscall(number, *whole))
    if done < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused")
    return done

"""A filter of system calls: no sockets, no hand on other processes, no corners of the kernel.

Landlock closes files. Sockets it closes only in part and on newer kernels, and a network namespace
takes a privilege that pods do not have; a filter of system calls needs none (Linux 3.17). The
layout is ``include/uapi/linux/{filter,seccomp,audit}.h``; the numbers are those of each
architecture's table of system calls.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass
from typing import Final

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # in struct seccomp_data
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_DENY: Final = 0x00050000 | errno.EPERM
_X32: Final = 0x40000000  # x86_64's second table of system calls
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2


@dataclass(frozen=True)
class _Calls:
    """An architecture: its audit number, calls that are denied, and ``kill`` and ``tgkill``."""

    architecture: int
    denied: tuple[int, ...]
    signals: tuple[int, int]


# The newer ones have one number everywhere: pidfd_send_signal, io_uring_setup, pidfd_getfd.
_NEWER: Final = (424, 425, 438)
_CALLS: Final = {
    "x86_64": _Calls(
        0xC000003E,
        (
            *(41, 53),  # socket, socketpair
            *(200, 129, 297),  # tkill, rt_sigqueueinfo, rt_tgsigqueueinfo
            *(101, 310, 311),  # ptrace, process_vm_readv, process_vm_writev
            *(165, 272, 308),  # mount, unshare, setns
            *(321, 298, 323, 248, 249, 250),  # bpf, perf_event_open, userfaultfd, keys
            *_NEWER,
        ),
        (62, 234),
    ),
    "aarch64": _Calls(
        0xC00000B7,
        (
            *(198, 199),
            *(130, 138, 240),
            *(117, 270, 271),
            *(40, 97, 268),
            *(280, 241, 282, 217, 218, 219),
            *_NEWER,
        ),
        (129, 131),
    ),
}
_HERE: Final = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
TGKILL: Final = _HERE.signals[1] if _HERE else 0
"""Number of ``tgkill`` here; 0 where it is not known."""
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def is_known() -> bool:
    """Return whether the numbers of this machine's system calls are known here."""
    return _HERE is not None


def restrict(pid: int) -> None:
    """Deny this process, and all that it starts, the calls above; it cannot be undone.

    Parameters
    ----------
    pid
        Its own id: the only process that it may still signal, as ``abort`` does.

    Raises
    ------
    OSError
        The kernel refuses; also where its privileges may still grow (``PR_SET_NO_NEW_PRIVS``).
    """
    if _HERE is None or _LIBC is None:
        return
    code = _filter(_HERE, pid)
    program = _Program(len(code) // _SIZE, code)
    if _LIBC.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp refused")


def _filter(calls: _Calls, pid: int) -> bytes:
    """Return the program; a jump counts the instructions that it passes over."""
    denied = len(calls.denied)
    kill, tgkill = calls.signals
    return b"".join(
        (
            _step(_LOAD, _ARCHITECTURE_AT),
            _step(_EQUAL, calls.architecture, yes=1),
            _step(_RETURN, _KILL),
            _step(_LOAD, _NUMBER_AT),
            _step(_AT_LEAST, _X32, yes=denied + 4),
            *(
                _step(_EQUAL, number, yes=denied - index + 3)
                for index, number in enumerate(calls.denied)
            ),
            _step(_EQUAL, kill, yes=1),
            _step(_EQUAL, tgkill, no=3),
            _step(_LOAD, _FIRST_ARGUMENT_AT),
            _step(_EQUAL, pid, yes=1),
            _step(_RETURN, _DENY),
            _step(_RETURN, _ALLOW),
        )
    )


_STEP: Final = struct.Struct("=HBBI")
_SIZE: Final = _STEP.size


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return _STEP.pack(code, yes, no, value)

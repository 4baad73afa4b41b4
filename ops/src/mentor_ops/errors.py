"""Exit codes of the tool, and the error that chooses one."""

from __future__ import annotations

from enum import IntEnum

from mentor_common.operating.errors import RefusedError


class Exit(IntEnum):
    """Exit codes of ``mentor-ops``; 2 is the shell's own for wrong usage."""

    DONE = 0
    ATTENTION = 1  # it ran, and something is left that a person has to look at
    USAGE = 2
    UNREACHABLE = 3  # AWS, or the local stack, does not answer
    REFUSED = 4  # what was asked for does not exist, or its state does not allow it
    INTERRUPTED = 130


class OpsError(RefusedError):
    """The command cannot go on; the message says what to do."""

    def __init__(self, message: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(message)
        self.code = code

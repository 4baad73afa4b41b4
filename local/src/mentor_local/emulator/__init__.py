"""The AWS emulator (ministack) as a process of its own, in a virtual environment of its own."""

from mentor_local.emulator.process import (
    Emulator,
    EmulatorError,
    emulator_command,
    emulator_environment,
)

__all__ = ["Emulator", "EmulatorError", "emulator_command", "emulator_environment"]

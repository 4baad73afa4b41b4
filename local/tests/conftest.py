"""One emulator for all tests of this folder; each module gets an account of its own making."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_local.emulator import Emulator
from mentor_local.provision import Stack, provision

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def stack(emulator: Emulator) -> Stack:
    emulator.reset()
    return provision(emulator.endpoint)

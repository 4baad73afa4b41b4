"""Faults can still be planted: each names what is there."""

from __future__ import annotations

import faults
import pytest

from simulation.planted import FAULTS, ROOT, Fault

ALL = [*FAULTS, *(fault for several in faults.FAULTS.values() for fault in several)]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
def test_the_safeguard_is_there_exactly_once(fault: Fault) -> None:
    assert (ROOT / fault.file).read_text().count(fault.old) == 1
    assert fault.new != fault.old

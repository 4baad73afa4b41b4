"""The faults of ``make planted-faults`` can still be planted: each names code that is there."""

from __future__ import annotations

import pytest

from simulation.planted import FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_safeguard_is_there_exactly_once(fault: Fault) -> None:
    assert (ROOT / fault.file).read_text().count(fault.old) == 1
    assert fault.new != fault.old

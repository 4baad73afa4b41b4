from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mentor_local.process import ProcessSpec

if TYPE_CHECKING:
    from collections.abc import Callable

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def spec(journal: Path) -> Callable[..., ProcessSpec]:
    def make(name: str, *options: str, **changes: Any) -> ProcessSpec:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        return ProcessSpec(
            name=name,
            command=(sys.executable, str(STAND_IN), str(port), str(journal), *options),
            environment={"NAME": name},
            ready_url=f"http://127.0.0.1:{port}/readyz",
            **changes,
        )

    return make

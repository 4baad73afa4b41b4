"""A pod's memory: a child process that takes all it may fails alone, not with its whole pod."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from mentor_common.media import Bounds
from mentor_transcriber.engines.whisper import WhisperModel
from mentor_transcriber.model.manifest import KNOWN

BASE: Final = Path(__file__).parents[2] / "k8s" / "base"
UNITS: Final = {"Mi": 1 << 20, "Gi": 1 << 30}
WORKER: Final = 256 << 20
"""Bytes of the worker itself: the transcriber's has 93 MiB with all it imports."""
IDLE_RECOGNISER: Final = 500_000_000
PEAK_OF_TWENTY_MINUTES: Final = 800_000_000
"""Bytes that a recogniser may have at most, see `make long-speech` and docs/transcripts.md."""


def memory(service: str, kind: str) -> int:
    """Return a worker's request or limit of memory, bytes."""
    (deployment,) = yaml.safe_load_all((BASE / service / "deployment.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    resources: dict[str, Any] = container["resources"]
    quantity = str(resources[kind]["memory"])
    return int(quantity[:-2]) * UNITS[quantity[-2:]]


@pytest.fixture
def default_model(tmp_path: Path) -> WhisperModel:
    """The model of our image, of holes that are as large as its files."""
    for name, file in KNOWN["base"].files.items():
        with (tmp_path / name).open("wb") as hole:
            hole.truncate(file.size)
    return WhisperModel(tmp_path, "base")


def test_a_recogniser_that_takes_all_it_may_fits_into_its_pod(default_model: WhisperModel) -> None:
    bound = default_model.bounds.memory_bytes
    assert bound + WORKER <= memory("transcriber", "limits")
    assert bound > PEAK_OF_TWENTY_MINUTES


@pytest.mark.parametrize(
    ("service", "resident"), [("transcriber", IDLE_RECOGNISER), ("transcoder", 0)]
)
def test_a_media_tool_that_takes_all_it_may_fits_into_its_pod(service: str, resident: int) -> None:
    assert Bounds().memory_bytes + resident + WORKER <= memory(service, "limits")


def test_a_transcriber_requests_what_twenty_minutes_take() -> None:
    assert memory("transcriber", "requests") >= PEAK_OF_TWENTY_MINUTES + (128 << 20)

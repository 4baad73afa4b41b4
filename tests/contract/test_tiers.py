"""The tiers of tests: told by fixtures, and kept by refusing what belongs to a higher one."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mentor_local.emulator.process import emulator_command
from tiers import STACKS, in_order, shared_by, tier_of

if TYPE_CHECKING:
    from collections.abc import Callable


def encode() -> None:
    subprocess.run(["ffmpeg", "-version"], check=True)


def probe() -> None:
    asyncio.run(asyncio.create_subprocess_exec("/usr/bin/ffprobe", "-version"))


def recognise() -> None:
    worker = "mentor_transcriber.engines.pocketsphinx_worker"
    subprocess.run([sys.executable, "-m", worker], check=True)


def start_an_emulator() -> None:
    subprocess.run(emulator_command(), check=True)


def start_a_stack() -> None:
    subprocess.run([sys.executable, "-m", "mentor_local", "run"], check=True)


@pytest.mark.parametrize(
    ("fixtures", "tier"),
    [
        ([], "quick"),
        (["tmp_path", "free_port"], "quick"),
        (["clip", "ffmpeg"], "media"),
        (["cloud", "_session_cloud", "ffmpeg"], "emulator"),
        (["running", "ffmpeg"], "stack"),
    ],
)
def test_a_test_is_of_the_highest_tier_that_a_fixture_needs(fixtures: list[str], tier: str) -> None:
    assert tier_of(fixtures) == tier


@pytest.mark.parametrize(
    ("start", "needed"),
    [
        (encode, "media"),
        (probe, "media"),
        (recognise, "media"),
        (start_an_emulator, "emulator"),
        (start_a_stack, "stack"),
    ],
)
def test_a_quick_test_cannot_start_what_belongs_to_another_tier(
    start: Callable[[], None], needed: str, request: pytest.FixtureRequest
) -> None:
    assert request.node.get_closest_marker("quick")
    with pytest.raises(pytest.fail.Exception, match=rf"'quick' starts .*, of '{needed}'"):
        start()


def test_what_computes_alternates_with_what_waits_between_the_stack_and_what_is_short() -> None:
    of_one = {"quick": ["q"], "stack": ["s"], "media": ["m1", "m2"], "emulator": ["e1", "e2"]}
    tiers = {name: tier for tier, names in of_one.items() for name in names}
    places = in_order(tiers)
    assert sorted(tiers, key=lambda name: places[name]) == ["s", "m1", "e1", "m2", "e2", "q"]


@pytest.mark.usefixtures("ffmpeg")
def test_a_media_test_can_start_an_encoder(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("media")
    encode()


def test_what_asks_for_a_running_stack_is_where_one_worker_takes_it_all() -> None:
    tests = Path(__file__).parents[1]
    asking = {
        path.relative_to(tests.parent).as_posix()
        for path in tests.rglob("test_*.py")
        if re.search(r"^(?:async )?def test_\w+\([^)]*\brunning:", path.read_text(), re.MULTILINE)
    }
    assert {shared_by(f"{path}::test") for path in asking} == set(STACKS)
    assert shared_by("ops/tests/test_dlq.py::test") == "ops/tests/test_dlq.py"

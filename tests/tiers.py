"""Tiers of tests, told by the fixtures they ask for; a pytest plugin.

Each test is marked with one tier, the strongest of what its fixtures need: ``quick`` needs
nothing, ``tools`` has what is deployed judged by others' tools, ``simulation`` computes hours of
virtual time, ``media`` encodes or recognises, ``emulator`` has AWS's services, ``stack`` runs the
whole system, mostly under a browser. ``make check`` runs the quick ones. A test that starts a
program of a tier above its own fails, so no test is quick by mistake: it has to ask for the
fixture.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIERS = ("quick", "tools", "simulation", "media", "emulator", "stack")
FIXTURES = {
    "deploy_tools": "tools",
    "promtool": "tools",
    "virtual_hours": "simulation",
    "ffmpeg": "media",
    "_session_cloud": "emulator",
    "emulator": "emulator",
    "running": "stack",
    "measured": "stack",
    "stacks": "stack",
    "chromium": "stack",
}
"""Fixtures that start, or allow to start, what a tier has; others build on these."""
PROGRAMS = {
    "kustomize": "tools",
    "cfn-lint": "tools",
    "promtool": "tools",
    "ffmpeg": "media",
    "ffprobe": "media",
    "mentor_transcriber.engines.pocketsphinx_worker": "media",
    "mentor_transcriber.alignment_worker": "media",
    "launcher.py": "emulator",
    "mentor_local": "stack",
}
"""Programs by the last part of an argument that names them, as in ``python -m mentor_local``."""

_running: str | None = None
"""The tier of the test that runs; nothing is refused between tests."""


def tier_of(fixtures: Sequence[str]) -> str:
    """Return the tier of a test that asks for these fixtures, directly or not."""
    return max((FIXTURES.get(name, "quick") for name in fixtures), key=TIERS.index, default="quick")


@pytest.hookimpl(wrapper=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark each test with its tier, and keep on one worker what shares a stack, or a file."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        item.add_marker(tier_of(fixtures))
        group = "running" if "running" in fixtures else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: -TIERS.index(_marked(item)))
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let the test start the programs of its tier only."""
    global _running  # noqa: PLW0603 -- an audit hook has no other way to learn of it
    _running = _marked(item)
    try:
        return (yield)
    finally:
        _running = None


def _marked(item: pytest.Item) -> str:
    return next(mark.name for mark in item.iter_markers() if mark.name in TIERS)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "subprocess.Popen" or _running is None:
        return
    for argument in (os.fsdecode(argument) for argument in (arguments[0], *arguments[1])):
        needed = PROGRAMS.get(argument.rpartition("/")[2], "quick")
        if TIERS.index(needed) > TIERS.index(_running):
            pytest.fail(f"a test of the tier {_running!r} starts {argument}, of {needed!r}")


sys.addaudithook(_refuse)

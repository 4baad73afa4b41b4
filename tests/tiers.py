"""Tiers of tests, by the fixtures they ask for; a pytest plugin.

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
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TIERS = ("quick", "tools", "simulation", "media", "emulator", "stack")
_RANKS = {"stack": 0, "media": 1, "emulator": 1, "simulation": 1, "tools": 2, "quick": 2}
"""What waits the most begins, and what is short ends, so that no worker works on alone. In between
what computes alternates with what waits: together they keep the processors busy, each alone not."""
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
    "mentor_transcriber.engines.whisper_worker": "media",
    "mentor_transcriber.alignment_worker": "media",
    "launcher.py": "emulator",
    "mentor_local": "stack",
}
"""Programs by the last part of an argument that names them, as in ``python -m mentor_local``."""

STACKS = {
    "studio": ("tests/browser/test_studio",),
    "others": ("tests/browser/", "tests/e2e/"),
}
"""Where the tests are that ask for the fixture ``running``, by the stack that they share. Two are
about the same length, so that two workers wait for browsers and not one."""
_running: str | None = None
"""The tier of the test that runs; nothing is refused between tests."""


def tier_of(fixtures: Sequence[str]) -> str:
    """Return the tier of a test that asks for these fixtures, directly or not."""
    return max((FIXTURES.get(name, "quick") for name in fixtures), key=TIERS.index, default="quick")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its tier, and bring what shares a worker into its order."""
    tiers: dict[str, str] = {}
    for item in items:
        tier = tier_of(getattr(item, "fixturenames", ()))
        item.add_marker(tier)
        shared = shared_by(item.nodeid)
        tiers[shared] = max(tiers.get(shared, "quick"), tier, key=TIERS.index)
    places = in_order(tiers)
    items.sort(key=lambda item: places[shared_by(item.nodeid)])


def in_order(tiers: Mapping[str, str]) -> dict[str, tuple[int, float]]:
    """Return the places of what has these tiers: by rank, the tiers of one rank evenly mixed."""
    sizes, seen = Counter(tiers.values()), Counter[str]()
    places = {}
    for shared, tier in tiers.items():
        seen[tier] += 1
        places[shared] = (_RANKS[tier], seen[tier] / sizes[tier])
    return places


class Shared(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Keeps on one worker what shares a running stack, or a file and its fixtures.

    The groups of ``--dist loadgroup`` are not seen with pytest 9.2 (its node ids cannot be set).
    """

    def _split_scope(self, nodeid: str) -> str:
        """Return what a test shares."""
        return shared_by(nodeid)


def shared_by(nodeid: str) -> str:
    """Return what a test shares with others: a running stack, or its file."""
    file = nodeid.partition("::")[0]
    return next((stack for stack, paths in STACKS.items() if file.startswith(paths)), file)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many workers a run gets: more than processors where much of it is waiting."""
    processors = os.cpu_count() or 1
    return processors if config.option.markexpr == "quick" else processors + processors // 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shared:
    """Share the tests out among pytest-xdist's workers."""
    return Shared(config, log)


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

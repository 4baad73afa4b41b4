"""The journey of a mentor and of an operator in browsers beside Chromium: `make browsers`.

A browser that is not on the machine is skipped, and the skip says what to install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mentor_local.waiting import wait_until
from other_browsers.engines import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mentor_local.running import RunningStack
    from other_browsers.engines import Engine
    from other_browsers.visitor import Visitor

PICTURES = Path(__file__).parents[2] / ".screenshots"
PLAYS = "document.querySelector('.workspace video').readyState > 0"


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name.lower())
def visitor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Somebody before each of the browsers; no page of theirs may have reported an error."""
    engine: Engine = request.param
    path = engine.find()
    if path is None:
        pytest.skip(engine.missing)
    monkeypatch.setenv("HOME", str(request.getfixturevalue("tmp_path")))
    with engine.start(path) as visitor:
        yield visitor
        PICTURES.mkdir(exist_ok=True)
        visitor.keep(PICTURES / f"{engine.name.lower()}-{request.node.originalname}.png")
        assert visitor.errors == []


def test_an_answer_is_found_sent_and_watched_and_an_operator_finds_its_upload(
    visitor: Visitor,
    running: RunningStack,
    new_question: Callable[[str], str],
    clip: Callable[[str], Path],
) -> None:
    question = new_question("What does another browser show?")
    visitor.open(f"{running.endpoints['api']}/studio")
    visitor.press("Sign in as the example mentor")
    visitor.sees('[data-step="choose"]')
    visitor.fill("#questions .search", "another browser")
    visitor.sees("#questions a", "What does another browser show?")
    visitor.read(f"document.querySelector('#questions a[href$=\"#{question}\"]').click()")
    visitor.sees(f'#questions a[href$="#{question}"][aria-current]')
    visitor.choose("#file", clip("spoken.mp4"))
    visitor.sees(".trim[data-drawn]")
    visitor.press("Send this video")
    visitor.sees('[data-step="ready"]')
    visitor.sees(".cue textarea")
    visitor.sees(".transcript .word")
    wait_until(lambda: bool(visitor.read(PLAYS)), seconds=30, what="the rendition to be loaded")
    upload_id = running.ui.latest_uploads(running.endpoints["mentor"])[0]["upload_id"]

    visitor.open(f"{running.endpoints['api']}/ops")
    visitor.press("Sign in as the local administrator")
    visitor.sees("h2", "Queues")
    visitor.press("Uploads")
    visitor.sees("tbody a", upload_id[:8])
    visitor.press("Dead letters")
    visitor.sees("#view", "dead letters")

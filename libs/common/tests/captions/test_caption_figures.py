"""The figures that a benchmark takes of captions find what each is named for."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
from bench.caption_figures import CaptionFigures, caption_figures, main

from mentor_common.captions import Cue, TimedTranscript, Word

if TYPE_CHECKING:
    from pathlib import Path

GOOD = [Cue(0.0, 2.0, "I grew up\nin a small town"), Cue(2.0, 4.0, "near the river.")]
GOOD_FIGURES = CaptionFigures(
    cues=2,
    lines=3,
    fast=0,
    fast_with_room=0,
    function_word_ends=0,
    oversized=0,
    overlapping=0,
    flickering=0,
    top_heavy=0,
)


@pytest.mark.parametrize(
    ("first", "spoken_until", "expected"),
    [
        (GOOD[0], 2.0, {}),
        (Cue(0.0, 1.0, GOOD[0].text), 0.8, {"fast": 1, "fast_with_room": 1}),
        (Cue(0.0, 1.0, GOOD[0].text), 0.5, {"fast": 1}),
        (Cue(1.2, 2.0, GOOD[0].text), 2.0, {"fast": 1}),
        (Cue(0.0, 2.0, "I grew up in\na small town"), 2.0, {"function_word_ends": 1}),
        (
            Cue(0.0, 2.0, "We lived in a\nsmall town"),
            2.0,
            {"function_word_ends": 1, "top_heavy": 1},
        ),
        (Cue(-6.0, 2.0, "I grew up\nin a small town"), 2.0, {"oversized": 1}),
        (Cue(-3.0, 2.0, f"{'x' * 43}\n{'x' * 43}"), 2.0, {"oversized": 1}),
        (Cue(-3.0, 2.0, "a ship\na river\na sea"), 2.0, {"oversized": 1, "lines": 4}),
        (Cue(0.0, 2.1, GOOD[0].text), 2.1, {"overlapping": 1}),
        (Cue(0.0, 1.6, GOOD[0].text), 1.6, {"flickering": 1}),
        (Cue(0.0, 1.5, GOOD[0].text), 1.5, {}),
        (Cue(-5.2, 1.6, GOOD[0].text), 1.6, {}),
        (Cue(-5.02, 1.95, GOOD[0].text), 1.95, {"flickering": 1}),
    ],
)
def test_what_breaks_a_rule_is_counted(
    first: Cue, spoken_until: float, expected: dict[str, int]
) -> None:
    found = caption_figures([first, GOOD[1]], [spoken_until, 4.0])

    assert found == replace(GOOD_FIGURES, **expected)


def test_no_captions_have_no_figures() -> None:
    assert set(vars(caption_figures([], [])).values()) == {0}


def test_the_figures_of_documents_are_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ["I", "grew", "up", "in", "a", "small", "town", "near", "the", "river."]
    for name, pace in (("slow", 0.5), ("fast", 0.05)):
        words = [Word(text, i * pace, (i + 1) * pace, 1.0) for i, text in enumerate(texts)]
        document = TimedTranscript(tuple(words), 9.0, {"language": "en"}).to_json()
        (tmp_path / name).write_text(document)
    monkeypatch.setattr("sys.argv", ["", str(tmp_path / "slow"), str(tmp_path / "fast")])

    main()

    expected = asdict(replace(GOOD_FIGURES, cues=2, lines=2, fast=1))
    assert json.loads(capsys.readouterr().out) == expected

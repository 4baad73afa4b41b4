"""Forced alignment: an edited transcript gets the times at which its words are said."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from mentor_common.captions import parse_vtt
from mentor_transcriber.alignment import align, align_or_spread, is_available
from mentor_transcriber.engines.pocketsphinx import PocketsphinxEngine
from mentor_transcriber.spelling import phonemes, spoken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAID = "When I was a student I did not know what I wanted to do."
WRONG = "A good teacher helped me find work that I love because the ocean is deep and blue."


@pytest.mark.usefixtures("pocketsphinx")
def test_words_are_found_where_they_are_said(speak: Callable[[str], Path]) -> None:
    wav = speak(SAID)
    aligned = asyncio.run(align(wav, SAID))
    assert aligned is not None
    assert " ".join(word.text for word in aligned) == SAID
    assert all(word.end <= following.start for word, following in pairwise(aligned))
    heard = asyncio.run(PocketsphinxEngine().recognise(wav)).words
    known = {word.text.lower().strip("."): word for word in aligned}
    same = [(known[word.text], word) for word in heard if word.text in {"student", "know", "do"}]
    assert len(same) >= 2
    for ours, reference in same:
        assert ours.start == pytest.approx(reference.start, abs=0.1)
        assert ours.end == pytest.approx(reference.end, abs=0.1)


@pytest.mark.usefixtures("pocketsphinx")
def test_figures_and_names_that_no_dictionary_knows_are_found_too(
    speak: Callable[[str], Path],
) -> None:
    text = "Glenbrixton \u2014 he worked in the navy for 21 years."
    aligned = asyncio.run(align(speak(text.replace(" \u2014", ",")), text))
    assert aligned is not None
    by_text = {word.text: word for word in aligned}
    figure = by_text["21"]
    assert 0.3 < figure.end - figure.start < 1.2, "twenty-one"
    dash = by_text["\u2014"]
    assert dash.start == dash.end == by_text["Glenbrixton"].end
    assert by_text["he"].start > by_text["Glenbrixton"].start + 0.4


@pytest.mark.parametrize("text", [WRONG, "electrician navy", "\u2014 \u2026"])
def test_a_text_that_was_not_said_is_spread_evenly(speak: Callable[[str], Path], text: str) -> None:
    wav = speak(SAID)
    assert asyncio.run(align(wav, text)) is None
    spread = asyncio.run(align_or_spread(wav, text, 4.0))
    assert [word.text for word in spread] == text.split()
    assert (spread[0].start, spread[-1].end) == (0.0, 4.0)


def test_without_pocketsphinx_nothing_is_aligned_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, write_wav: Callable[[str, bytes], Path]
) -> None:
    monkeypatch.setattr("mentor_transcriber.alignment.find_spec", lambda _name: None)
    wav = write_wav("second.wav", bytes(32_000))
    is_available.cache_clear()
    try:
        with capture_logs() as lines:
            aligned = [asyncio.run(align(wav, SAID)) for _ in range(2)]
            spread = asyncio.run(align_or_spread(wav, SAID, 1.0))
    finally:
        is_available.cache_clear()

    assert aligned == [None, None]
    assert [word.text for word in spread] == SAID.split()
    assert [line["event"].partition(":")[0] for line in lines] == ["pocketsphinx is not installed"]


@pytest.mark.usefixtures("pocketsphinx")
def test_the_command_prints_captions_of_an_edited_transcript(
    speak: Callable[[str], Path], film: Callable[..., Path], tmp_path: Path
) -> None:
    edited = tmp_path / "edited.txt"
    edited.write_text(SAID)
    video = film("answer.mp4", seconds=4, sound=speak(SAID))
    command = (sys.executable, "-m", "mentor_transcriber.alignment", str(video), str(edited))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cues = parse_vtt(done.stdout)
    assert " ".join(" ".join(cue.text.split()) for cue in cues) == SAID
    assert cues[0].start == pytest.approx(0.2, abs=0.1)


def test_how_numbers_and_unknown_words_are_said() -> None:
    assert spoken("1,204") == ["one", "thousand", "two", "hundred", "four"]
    assert spoken("U2's") == ["u", "two", "s"]
    assert spoken("COVID-19,") == ["covid", "nineteen"]
    assert spoken("\u2014") == []
    assert spoken("007") == ["seven"]
    assert spoken("\u0663") == ["three"]
    assert len(spoken("9" * 5000)) == 5000, "digit by digit"
    assert phonemes("phibe") == "F IH B"
    assert phonemes("qwrx") == "K W R K S"

"""What the recogniser is given: all speech, nothing twice, never more than 30 s."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mentor_transcriber.engines.utterances import FRAME_S, LONGEST, Utterance, utterances

FRAME_BYTES = 4


def frames(pattern: str) -> list[bytes]:
    """A frame per character: ``#`` speech, ``-`` softer speech, ``.`` silence."""
    loudness = {"#": 9000, "-": 300, ".": 0}
    return [
        loudness[sign].to_bytes(2, "little", signed=True) + bytes(FRAME_BYTES - 2)
        for sign in pattern
    ]


def divide(pattern: str) -> list[tuple[int, str]]:
    """The utterances of a pattern: index of the first frame, and its frames as a pattern."""
    signs = {9000: "#", 300: "-", 0: "."}

    def signs_of(utterance: Utterance) -> str:
        starts = range(0, len(utterance.pcm), FRAME_BYTES)
        return "".join(
            signs[int.from_bytes(utterance.pcm[start : start + 2], "little")] for start in starts
        )

    found = utterances(frames(pattern), lambda frame: frame[:2] != b"\0\0")
    return [(round(each.start / FRAME_S), signs_of(each)) for each in found]


def test_silence_gives_nothing() -> None:
    assert divide("") == []
    assert divide("." * 5000) == []


def test_speech_keeps_a_margin_of_silence() -> None:
    assert divide("." * 50 + "#" * 20 + "." * 50) == [(40, "." * 10 + "#" * 20 + "." * 10)]


def test_speech_up_to_the_very_end_is_kept() -> None:
    assert divide("#" * 100) == [(0, "#" * 100)]


def test_a_long_pause_divides_and_a_short_one_does_not() -> None:
    assert len(divide("#" * 20 + "." * 19 + "#" * 20)) == 1
    assert divide("#" * 20 + "." * 20 + "#" * 20) == [
        (0, "#" * 20 + "." * 10),
        (30, "." * 10 + "#" * 20),
    ]


def test_a_click_is_no_speech() -> None:
    assert divide("." * 50 + "###" + "." * 50) == []


def test_who_speaks_on_is_cut_in_the_longest_pause() -> None:
    pattern = "#" * 600 + "....." + "#" * 200 + "." * 10 + "#" * 400
    parts = divide(pattern)

    assert [first for first, _ in parts] == [0, 809]
    assert "".join(part for _, part in parts) == pattern


def test_who_speaks_without_any_pause_is_cut_where_it_is_quietest() -> None:
    pattern = "#" * 700 + "-" + "#" * 500
    parts = divide(pattern)

    assert [first for first, _ in parts] == [0, 700]
    assert "".join(part for _, part in parts) == pattern


@given(st.lists(st.tuples(st.sampled_from("#-."), st.integers(1, 1500)), max_size=12))
def test_all_speech_is_passed_on_once_and_in_order(runs: list[tuple[str, int]]) -> None:
    pattern = "".join(sign * length for sign, length in runs)
    parts = divide(pattern)

    for first, part in parts:
        assert pattern[first : first + len(part)] == part
        assert len(part) <= LONGEST
    for (first, part), (follower, _) in pairwise(parts):
        assert first + len(part) <= follower
    spoken = sum(len(run) for run in pattern.split(".") if len(run) >= 4)
    assert sum(part.count("#") + part.count("-") for _, part in parts) >= spoken

"""WebVTT: what we write others can read, what others write we can read, and cutting to a trim."""

from __future__ import annotations

import re

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Cue, format_vtt, parse_vtt, trim_cues
from mentor_common.errors import PermanentError

# What cue text can hold: any characters but line breaks, in lines that are not blank.
LINE = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1, max_size=40
).filter(str.strip)
TEXT = st.lists(LINE, min_size=1, max_size=3).map("\n".join)


@st.composite
def cue_lists(draw: st.DrawFn) -> list[Cue]:
    now, cues = 0, []
    for text in draw(st.lists(TEXT, max_size=8)):
        now += draw(st.integers(min_value=0, max_value=400_000_000))
        end = now + draw(st.integers(min_value=1, max_value=7000))
        cues.append(Cue(now / 1000, end / 1000, text))
        now = end
    return cues


@given(cue_lists())
def test_what_is_written_is_read_back(cues: list[Cue]) -> None:
    assert parse_vtt(format_vtt(cues)) == cues


@given(cue_lists())
def test_a_strict_reader_accepts_what_is_written(cues: list[Cue]) -> None:
    captions = webvtt.from_string(format_vtt(cues), strict=True).captions

    assert len(captions) == len(cues)


@given(cue_lists())
def test_times_have_the_form_existing_clients_demand(cues: list[Cue]) -> None:
    lines = format_vtt(cues).split("\n")
    times = [line for line in lines if "-->" in line]

    assert len(times) == len(cues)
    assert all(
        re.fullmatch(r"\d{2,}:\d{2}:\d{2}\.\d{3} --> \d{2,}:\d{2}:\d{2}\.\d{3}", line)
        for line in times
    )


def test_no_cues_make_a_valid_empty_file() -> None:
    assert format_vtt([]) == "WEBVTT\n\n"
    assert parse_vtt("WEBVTT\n\n") == []


def test_the_text_of_a_file() -> None:
    text = format_vtt(
        [Cue(0.0, 1.2346, "first\nsecond"), Cue(3599.9996, 360_000.5, "a < b & c --> d")]
    )

    assert text == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.235\nfirst\nsecond\n\n"
        "01:00:00.000 --> 100:00:00.500\na &lt; b &amp; c --&gt; d\n"
    )


def test_empty_lines_and_empty_cues_cannot_break_a_file() -> None:
    text = format_vtt([Cue(0, 1, "one\n\n \r\ntwo"), Cue(1, 2, " \n"), Cue(2, 3, "three")])

    assert [cue.text for cue in parse_vtt(text)] == ["one\ntwo", "three"]


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nhello\n",
        "WEBVTT\r\n\r\n00:00:01.000 --> 00:00:02.500\r\nhello\r\n",
        "\ufeffWEBVTT\n\n00:00:01.000 --> 00:00:02.500\nhello\n",
        "WEBVTT\n\n00:01.000 --> 00:02.500\nhello\n",
        "WEBVTT\n\n00:01.000 --> 00:02.500 align:start position:10%\nhello\n",
        "WEBVTT\n\n1\n00:01.000 --> 00:02.500\nhello\n",
        "WEBVTT FILE:\n\n00:00:01.000 --> 00:00:02.500\nhello",
        "WEBVTT\n\nNOTE by hand\n\n00:01.000 --> 00:02.500\nhello\n",
        "WEBVTT\n\n00:01.000 --> 00:02.500\n<v Clint><b>hello</b>\n",
        "WEBVTT\n\n00:75.000 --> 00:80.000\nnever\n\n00:01.000 --> 00:02.500\nhello\n",
    ],
    ids=["lf", "crlf", "bom", "short", "settings", "number", "title", "note", "tags", "broken"],
)
def test_files_of_other_tools_are_read(text: str) -> None:
    assert parse_vtt(text) == [Cue(1.0, 2.5, "hello")]


def test_entities_are_resolved() -> None:
    cues = parse_vtt("WEBVTT\n\n00:01.000 --> 00:02.500\na &lt; b &amp;amp; c\n")

    assert cues[0].text == "a < b &amp; c"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "header"),
        ("hello", "header"),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nhello", "header"),
        ("1\n00:00:01,000 --> 00:00:02,000\nhello", "header"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nhello", "Cue 1 ends before it starts"),
    ],
)
def test_what_is_no_webvtt_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(PermanentError, match=reason) as refusal:
        parse_vtt(text)

    assert refusal.value.code == "invalid_vtt"


def test_a_cut_keeps_what_overlaps_clipped_and_shifted() -> None:
    cues = [
        Cue(0.0, 2.0, "before"),
        Cue(1.5, 2.5, "into"),
        Cue(3.0, 4.0, "inside"),
        Cue(4.5, 6.0, "out of"),
        Cue(5.0, 7.0, "after"),
    ]

    assert trim_cues(cues, 2.0, 5.0) == [
        Cue(0.0, 0.5, "into"),
        Cue(1.0, 2.0, "inside"),
        Cue(2.5, 3.0, "out of"),
    ]


def test_a_cut_drops_slivers() -> None:
    cues = [Cue(0.0, 2.099, "gone"), Cue(0.0, 2.1, "kept"), Cue(4.901, 6.0, "gone too")]

    assert trim_cues(cues, 2.0, 5.0) == [Cue(0.0, 0.1, "kept")]


@given(
    cue_lists(),
    st.integers(min_value=0, max_value=2_000_000_000),
    st.integers(min_value=0, max_value=2_000_000_000),
)
def test_a_cut_stays_within_its_length_and_adds_nothing(
    cues: list[Cue], start: int, length: int
) -> None:
    kept = trim_cues(cues, start / 1000, (start + length) / 1000)

    assert all(0 <= cue.start < cue.end <= length / 1000 for cue in kept)
    assert len(kept) <= len(cues)
    assert parse_vtt(format_vtt(kept)) == kept


def test_a_cut_of_everything_changes_nothing() -> None:
    cues = [Cue(0.5, 2.0, "one"), Cue(2.0, 3.0, "two")]

    assert trim_cues(cues, 0.0, 3.0) == cues

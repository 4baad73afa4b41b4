"""Captions that a person sends: what browsers show passes, what they drop is refused by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Cue, check_vtt, format_vtt, trim_cues
from mentor_common.errors import PermanentError

GOOD = "00:00:01.000 --> 00:00:02.500"


def of(timings: str, text: str = "hello") -> str:
    return f"WEBVTT\n\n{timings}\n{text}\n"


def refusal(text: str) -> str:
    with pytest.raises(PermanentError) as caught:
        check_vtt(text)
    assert caught.value.code == "invalid_vtt"
    return caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        of(GOOD),
        of("00:01.000 --> 00:02.500"),
        of("0:00:01.500 --> 0:00:02.500"),
        of("000:00:01.500 --> 100:00:02.500"),
        of("00:00:01.000-->00:00:02.500"),
        of("\t00:00:01.000\t--> \f00:00:02.500"),
        of(f"{GOOD} align:start position:10% bogus:1"),
        of(f"the first\n{GOOD}"),
        of(f"a title\nof two lines\n{GOOD}"),
        of(f"{GOOD}\nhi\n00:00:03.000 --> 00:00:04.000"),
        f"WEBVTT\n{GOOD}\nno empty line after the header\n",
        f"WEBVTT - by hand\nKind: captions\n\n{GOOD}\nhello\n",
        f"WEBVTT\n\nNOTE from a --> to b\nand c --> d\n\n{GOOD}\nhello",
        of(GOOD).replace("\n", "\r\n"),
        of(GOOD).replace("\n", "\r"),
        "\ufeff" + of(GOOD),
        of(GOOD, "at 1:20.5 to 2:30.5 in the video\n\nand a paragraph of no cue"),
    ],
)
def test_what_browsers_show_is_accepted(text: str) -> None:
    check_vtt(text)


@pytest.mark.parametrize(
    "timings",
    [
        "00:00:01.5 --> 00:00:02.500",
        "00:00:01.50 --> 00:00:02.500",
        "00:00:01.5000 --> 00:00:02.500",
        "00:00:01.500 --> 00:00:02.5",
        "00:00:01.500 --> 00:00:02.5000",
        "00:00:01 --> 00:00:02",
        "0:01.500 --> 0:02.500",
        "00:0:01.500 --> 00:0:02.500",
        "00:00:1.500 --> 00:00:2.500",
        "00:60:01.500 --> 00:61:02.500",
        "00:00:60.000 --> 00:00:61.500",
        "75:01.000 --> 75:02.000",
        "00:00:01:000 --> 00:00:02:500",
        "00:00:01.000 -> 00:00:02.500",
        "00:00:01.000 → 00:00:02.500",
        "00:00:01.000 ---> 00:00:02.500",
        "00:00:01.000 -->",
        "-00:00:01.000 --> 00:00:02.500",
        "\u0660\u0660:00:01.000 --> 00:00:02.500",
    ],
)
def test_times_that_browsers_drop_are_refused_by_line_with_the_right_form(timings: str) -> None:
    reason = refusal(f"{of(GOOD)}\n{timings}\nlost\n")
    assert reason.startswith("Invalid timestamp format: line 6: ")
    assert "00:00:01.500 --> 00:00:04.000" in reason


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u3000", "\u200b", "\x0b", "\u202f"])
@pytest.mark.parametrize("place", ["{s}{a} --> {b}", "{a}{s}--> {b}", "{a} -->{s}{b}"])
def test_a_space_that_is_none_to_browsers_is_named(space: str, place: str) -> None:
    reason = refusal(of(place.format(s=space, a="00:00:01.000", b="00:00:02.500")))
    assert f"line 3: beside a time there is U+{ord(space):04X}" in reason
    assert "plain space" in reason


def test_srt_is_named_as_such_with_and_without_our_header() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,500\nhello\n"
    assert "line 4: these are SRT's times with a comma" in refusal(f"WEBVTT\n\n{srt}")
    reason = refusal(srt)
    assert reason.startswith("Invalid VTT file format. Missing or incorrect header (WEBVTT)")
    assert "This is SRT" in reason
    assert "line 3: these are SRT's" in refusal(of("00:00:01.000 --> 00:00:02,500"))


@pytest.mark.parametrize(
    ("end", "how"), [("00:00:00.999", "before it starts"), ("00:00:01.000", "when it starts")]
)
def test_a_cue_that_no_browser_ever_shows_is_refused(end: str, how: str) -> None:
    reason = refusal(f"{of(GOOD)}\n00:00:01.000 --> {end}\nnever\n")
    assert reason.startswith(f"Cue 2 ends {how} (line 6)")


@pytest.mark.parametrize("text", ["a --> b", "one\na-->b\ntwo", "--> on"])
def test_an_arrow_in_the_text_which_cuts_a_caption_off_is_refused(text: str) -> None:
    assert "an arrow (-->) is for times alone" in refusal(of(GOOD, text))


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT",
        "\ufeffWEBVTT",
        "WEBVTT\n",
        "WEBVTT\r\n\r\n\r\n",
        "WEBVTT silence\nKind: captions\n\n",
        "WEBVTT\n\nNOTE nothing was said\nhere\n\n",
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n",
        format_vtt([]),
    ],
)
def test_empty_captions_of_a_silent_video_are_accepted(text: str) -> None:
    check_vtt(text)


@pytest.mark.parametrize("text", ["WEBVTT\n\nhello\n", "WEBVTT\nhello", "WEBVTT\n\n1\nhello\n\n"])
def test_text_without_a_single_cue_is_refused_as_before(text: str) -> None:
    assert refusal(text) == "Invalid VTT file structure. No timestamps found."


@pytest.mark.parametrize(
    "text", ["", "hello", "webvtt\n\n", " WEBVTT\n", "WEBVTTX\n", f"{GOOD}\nx"]
)
def test_a_file_without_the_header_is_refused_as_before(text: str) -> None:
    assert refusal(text) == "Invalid VTT file format. Missing or incorrect header (WEBVTT)"


SECONDS = st.floats(min_value=-5, max_value=1e6, allow_nan=False)
CUES = st.lists(st.builds(Cue, SECONDS, SECONDS, st.text(st.characters(codec="utf-8"))), max_size=6)


@given(CUES, SECONDS, SECONDS)
def test_all_that_we_can_write_is_accepted(cues: list[Cue], start: float, end: float) -> None:
    check_vtt(format_vtt(cues))
    check_vtt(format_vtt(trim_cues(cues, start, end)))
    check_vtt(format_vtt(cues).replace("\n", "\r\n"))


@pytest.mark.parametrize(
    "lines",
    [
        "00:00:01.000 --> 00:00:02.000\u0663\nx",  # a fourth digit, of another script
        "00:00:01.000 --> 00:00:02.00\u0660\nx",
        "\u0660\u0660:00:01.000 --> \u0660\u0660:00:02.000\nx",
        "\uff11:00:01.000 --> \uff11:00:02.000\nx",
        "\u0660:\u0660\u0660:\u0661.\u0660 \u2192 \u0660:\u0660\u0660:\u0662.\u0660\nx",
        f"{'9' * 10}:00:01.000 --> {'9' * 10}:00:02.000\nx",
        f"{'9' * 5000}:00:01.000 --> {'9' * 5000}:00:02.000\nx",
    ],
)
def test_digits_of_other_scripts_and_endless_ones_are_no_times(lines: str) -> None:
    shown = "00:00:00.000 --> 00:00:00.500\nshown"
    with pytest.raises(PermanentError, match="line 6"):
        check_vtt(f"WEBVTT\n\n{shown}\n\n{lines}\n")

"""Cues from words: the conventions of captioning, as rules that hold for any speech."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Cue, Word, cues_from_words, retime, with_spacing
from mentor_common.captions.segments import columns


def spoken(text: str, *, rate: float = 0.3, start: float = 0.0) -> list[Word]:
    """Words of ``rate`` seconds, without pauses."""
    return [
        Word(word, round(start + rate * index, 3), round(start + rate * (index + 1), 3), 1.0)
        for index, word in enumerate(text.split())
    ]


@st.composite
def speech(draw: st.DrawFn) -> list[Word]:
    """Any words in order, from mumbled to stretched, with and without punctuation and pauses."""
    milliseconds = st.integers(min_value=10, max_value=1500)
    gaps = st.one_of(st.just(0), st.integers(min_value=0, max_value=3000))
    texts = st.from_regex(r"[a-z']{1,20}[.,?!;]?", fullmatch=True)
    now, words = 0, []
    for text in draw(st.lists(texts, max_size=120)):
        now += draw(gaps)
        length = draw(milliseconds)
        words.append(Word(text, now / 1000, (now + length) / 1000, 0.5))
        now += length
    return words


@given(speech())
def test_no_word_is_lost_added_or_moved(words: list[Word]) -> None:
    cues = cues_from_words(words)

    assert " ".join(cue.text for cue in cues).split() == [word.text for word in words]


@given(speech())
def test_every_cue_fits_two_lines_of_42_and_seven_seconds(words: list[Word]) -> None:
    for cue in cues_from_words(words):
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= 42
        assert 0 < cue.end - cue.start <= 7.0005


@given(speech())
def test_cues_ascend_without_overlap_and_begin_with_their_first_word(words: list[Word]) -> None:
    cues = cues_from_words(words)

    for cue, follower in pairwise(cues):
        assert cue.end <= follower.start
    starts = {word.start for word in words}
    assert {cue.start for cue in cues} <= starts


@given(speech())
def test_a_cue_under_a_second_is_only_ended_by_the_next(words: list[Word]) -> None:
    cues = cues_from_words(words)

    for cue, follower in pairwise(cues):
        assert cue.end - cue.start >= 0.9995 or cue.end == follower.start
    if cues:
        assert cues[-1].end - cues[-1].start >= 0.9995


def test_nothing_said_gives_no_cues() -> None:
    assert cues_from_words([]) == []


def test_a_short_phrase_is_one_line_and_lasts_as_long_as_it_is_spoken() -> None:
    assert cues_from_words(spoken("ask questions and learn", start=2.5)) == [
        Cue(2.5, 3.7, "ask questions and learn")
    ]


def test_a_pause_begins_a_new_cue() -> None:
    before = spoken("i went to college")
    short_pause, long_pause = (spoken("and then to work", start=1.2 + gap) for gap in (0.7, 0.71))

    assert len(cues_from_words([*before, *short_pause])) == 1
    assert cues_from_words([*before, *long_pause]) == [
        Cue(0.0, 1.2, "i went to college"),
        Cue(1.91, 3.11, "and then to work"),
    ]


@pytest.mark.parametrize("mark", [".", "?", "!", "…", '."', "?)", ".\u201d"])
def test_a_sentence_end_begins_a_new_cue(mark: str) -> None:
    cues = cues_from_words(spoken(f"that was in school{mark} then i left it"))

    assert [cue.text for cue in cues] == [f"that was in school{mark}", "then i left it"]


def test_a_short_sentence_stays_with_the_next_instead_of_flashing() -> None:
    cues = cues_from_words(spoken("Yes. I went to college in the north"))

    assert [cue.text for cue in cues] == ["Yes. I went to college in the north"]


def test_a_short_last_word_lingers_for_a_second() -> None:
    cues = cues_from_words([*spoken("i was asked to stay there"), Word("no", 4.0, 4.2, 1.0)])

    assert cues[-1] == Cue(4.0, 5.0, "no")


def test_a_short_cue_lingers_only_until_the_next() -> None:
    cues = cues_from_words(
        [Word("no", 0.0, 0.2, 1.0), *spoken("that is not what i said", start=1.0)]
    )

    assert cues[0] == Cue(0.0, 1.0, "no")
    assert cues[1].start == 1.0


@pytest.mark.parametrize("opening", ["", "and so ", "now, "])
def test_a_cue_ends_at_a_comma_when_it_is_full_enough(opening: str) -> None:
    first = f"{opening}when the ship came home from the long sea voyage,"
    second = "we were all very glad to see our families again after such a time"
    cues = cues_from_words(spoken(f"{first} {second}"))

    assert [cue.text.replace("\n", " ") for cue in cues] == [first, second]


def test_a_cue_ends_at_a_breath_when_nobody_writes_punctuation() -> None:
    first = spoken("their plan will not work and you have to say it to them")
    second = spoken(
        "when you do it then be honest but above all be kind", start=first[-1].end + 0.06
    )
    cues = cues_from_words([*first, *second])

    assert [cue.text.replace("\n", " ") for cue in cues] == [
        "their plan will not work and you have to say it to them",
        "when you do it then be honest but above all be kind",
    ]


def test_a_phrase_that_barely_overflows_is_divided_at_grammar_not_before_its_last_word() -> None:
    text = "it is the kind of work where everybody learns something new from everyone else each day"
    cues = cues_from_words(spoken(text))

    assert len(text) == 87
    assert [cue.text for cue in cues] == [
        "it is the kind of work\nwhere everybody learns something new",
        "from everyone else each day",
    ]


def test_two_lines_are_balanced() -> None:
    (cue,) = cues_from_words(spoken("the best advice they gave me is to ask a lot of questions"))

    assert cue.text == "the best advice they gave me\nis to ask a lot of questions"


def test_a_word_longer_than_a_line_stands_alone() -> None:
    address = "www." + "a" * 50 + ".example"
    cues = cues_from_words(spoken(f"look it up at {address} when you can"))

    assert [cue.text for cue in cues] == ["look it up at", address, "when you can"]


def test_twenty_minutes_without_any_pause_or_punctuation_are_divided() -> None:
    words = spoken("so then we went on and on about it " * 445)
    cues = cues_from_words(words)

    assert words[-1].end > 1200
    assert cues[-1].end == words[-1].end
    assert all(cue.end - cue.start >= 1 for cue in cues)


JAPANESE = (
    "私は東京で生まれ、「工学」を学びました。その後、ちょっとニューヨークへ行って、Pythonでロボットを作る会社（小さな会社です）に"
    "入り、そこで十二年間、毎日学生たちに教えながら新しい技術を開発していました。"
) * 3
CHINESE = (
    "我出生在北京，在那里学习了“工程学”，然后去了上海（一家小公司）工作了十二年。每天都很有意思！"
    * 4
)
THAI = "ผมเกิดที่กรุงเทพและเรียนวิศวกรรมศาสตร์ทำงานในบริษัทเล็กๆนานสิบสองปี" * 3
LAO = "ຂ້ອຍເກີດຢູ່ວຽງຈັນແລະຮຽນວິສວະກຳ" * 4
KHMER = "ខ្ញុំកើតនៅភ្នំពេញហើយរៀនវិស្វកម្ម" * 4
NO_LINE_BEGINS = "、。」』）！？ーっッゃゅょャュョ，”ะาำๆະາຳ"
NO_LINE_ENDS = "「『（“เแโใไເແໂໃໄ្"


def lines_of(cues: list[Cue]) -> list[str]:
    return [line for cue in cues for line in cue.text.split("\n")]


@pytest.mark.parametrize(
    "text", [JAPANESE, CHINESE, THAI, LAO, KHMER], ids=["ja", "zh", "th", "lo", "km"]
)
def test_a_text_without_spaces_is_broken_by_the_rules_of_its_script(text: str) -> None:
    """An edited transcript, spread over the video: one word of hundreds of characters."""
    cues = cues_from_words(retime([], text, (0.0, 60.0)))

    assert "".join(lines_of(cues)) == text
    assert all(cue.text.count("\n") <= 1 for cue in cues)
    assert all(0 < cue.end - cue.start <= 7.0005 for cue in cues)
    assert (cues[0].start, cues[-1].end) == (0.0, 60.0)
    for line in lines_of(cues):
        assert columns(line) <= 42
        assert line[0] not in NO_LINE_BEGINS
        assert unicodedata.category(line[0]) not in {"Mn", "Mc"}
        assert line[-1] not in NO_LINE_ENDS


def test_words_of_a_recogniser_are_joined_as_in_its_own_text() -> None:
    """AWS Transcribe gives Japanese in pieces of a character or a word."""
    pieces = [
        "私",
        "は",
        "Python",
        "が",
        "好",
        "き",
        "で",
        "し",
        "た。",
        "ニ",
        "ュ",
        "ー",
        "ス",
        "も。",
    ] * 3
    text = "".join(pieces)
    words = [Word(piece, 0.3 * i, 0.3 * (i + 1), 0.9) for i, piece in enumerate(pieces)]

    cues = cues_from_words(with_spacing(words, text))

    assert "".join(lines_of(cues)) == text
    assert all(columns(line) <= 42 for line in lines_of(cues))
    assert all(line[0] not in NO_LINE_BEGINS for line in lines_of(cues))
    assert {cue.start for cue in cues} <= {round(word.start, 3) for word in words}
    assert [cue.text[-1] for cue in cues] == ["。"] * len(cues)  # it ends sentences


def test_thai_is_broken_between_the_words_of_its_recogniser() -> None:
    pieces = ["ผม", "เกิด", "ที่", "กรุงเทพ", "และ", "เรียน", "ทำงาน"] * 5
    text = "".join(pieces)
    words = [Word(piece, 0.3 * i, 0.3 * (i + 1), 0.9) for i, piece in enumerate(pieces)]

    lines = lines_of(cues_from_words(with_spacing(words, text)))

    assert "".join(lines) == text
    assert len(lines) > 1
    ends = {len("".join(pieces[:size])) for size in range(len(pieces) + 1)}
    assert {len("".join(lines[:size])) for size in range(len(lines) + 1)} <= ends


def test_spaces_that_a_person_wrote_stay() -> None:
    (cue,) = cues_from_words(retime([], "今日は Python を学ぶ", (0.0, 5.0)))

    assert cue.text == "今日は Python を学ぶ"


def test_emoji_and_combining_characters_are_not_torn_apart() -> None:
    family = "👨‍👩‍👧"
    flag = "🇯🇵"
    text = (family + flag + "が") * 20

    lines = lines_of(cues_from_words(retime([], text, (0.0, 30.0))))

    assert "".join(lines) == text
    assert max(map(columns, lines)) <= 42
    assert all(line[0] in {family[0], flag[0], "か"} for line in lines)
    assert all(line.count("🇯") == line.count("🇵") for line in lines)


def test_what_cannot_be_broken_by_rule_is_broken_between_characters() -> None:
    lines = lines_of(cues_from_words(retime([], "あ" + "ー" * 60, (0.0, 10.0))))

    assert "".join(lines) == "あ" + "ー" * 60
    assert max(map(columns, lines)) <= 42


@pytest.mark.parametrize(
    "text",
    [
        "저는 서울에서 태어났고 공학을 공부했습니다 그리고 학생들을 가르쳤습니다",
        "נולדתי בירושלים ולמדתי הנדסה במשך שנים רבות מאוד",
        "a well-known and/or so-called state-of-the-art approach to re-entry",
    ],
    ids=["ko", "he", "en"],
)
def test_words_between_spaces_stay_whole(text: str) -> None:
    cues = cues_from_words(spoken(text))

    assert " ".join(lines_of(cues)).split() == text.split()
    assert all(columns(line) <= 42 for line in lines_of(cues))

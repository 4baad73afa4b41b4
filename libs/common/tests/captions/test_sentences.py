"""The ends of sentences: an abbreviation is none, unless a sentence does end with it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentor_common.captions import Word, cues_from_words, retime, with_spacing
from mentor_common.captions.sentences import sentence_ends


def divided(text: str, language: str = "en") -> list[str]:
    """Return the sentences of a text whose words are separated by spaces."""
    words = text.split()
    ends = sentence_ends([Word(word, i, i + 1, 1.0) for i, word in enumerate(words)], language)
    bounds = [0, *(end + 1 for end in sorted(ends)), len(words)]
    return [" ".join(words[a:b]) for a, b in pairwise(bounds)]


@pytest.mark.parametrize(
    "text",
    """\
I was an officer in the U.S. Navy for twenty years. | Then I left.
We met Lt. Smith and Dr. Jones there. | They were kind.
Capt. Rogers and Sgt. Pepper, Col. Mustard, Gen. Lee and Adm. Nimitz came.
Sen. Warren and Rep. Lewis and Gov. Brown and Rev. King spoke.
It began at 5 p.m. on Friday. | We stayed.
It ended at 5 p.m. | Then we left.
I lived in the U.S. | Then I moved to Canada.
I lived in the U.S. when I was young.
My teacher was John F. Kennedy's cousin. | He was nice.
J. R. R. Tolkien wrote it. | I read it.
It cost 3.5 million dollars. | We paid it.
Bring tools, e.g. a hammer. | Others, i.e. Navy people, came too.
He came in at No. 5 on the list. | That was great.
I grew up in St. Louis. | It was hot.
Mt. Everest is high. | Ft. Worth is not.
I worked for Acme Inc. for a while. | She has a Ph.D. in physics.
She has a Ph.D. | She teaches now.
We sold boxes, tapes, etc. | Then we stopped.
See Fig. 3 and vol. 2 and pp. 5 to 7.
I started on Jan. 5 and ended in Sept. 2003.
I moved to Washington, D.C. | I liked it.
He taught me patience. | I taught him. | He taught me. | I learned.
No. | I did not. | It grew approx. 5 percent.
He said, "Stop!" | Then he left. | He said "Why?" and left.
I wondered... and then I knew. | Wait... | What was that?
I use Yahoo! every day. | It weighs 5 lbs. or so.
Really? | "Yes!" | He said, "I left." | Good.
nobody writes capitals here. | that was dr. brown. | still, there are sentences.
nobody writes any punctuation either so it goes on and on
""".splitlines(),
)
def test_english(text: str) -> None:
    assert divided(text.replace("| ", "")) == text.split(" | ")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Das war z.B. im Jahr 1999 so. | Dann kam ich."),
        ("de", "Dr. Müller kam am 3. Oktober bzw. im 19. Jahrhundert. | Gut."),
        ("es", "El Sr. García y la Dra. López nacieron en EE.UU. en 1970. | ¿Qué? | ¡Hola!"),
        ("fr", "M. Dupont et Mme. Martin et le Dr. Leroy sont là. | Ça va ? | Bien !"),
        ("it", "Il sig. Rossi e la dott.ssa Bianchi sono qui. | Il dott. Verdi parla."),
        ("pt", "O Sr. Silva e a Dra. Costa vieram. | Foi bom."),
        ("nl", "Dhr. Jansen en mevr. de Vries kwamen. | Dat is bijv. een boek."),
        ("ru", "Я купил хлеб и т.д. и ушёл. | Как дела? | Хорошо."),
        ("ar", "كيف حالك؟ | أنا بخير. | شكرا."),
        ("hi", "मैं घर गया। | फिर मैं सोया।"),
        ("xx", "Of a language that nobody knows. | Still divided."),
    ],
)
def test_other_languages(language: str, text: str) -> None:
    assert divided(text.replace("| ", ""), language) == text.split(" | ")


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("ja", ["私は東京で生まれました。", "その後、大阪へ行きましたか？", "はい、そうです。"]),
        ("zh", ["我出生在北京，在那里学习了工程学。", "后来我去了上海工作！", "每天都很有意思。"]),
    ],
)
def test_scripts_without_spaces(language: str, sentences: list[str]) -> None:
    text = "".join(sentences)

    cues = cues_from_words(retime([], text, (0.0, 12.0)), language)

    assert [cue.text.replace("\n", "") for cue in cues] == sentences


def test_thai_is_divided_at_its_spaces_where_a_cue_is_full() -> None:
    clauses = ["ผมเกิดที่กรุงเทพและเรียนวิศวกรรมศาสตร์", "หลังจากนั้นผมทำงานในบริษัทเล็กๆ"] * 2
    text = " ".join(clauses)
    words = with_spacing(retime([], text, (0.0, 16.0)), text)

    lines = [line for cue in cues_from_words(words, "th") for line in cue.text.split("\n")]

    assert lines == clauses


@given(
    st.lists(
        st.from_regex(r"[A-Za-z]{0,4}[0-9]{0,2}[.!?,…。]{0,2}[\"')]?", fullmatch=True).filter(bool)
    ),
    st.lists(st.booleans()),
    st.sampled_from(["en", "de", "ja", "ar", "xx"]),
)
def test_any_words_are_divided_only_after_a_mark(
    texts: list[str], no_spaces: list[bool], language: str
) -> None:
    flags = [*no_spaces, *[False] * len(texts)]
    words = [
        Word(t, i, i + 1, 1.0, no_space_before=i > 0 and flags[i]) for i, t in enumerate(texts)
    ]

    ends = sentence_ends(words, language)

    assert all(0 <= end < len(words) - 1 for end in ends)
    assert all(texts[end].rstrip("\"')").endswith((".", "!", "?", "…", "。")) for end in ends)
